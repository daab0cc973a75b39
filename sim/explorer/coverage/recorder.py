"""Records which coverage points one world reached, from the same calls that the invariants check."""

from typing import Any

from rawk.domain.errors import IdempotencyConflict, LeaseLost, MemoryDeleted
from rawk.domain.memory import AnalysisState, FailureReason, Memory, Status
from rawk.ports import AICall, AwaitingDeadLetter, Busy, Claimed, Deleted, Delivery, Finished, Unknown
from sim.explorer.coverage.points import CoveragePoint
from sim.explorer.plan.call_sites import DELETE_MESSAGE, RECEIVE_MESSAGE, SEND_MESSAGE, CallSite, FaultKind
from sim.explorer.plan.plan import HOUR_MS
from sim.explorer.runtime.ledger import LARGE_RECORDING_BYTES, Ledger, Recording
from sim.explorer.runtime.policies import policies
from sim.explorer.runtime.scheduler import NEVER_MS, Actor, Scheduler

_DAY_MS = 24 * HOUR_MS
_OLD_TOMBSTONE_MS = 4 * _DAY_MS
"""As long as a message stays in the jobs queue."""
_REDRIVE = (SEND_MESSAGE, DELETE_MESSAGE)
_KILLED = (FaultKind.KILLED_BEFORE, FaultKind.KILLED_AFTER)


class CoverageRecorder:
    """The coverage of one world. `reached` has one bit for each coverage point."""

    __slots__ = ("_failed", "_last_openai_call", "_ledger", "_lost", "_scheduler", "_usual_timeout", "reached")

    def __init__(self, scheduler: Scheduler, ledger: Ledger) -> None:
        self._scheduler = scheduler
        self._ledger = ledger
        self._usual_timeout = policies().processing.openai_timeout_seconds
        self._failed: dict[str, int] = {}
        """Memories that have failed at least once, with when (ms)."""
        self._lost: set[tuple[int, str]] = set()
        """The number of each actor that lost a lease, and the memory."""
        self._last_openai_call: tuple[int, int] = (0, 0)
        """The number of the actor, and the index of the call site."""
        self.reached = 0

    def reach(self, point: CoveragePoint) -> None:
        self.reached |= 1 << point

    def on_fault(self, actor: Actor, site: CallSite, kind: FaultKind) -> None:
        if kind is FaultKind.RATE_LIMITED:
            self.reach(CoveragePoint.RETRY_AFTER)
        elif kind is FaultKind.PARTIAL and site is RECEIVE_MESSAGE:
            self.reach(CoveragePoint.SHORT_RECEIVE)
        elif actor.kind == "operator" and site in _REDRIVE and kind in _KILLED:
            self.reach(CoveragePoint.REDRIVE_INTERRUPTED)

    def before_openai_call(self, actor: Actor, site: CallSite, args: tuple[Any, ...]) -> None:
        call: AICall = args[-1]
        if call.timeout_seconds < self._usual_timeout:
            self.reach(CoveragePoint.SHORTENED_TIMEOUT)
        if self._last_openai_call == (actor.number, site.index):
            self.reach(CoveragePoint.RETRIED_IN_INVOCATION)
        self._last_openai_call = (actor.number, site.index)

    def after_accept(self, actor: Actor, new_id: str, answer: Any, error: BaseException | None) -> None:
        recording = actor.subject
        if answer is not None and isinstance(recording, Recording) and len(recording.audio) == LARGE_RECORDING_BYTES:
            self.reach(CoveragePoint.UPLOADED_IN_PARTS)
        if isinstance(error, IdempotencyConflict):
            self.reach(CoveragePoint.KEY_CONFLICT)
        elif isinstance(error, MemoryDeleted):
            self.reach(CoveragePoint.KEY_OF_DELETED)
        elif answer is not None and not answer.created:
            self.reach(CoveragePoint.ACCEPT_REPEATED if answer.memory.id == new_id else CoveragePoint.KEY_REPEATED)

    def after_delete(self, before: Memory | None) -> None:
        if before is not None and before.lease_token is not None:
            self.reach(CoveragePoint.DELETED_WHILE_PROCESSING)

    def after_begin_upload(self, new_id: str, answer: Any) -> None:
        if answer is not None and answer.memory.id != new_id:
            self.reach(CoveragePoint.DIRECT_KEY_REPEATED)

    def after_claim(self, memory_id: str, message_id: str, answer: Any) -> None:
        match answer:
            case Claimed(memory, _, taken_over):
                if taken_over:
                    self.reach(CoveragePoint.LEASE_TAKEN_OVER)
                if memory.transcript is not None and memory.failure_reason is None:
                    self.reach(CoveragePoint.RESUMED_AFTER_TRANSCRIPT)
            case Busy():
                self.reach(CoveragePoint.DUPLICATE_WHILE_PROCESSING)
            case Finished():
                self.reach(CoveragePoint.MESSAGE_FOR_FINISHED)
                if message_id in self._ledger.redriven:
                    self.reach(CoveragePoint.REDRIVE_OF_FINISHED)
            case AwaitingDeadLetter():
                self.reach(CoveragePoint.AWAITING_DEAD_LETTER)
            case Deleted():
                self.reach(CoveragePoint.MESSAGE_FOR_DELETED)
                if self._scheduler.now_ms - self._ledger.deleted.get(memory_id, NEVER_MS) > _OLD_TOMBSTONE_MS:
                    self.reach(CoveragePoint.OLD_TOMBSTONE)
            case Unknown():
                self.reach(CoveragePoint.MESSAGE_FOR_UNKNOWN)
            case _:
                pass

    def after_commit(
        self,
        actor: Actor,
        memory_id: str,
        before: Memory | None,
        after: Memory | None,
        error: BaseException | None,
    ) -> None:
        if isinstance(error, LeaseLost):
            self.reach(CoveragePoint.LEASE_LOST)
            if (actor.number, memory_id) in self._lost:
                self.reach(CoveragePoint.LEASE_LOST_TWICE)
            self._lost.add((actor.number, memory_id))
            if self._scheduler.now_ms > actor.deadline_ms:
                self.reach(CoveragePoint.COMMIT_AFTER_DEADLINE_REFUSED)
        elif error is None and before is after and after is not None:
            self.reach(CoveragePoint.COMMIT_REPEATED)
        elif error is None and after is not None:
            self._after_progress(actor, before, after)

    def _after_progress(self, actor: Actor, before: Memory | None, after: Memory) -> None:
        if after.status is Status.COMPLETE:
            if before is not None and before.failure_reason is not None:
                self.reach(CoveragePoint.ANALYSIS_AFTER_FAILURE)
            if after.id in self._failed:
                self.reach(CoveragePoint.FAILED_THEN_COMPLETE)
                if self._scheduler.now_ms - self._failed[after.id] > _DAY_MS:
                    self.reach(CoveragePoint.KEPT_FOR_DAYS)
        elif after.status is Status.FAILED:
            self._failed[after.id] = self._scheduler.now_ms
            if after.failure_reason is FailureReason.AUDIO_MISSING:
                self.reach(CoveragePoint.AUDIO_MISSING_AT_FETCH)
            receives = _receives(actor)
            last = receives >= policies().limits.max_receive_count
            self.reach(CoveragePoint.LAST_RECEIVE_FAILED if last else CoveragePoint.FAILED_AT_ONCE)
        elif after.analysis_state is AnalysisState.GAVE_UP:
            self.reach(CoveragePoint.ANALYSIS_GIVEN_UP)


def _receives(actor: Actor) -> int:
    deliveries = actor.subject
    if isinstance(deliveries, list) and deliveries and isinstance(deliveries[0], Delivery):
        counts: list[int] = [delivery.receive_count for delivery in deliveries]
        return max(counts)
    return 0
