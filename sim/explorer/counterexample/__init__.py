"""What is left of a world that violated an invariant: shrunk, as a report, and as a scenario script."""
