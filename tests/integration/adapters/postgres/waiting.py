"""Waiting for another connection, with a timeout."""

import time
from collections.abc import Callable

LIMIT_SECONDS = 10


def until(condition: Callable[[], object]) -> None:
    """Check fifty times a second. Raises AssertionError when it is not true within LIMIT_SECONDS."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"not true within {LIMIT_SECONDS} seconds"
        time.sleep(0.02)
