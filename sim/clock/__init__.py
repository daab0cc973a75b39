"""Clocks, durations and seeds."""
