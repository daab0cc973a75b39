"""Leases: the right to process one memory for a limited time, and the answers to a claim."""

from dataclasses import dataclass
from datetime import datetime

from rawk.domain.memory import Memory


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to process one memory until `expires_at`. Every claim has its own random `token`."""

    memory_id: str
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """A worker asks for the lease of the memory that the SQS message `message_id` names."""

    memory_id: str
    message_id: str
    lease_token: str
    expires_at: datetime

    @property
    def lease(self) -> Lease:
        return Lease(self.memory_id, self.lease_token, self.expires_at)


@dataclass(frozen=True, slots=True)
class Claimed:
    memory: Memory
    lease: Lease
    taken_over: bool
    """True when the lease of an earlier worker had expired: that worker died or hangs."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Another worker holds the lease."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Finished:
    """There is nothing left to do: the memory is complete, its analysis was given up, or its recording is at fault."""

    memory: Memory


@dataclass(frozen=True, slots=True)
class AwaitingDeadLetter:
    """This same message failed the memory before, and SQS is about to dead-letter it."""

    memory: Memory


@dataclass(frozen=True, slots=True)
class Deleted:
    """The memory was deleted while its job was in flight."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """No memory with this id was ever accepted."""


type Claim = Claimed | Busy | Finished | AwaitingDeadLetter | Deleted | Unknown
