"""A database that does not answer at all: once that is known, requests fail at once instead of waiting for it.

An error is an answer, and so is a statement that the server cancels because it takes too long.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic

from sqlalchemy import Engine

from rawk.domain.errors import DatabaseUnavailable, DatabaseWaking

OPTION = "rawk_fail_fast"
"""The engine's execution option."""


class FailFast:
    """Thread-safe. After the pause one transaction finds out whether the database answers again.

    A database that pauses without traffic is silent until it wakes; so silence counts as waking for that long.
    """

    def __init__(self, pause_seconds: float, wakes_within_seconds: float) -> None:
        self._pause_seconds = pause_seconds
        self._wakes_within_seconds = wakes_within_seconds
        self._lock = Lock()
        self._silent_since = float("-inf")
        self._silent_until: float | None = None
        self._answered_at = float("-inf")
        self._is_asked = False

    def silent(self, since: float) -> None:
        """The database has left a connection or a statement without an answer since that moment of the monotonic clock.

        A database that has answered another transaction meanwhile is busy, not silent.
        """
        with self._lock:
            if self._answered_at < since:
                if self._silent_since <= self._answered_at:
                    self._silent_since = since
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

    def unavailable(self, reason: str) -> DatabaseUnavailable:
        """The error for a database that has not answered: DatabaseWaking if it may just have been paused."""
        is_silent = self._silent_since > self._answered_at
        is_waking = is_silent and monotonic() - self._silent_since < self._wakes_within_seconds
        return DatabaseWaking(reason) if is_waking else DatabaseUnavailable(reason)

    def _admit(self) -> bool:
        """Whether this transaction is the one that finds out."""
        with self._lock:
            if self._silent_until is None:
                return False
            if self._is_asked or monotonic() < self._silent_until:
                raise self.unavailable("the database did not answer a moment ago")
            self._is_asked = True
            return True


def fail_fast_of(engine: Engine) -> FailFast | None:
    found: FailFast | None = engine.get_execution_options().get(OPTION)
    return found
