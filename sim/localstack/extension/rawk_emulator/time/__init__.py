"""The world's time."""
