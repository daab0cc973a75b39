"""Engines: the worlds a scenario can run in, and the parts they are made of."""
