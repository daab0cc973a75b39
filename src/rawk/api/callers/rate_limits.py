"""How much one caller may ask: a token bucket for each, in the memory of each process.

In memory, because a count in the database would make every request wait for it, also while it is down. With several
processes a caller gets that many times the rate, which protects each of them all the same.
"""

import math
from dataclasses import dataclass
from datetime import datetime

from rawk.domain.errors import TooManyRequests
from rawk.ports import Clock

BURST_SECONDS = 5
"""After a quiet time a caller may send so many seconds' worth at once."""


@dataclass(slots=True)
class _Bucket:
    requests: float
    at: datetime


class RateLimits:
    """Not thread-safe; the event loop alone uses it. Only callers who are known have a bucket, so their number is
    bounded by that of users and keys."""

    def __init__(self, clock: Clock, requests_per_second: int) -> None:
        self._clock = clock
        self._rate = requests_per_second
        self._most = float(requests_per_second * BURST_SECONDS)
        self._buckets: dict[str, _Bucket] = {}

    def count(self, caller: str) -> None:
        """Raises TooManyRequests."""
        now = self._clock.now()
        bucket = self._buckets.setdefault(caller, _Bucket(self._most, now))
        passed_seconds = max(0.0, (now - bucket.at).total_seconds())
        bucket.requests, bucket.at = min(self._most, bucket.requests + passed_seconds * self._rate), now
        if bucket.requests < 1:
            wait_seconds = max(1, math.ceil((1 - bucket.requests) / self._rate))
            raise TooManyRequests(
                f"A caller may send {self._rate} requests a second.", retry_after_seconds=wait_seconds
            )
        bucket.requests -= 1
