"""The endpoint engine: scenarios on any AWS emulator that already runs."""
