"""Environment variables of SQS, which the harness sets. This module imports nothing of LocalStack."""

FULL_SHORT_POLLS_VARIABLE = "SIM_FULL_SHORT_POLLS"
"""How many of a queue's first short polls get every message that they may; see short_polls.py."""

DEFAULT_FULL_SHORT_POLLS = 6
