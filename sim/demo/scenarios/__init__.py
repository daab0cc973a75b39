"""Scenarios in the demo: one of the catalogue is given, and a run is saved as one."""
