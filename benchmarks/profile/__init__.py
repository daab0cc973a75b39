"""Where each processor second of a run goes."""
