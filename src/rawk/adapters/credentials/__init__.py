"""Passwords by argon2, tokens by JWT, and callers in memory; those of production are in `adapters/postgres`.

The libraries are imported at the first use: the worker needs neither.
"""
