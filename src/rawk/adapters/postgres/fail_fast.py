"""A database that does not answer at all: once that is known, requests fail at once instead of waiting for it.

An error is an answer, and so is a statement that the server cancels because it takes too long.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic

from sqlalchemy import Engine

from rawk.domain.errors import DatabaseUnavailable

OPTION = "rawk_fail_fast"
"""The engine's execution option."""


class FailFast:
    """Thread-safe. After the pause one transaction finds out whether the database answers again."""

    def __init__(self, pause_seconds: float) -> None:
        self._pause_seconds = pause_seconds
        self._lock = Lock()
        self._silent_until: float | None = None
        self._answered_at = float("-inf")
        self._is_asked = False

    def silent(self, since: float) -> None:
        """The database has left a connection or a statement without an answer since that moment of the monotonic clock.

        A database that has answered another transaction meanwhile is busy, not silent.
        """
        with self._lock:
            if self._answered_at < since:
                self._silent_until = monotonic() + self._pause_seconds

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Raises DatabaseUnavailable while the database is known not to answer."""
        asks = self._admit()
        try:
            yield
            self._answered_at = monotonic()
        finally:
            if asks:
                with self._lock:
                    self._is_asked = False
                    if self._silent_until is not None and monotonic() >= self._silent_until:
                        self._silent_until = None

    def _admit(self) -> bool:
        """Whether this transaction is the one that finds out."""
        with self._lock:
            if self._silent_until is None:
                return False
            if self._is_asked or monotonic() < self._silent_until:
                raise DatabaseUnavailable("the database did not answer a moment ago")
            self._is_asked = True
            return True


def fail_fast_of(engine: Engine) -> FailFast | None:
    found: FailFast | None = engine.get_execution_options().get(OPTION)
    return found
