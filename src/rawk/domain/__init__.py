"""Memories, job messages and errors: plain values without I/O."""
