"""Adapters of the ports, named by what they adapt to. Each has an in-memory twin."""
