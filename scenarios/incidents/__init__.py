"""Outages that really happened, with their timelines: what clients saw, what waited, what needed an operator."""
