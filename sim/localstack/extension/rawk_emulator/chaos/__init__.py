"""The Chaos API: fault rules for AWS calls."""
