"""A day on which faults of every family come and go."""
