"""What one world is made of, as plain values: who does what and when, what may go wrong, and when it ends.

A plan is drawn from a seed (`drawing.py`) or written down by hand; shrinking takes parts of it away. With the same
plan and the same `Decisions` a world runs the same way, on any machine, whatever the hash seed.
"""

from dataclasses import dataclass
from enum import StrEnum

from sim.explorer.plan.call_sites import Trouble

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS


class Deed(StrEnum):
    """What somebody does."""

    RECORD = "record"
    RECORD_AGAIN = "record again"
    """The same recording under the same key, from a second device or because the answer did not come."""
    RECORD_OTHER = "record other"
    """Another recording under a key that was used."""
    UPLOAD_STRAIGHT = "upload straight"
    """A recording that goes straight to the store and is then submitted; see `Straight` for how it goes."""
    RETRY = "retry"
    """Ask for a failed memory to be processed again, once it has failed."""
    ANALYSE_AGAIN = "analyse again"
    """Ask for a given-up analysis once more, once it was given up."""
    SEND_RUBBISH = "send rubbish"
    """An upload that is no audio."""
    LEAVE = "leave"
    """An upload that its client gives up half way."""
    READ = "read"
    LIST = "list"
    DELETE = "delete"
    REDRIVE_ALL = "redrive all"
    REDRIVE_SOME = "redrive some"
    PURGE = "purge"
    """Only what nobody needs: poison, letters of what is done or deleted."""
    DEPLOY = "deploy"
    POISON = "poison"
    DUPLICATE = "duplicate"
    """A job is in the queue once more, as SQS may deliver it."""
    VANISH = "vanish"
    """A stranger removes a recording's audio."""


class Straight(StrEnum):
    """What becomes of an upload straight to the store; an act's number decides."""

    SUBMITTED = "submitted"
    SUBMITTED_TWICE = "submitted twice"
    RUBBISH = "no recording"
    FORGOTTEN = "never submitted"

    @classmethod
    def of(cls, number: int) -> "Straight":
        return (cls.SUBMITTED, cls.SUBMITTED_TWICE, cls.FORGOTTEN, cls.SUBMITTED, cls.RUBBISH)[number % 5]


@dataclass(frozen=True, slots=True)
class Act:
    """One deed at one time. `recording` numbers what it is about."""

    number: int
    at_ms: int
    deed: Deed
    recording: int = 0
    tenant: int = 0
    key: bool = False
    """Whether the upload carries an idempotency key, which is the recording's own."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A port that answers nothing but one trouble for a while."""

    port: str
    trouble: Trouble
    begins_ms: int
    ends_ms: int


@dataclass(frozen=True, slots=True)
class Struck:
    """The trouble that befell one call; `ms` is how long it made its caller wait."""

    trouble: Trouble
    ms: int


type CallName = tuple[str, int]
"""Who called, and its how manieth call that was."""


type Decisions = dict[CallName, Struck | int]
"""Everything that chance decided about single calls and that differs from the usual: what befell them, or how long (ms)
they were under way, which is what lets somebody else go first."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How likely what is, for worlds whose decisions are drawn."""

    seed: int
    troubles: tuple[tuple[float, tuple[Trouble, ...]], ...]
    """By site: the chance of any trouble at one call, and which it may be, as often as it is likely."""
    jitter: float
    """The chance that a call takes an unusual time."""
    longest_jitter_ms: int


@dataclass(frozen=True, slots=True)
class Plan:
    acts: tuple[Act, ...]
    workers: int = 2
    batch: int = 1
    outages: tuple[Outage, ...] = ()
    skews_ms: tuple[int, int, int] = (0, 0, 0)
    """How far the clocks of API, workers and relay are from the true time."""
    late_kill: bool = False
    """Whether a function's process may live on beyond its time, and wake up when nobody counts on it."""
    extra_relay_minutes: tuple[int, ...] = ()
    """When the relay runs although nothing is due."""
    calm_at_ms: int = HOUR_MS
    """When the trouble ends."""
