"""Memories, job messages and errors: plain values that know nothing of the outside."""
