"""Postgres: memories, history, leases and outbox, with the schema's migrations."""
