"""How many batches a mapping of an SQS queue may process at the same time.

As on AWS, pollers know nothing of the function's reserved concurrency: a batch that is received beyond it is throttled.
They start at five, and while messages are left grow by 300 a minute to the mapping's maximum. An invocation that fails
or is throttled makes them fewer, and until one succeeds they do not grow again.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html

AWS does not document by how many they shrink. Here a failure halves them, down to the two that AWS documents as the
fewest; a throttle takes back what they have grown, so that no fewer messages are received and throttled than on AWS; so
does a minute without messages.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..time import clock

FEWEST = 2

IDLE_SECONDS = 60.0

LONGEST_CREDIT_SECONDS = 1.0

INVOCATIONS_OF_PROVISIONED_POLLER = 10


@dataclass(frozen=True)
class Scaling:
    """The documented numbers of one mode: batches at the start and at most, and by how many they grow in a minute."""

    start: int
    maximum: int
    growth_per_minute: int


def scaling_of(mapping: Any) -> Scaling:
    """The numbers for a mapping's configuration.

    The messages of a FIFO queue are limited by their groups alone, so all pollers are there from the start.
    """
    if provisioned := mapping.get("ProvisionedPollerConfig"):
        fewest, most = provisioned.get("MinimumPollers") or 2, provisioned.get("MaximumPollers") or 200
        each = INVOCATIONS_OF_PROVISIONED_POLLER
        return Scaling(fewest * each, max(fewest, most) * each, 1000)
    maximum = int((mapping.get("ScalingConfig") or {}).get("MaximumConcurrency") or 1250)
    is_fifo = str(mapping["EventSourceArn"]).endswith(".fifo")
    return Scaling(maximum if is_fifo else min(5, maximum), maximum, 300)


class Pollers:
    """The pollers of one mapping. One thread takes them; any thread gives them back."""

    def __init__(self, scaling: Scaling, stopping: Callable[[], bool]) -> None:
        self._scaling = scaling
        self._stopping = stopping
        self._count = scaling.start
        self._taken = 0
        self._batches = 0
        self._idle_since = clock.now_seconds()
        self._may_grow = True
        self._grows_at: float | None = None
        self._is_waiting_to_grow = False
        self._changed = threading.Condition()

    @property
    def maximum(self) -> int:
        return self._scaling.maximum

    @property
    def batches(self) -> int:
        """How many batches are processed now."""
        return self._batches

    @property
    def is_about_to_poll(self) -> bool:
        """Whether a message that is visible now is taken, or waits for a growth that is not yet registered."""
        is_about_to_grow = self._can_grow and not self._is_waiting_to_grow
        return self._batches < self._count or is_about_to_grow

    def take(self, limit_seconds: float) -> bool:
        """Take a poller for the messages that are there; wait for a free one or for growth, for a limited time."""
        if not self._taken and clock.now_seconds() - self._idle_since > IDLE_SECONDS:
            self._count, self._grows_at = min(self._count, self._scaling.start), None
        if not self._has_free and self._can_grow:
            self._wait_to_grow()
        with self._changed:
            if not self._changed.wait_for(lambda: self._has_free, 0 if self._can_grow else limit_seconds):
                return False
            self._taken += 1
            return True

    def begin_batch(self) -> None:
        """The poller that was taken has a batch."""
        with self._changed:
            self._batches += 1

    def give_back(self, batches: int) -> None:
        """The poller is free: its batch ended, or there was none."""
        with self._changed:
            self._taken -= 1
            self._batches -= batches
            self._idle_since = clock.now_seconds()
            self._changed.notify()
        if self._is_waiting_to_grow:
            clock.wake()

    def succeeded(self) -> None:
        self._may_grow = True

    def failed(self) -> None:
        """The function failed."""
        self._shrink(max(FEWEST, self._count // 2))

    def throttled(self) -> None:
        self._shrink(self._scaling.start)

    def _shrink(self, to: int) -> None:
        with self._changed:
            self._count = min(self._count, to)
            self._may_grow, self._grows_at = False, None

    @property
    def _has_free(self) -> bool:
        return self._taken < self._count

    @property
    def _can_grow(self) -> bool:
        return self._may_grow and self._count < self._scaling.maximum

    def _wait_to_grow(self) -> None:
        gap_seconds = 60 / self._scaling.growth_per_minute
        now = clock.now_seconds()
        # Time in which pollers were free is no reason to grow.
        self._grows_at = max(self._grows_at or now + gap_seconds, now - LONGEST_CREDIT_SECONDS)

        def waiting(now: bool) -> None:
            self._is_waiting_to_grow = now

        clock.wait_until(
            self._grows_at,
            lambda: self._has_free or not self._can_grow or self._stopping(),
            once_waiting=lambda: waiting(True),
            before_leaving=lambda: waiting(False),
        )
        with self._changed:
            while self._grows_at is not None and self._grows_at <= clock.now_seconds() and self._can_grow:
                self._count += 1
                self._grows_at += gap_seconds
