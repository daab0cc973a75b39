"""The plan of one world, as plain values: who does what and when, what may fail, and when the faults end.

A plan is made from a seed (`random_plan.py`) or written in a test; shrinking removes parts of it. With the same plan
and the same `Decisions` a world runs the same way, on every machine, whatever the hash seed.
"""

from dataclasses import dataclass
from enum import StrEnum

from sim.explorer.plan.call_sites import FaultKind

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS


class ActionKind(StrEnum):
    """What a client, the operator or the environment does."""

    RECORD = "record"
    RECORD_AGAIN = "record again"
    """The same recording with the same key: from a second device, or because no answer came."""
    RECORD_OTHER = "record other"
    """Another recording with a key that was used before."""
    DIRECT_UPLOAD = "direct upload"
    """A recording that is uploaded straight to S3 and then submitted; `DirectUpload` says how."""
    REPEAT_FORM = "repeat form"
    """Post the form of a direct upload once more, with other bytes."""
    RETRY = "retry"
    """Ask for a failed memory to be processed again, once it has failed."""
    RETRY_ANALYSIS = "retry analysis"
    """Ask for an analysis again, once it was given up."""
    UPLOAD_NON_AUDIO = "upload non-audio"
    ABANDON_UPLOAD = "abandon upload"
    """The client disconnects during its upload."""
    READ = "read"
    LIST = "list"
    DELETE = "delete"
    REDRIVE_ALL = "redrive all"
    REDRIVE_SOME = "redrive some"
    PURGE = "purge"
    """Only poison, and dead letters of finished or deleted memories."""
    DEPLOY = "deploy"
    POISON = "poison"
    DUPLICATE = "duplicate"
    """A job is in the queue a second time, as SQS may deliver it."""
    REMOVE_AUDIO = "remove audio"
    """Something outside of the product removes a recording's audio from S3."""


class DirectUpload(StrEnum):
    """How a direct upload goes on; the action's number decides."""

    SUBMITTED = "submitted"
    SUBMITTED_TWICE = "submitted twice"
    NON_AUDIO = "no audio"
    NOT_SUBMITTED = "never submitted"

    @classmethod
    def of(cls, number: int) -> "DirectUpload":
        return (cls.SUBMITTED, cls.SUBMITTED_TWICE, cls.NOT_SUBMITTED, cls.SUBMITTED, cls.NON_AUDIO)[number % 5]


@dataclass(frozen=True, slots=True)
class Action:
    """One action at one time. `recording` is the number of the recording that it concerns."""

    number: int
    at_ms: int
    kind: ActionKind
    recording: int = 0
    tenant: int = 0
    key: bool = False
    """Whether the upload carries an idempotency key; each recording has its own."""
    title: str | None = None
    large: bool = False
    """Whether the recording is uploaded in several parts."""


@dataclass(frozen=True, slots=True)
class Outage:
    """For some time every call of a port fails in the same way."""

    port: str
    """The name of a port (`openai`) or of one call site (`openai.analyse`)."""
    kind: FaultKind
    begins_ms: int
    ends_ms: int

    def is_on(self, now_ms: int) -> bool:
        return self.begins_ms <= now_ms < self.ends_ms


@dataclass(frozen=True, slots=True)
class CallFault:
    """A fault injected into one call; `ms` is how long the caller waits for it."""

    kind: FaultKind
    ms: int


type CallName = tuple[str, str, int]
"""The name of the actor that calls, the name of the call site, and which of the actor's calls there it is, from 1.

So a decision never comes to another kind of call, however many calls are before it.
"""


type Decisions = dict[CallName, CallFault | int]
"""Every random decision about a single call that differs from the usual: the fault injected into it, or how long
(ms) it takes to arrive; a longer call lets other actors continue first."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Probabilities, for worlds whose decisions are random."""

    seed: int
    fault_kinds: tuple[tuple[float, tuple[FaultKind, ...]], ...]
    """By index of the call site: the probability of a fault at one call, and the kinds that are possible."""
    jitter: float
    """The probability that a call takes an unusual time."""
    longest_jitter_ms: int


LARGEST_PAGE = 100
"""More than a world has of anything."""


@dataclass(frozen=True, slots=True)
class Plan:
    actions: tuple[Action, ...]
    workers: int = 2
    """How many workers run at the same time at most."""
    batch: int = 1
    """How many messages one worker receives at most."""
    page: int = LARGEST_PAGE
    """Rows of one query, memories on a page of a list, and dead letters of one receive, at most."""
    outages: tuple[Outage, ...] = ()
    skews_ms: tuple[int, int, int] = (0, 0, 0)
    """How far the clocks of API, workers and relay are from the true time."""
    outlives_deadline: bool = False
    """Whether the process of a function may continue after its deadline, when other workers no longer expect it."""
    extra_relay_minutes: tuple[int, ...] = ()
    """When the relay runs although nothing is due."""
    faults_end_ms: int = HOUR_MS
    """From then on there are no faults and no outages."""
    days: int = 0
    """How many days pass once the world is at rest, before the late actions."""
    late: tuple[Action, ...] = ()
    """What happens after these days."""
    quiet: bool = False
    """Whether the number of calls is checked: without faults and delays, one action after the other."""
