"""Fault rules of the OpenAI simulator: which calls they match, and what they do."""
