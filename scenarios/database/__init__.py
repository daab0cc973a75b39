"""Postgres fails: it is down, slow, restarted, or loses a commit or its answer."""
