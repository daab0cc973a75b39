"""The feed of a run while it happens, and what it amounts to."""
