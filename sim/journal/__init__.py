"""The journal: the one record of a run. Everything reported about a run is derived from it."""
