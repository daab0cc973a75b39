"""The journal: the record of a run, one JSON object per line. Every report of a run is derived from it."""
