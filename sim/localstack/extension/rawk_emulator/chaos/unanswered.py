"""Calls that a rule leaves unanswered, by the port of the client that waits for the answer.

A function that waits for one does no work. It says when its own timeout ends (see lambda_/runtime_api.py), and virtual
time may pass until then.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_ports: set[int] = set()


@contextmanager
def unanswered(port: int) -> Iterator[None]:
    """The call of this client is left unanswered until the block ends."""
    with _lock:
        _ports.add(port)
    try:
        yield
    finally:
        with _lock:
            _ports.discard(port)


def is_unanswered(port: int) -> bool:
    with _lock:
        return port in _ports
