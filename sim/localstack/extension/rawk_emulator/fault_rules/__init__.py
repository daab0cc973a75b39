"""One engine of fault rules, for the Chaos API of the emulator and for the OpenAI simulator. Standard library only.

Each of the two has its own matchers (which calls a rule is about) and effects. Window, n-th call, first calls,
probability, seed and counts are in `engine.py`, the reading of JSON fields in `fields.py`.
"""
