"""How many uploads and event streams there may be at once, in all and of one tenant."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from rawk.domain.errors import Overloaded, TooManyAtOnce

UPLOADS_AT_ONCE = 200
"""Each has up to 0.6 MiB in memory, and a file."""

UPLOADS_PER_TENANT = 100
STREAMS_AT_ONCE = 200
"""Each reads the database every second."""

STREAMS_PER_TENANT = 100


class Places:
    """Used by one event loop, in its thread."""

    def __init__(self, what: str, in_all: int, per_tenant: int) -> None:
        self._what = what
        self._in_all = in_all
        self._per_tenant = per_tenant
        self._taken: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        return self._taken.total()

    @contextmanager
    def one(self, tenant: str) -> Iterator[None]:
        """Raises TooManyAtOnce when the tenant has all that it may have, Overloaded when all are taken."""
        if self._taken[tenant] >= self._per_tenant:
            raise TooManyAtOnce(f"You have {self._per_tenant} {self._what} in progress; wait until one has ended.")
        if self._taken.total() >= self._in_all:
            raise Overloaded(f"There are too many {self._what} at the moment; try again in a few seconds.")
        self._taken[tenant] += 1
        try:
            yield
        finally:
            self._taken[tenant] -= 1
            if not self._taken[tenant]:
                del self._taken[tenant]
