"""The embedded engine: a world of local processes, in virtual time."""
