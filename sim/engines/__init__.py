"""Engines: they build the worlds that scenarios run in."""
