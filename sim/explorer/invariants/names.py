"""The invariants by name, as reports print them, and the violation of one."""

from typing import NamedTuple

NOTHING_LOST = "nothing is lost"
PAID_ONCE = "no transcription is paid twice"
NO_TRANSCRIPT_ERASED = "no transcript is erased"
STATUS_FORWARD = "status never goes back"
TENANT_ISOLATION = "tenants see only their own memories"
IDEMPOTENCY = "an idempotency key makes one memory"
STAYS_DELETED = "a deleted memory stays deleted"
RETRYABLE = "a failed memory can be retried"
ONE_WORKER = "one worker at a time processes a memory"
IN_TIME = "an invocation ends before its deadline"
BUDGET = "an invocation keeps its retry budget"
COST_RECORDED = "each memory records what it cost"
TRUE_REASON = "a failed memory has its true reason"
COMPLETENESS = "a complete memory has all its parts"
DRAINS = "everything drains after the faults have ended"
OUTBOX_SENT_IN_TIME = "the outbox is sent in time"
NOT_ABANDONED_EARLY = "no memory is abandoned that a message will still reach"
TOMBSTONES_KEPT = "a late job of a deleted memory has nothing to do"
TOMBSTONES_FORGOTTEN = "tombstones are forgotten in time"
AUDIO_UNCHANGED = "accepted audio never changes"
TITLE_KEPT = "a memory has the title of its recording"
ECONOMY = "a quiet world makes the exact number of calls"
LISTED = "a list has every memory of its tenant"
REDRIVEN = "a redrive takes every dead letter"
NO_UNDECLARED_ERROR = "no use case raises an undeclared error"

ALL = (
    NOTHING_LOST,
    PAID_ONCE,
    NO_TRANSCRIPT_ERASED,
    STATUS_FORWARD,
    TENANT_ISOLATION,
    IDEMPOTENCY,
    STAYS_DELETED,
    RETRYABLE,
    ONE_WORKER,
    IN_TIME,
    BUDGET,
    COST_RECORDED,
    TRUE_REASON,
    COMPLETENESS,
    DRAINS,
    OUTBOX_SENT_IN_TIME,
    NOT_ABANDONED_EARLY,
    TOMBSTONES_KEPT,
    TOMBSTONES_FORGOTTEN,
    AUDIO_UNCHANGED,
    TITLE_KEPT,
    ECONOMY,
    LISTED,
    REDRIVEN,
    NO_UNDECLARED_ERROR,
)

LEAVES_A_TRACE = frozenset(
    {
        *(PAID_ONCE, NO_TRANSCRIPT_ERASED, STATUS_FORWARD, TENANT_ISOLATION, IDEMPOTENCY, STAYS_DELETED, ONE_WORKER),
        *(BUDGET, COST_RECORDED, TRUE_REASON, COMPLETENESS, DRAINS, NOT_ABANDONED_EARLY, TOMBSTONES_KEPT),
        *(TOMBSTONES_FORGOTTEN, TITLE_KEPT, NO_UNDECLARED_ERROR),
    }
)
"""Whose violation a scenario still finds later: in a row, an answer, a record of OpenAI or a log. What it finds of the
others it finds at rest, or at the moment that it happens, by conservation."""

SILENCED: set[str] = set()
"""Invariants that this process does not check: the mutants' run shows with it which invariant alone finds a mutant."""


class Violation(NamedTuple):
    """An invariant that does not hold."""

    invariant: str
    details: str
    """What was found instead."""
    at_ms: int = 0
    event: str = ""
    """Who did what at that moment: the event that the invariant was checked after."""
    cause: str = ""
    """The failure that was going on: an outage, or what was injected last into the calls of the same actor."""
    steps: int = 0
    """Of the world until then."""
