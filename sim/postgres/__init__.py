"""Postgres as a part of a world: servers, a database for each pipeline, the proxy in front of it."""
