"""Where the marks are made: the same calls that the promises look at, seen by somebody who collects rare moments."""

from typing import Any

from rawk.domain.errors import IdempotencyConflict, LeaseLost, MemoryDeleted
from rawk.domain.memory import AnalysisState, FailureReason, Memory, Status
from rawk.ports import AICall, AwaitingDeadLetter, Busy, Claimed, Deleted, Delivery, Finished, Unknown
from sim.explorer.coverage.points import Mark
from sim.explorer.plan.call_sites import Site, Trouble
from sim.explorer.runtime.ledger import Books
from sim.explorer.runtime.policies import policies
from sim.explorer.runtime.scheduler import Actor, Scheduler


class Sightings:
    """One world's. `reached` has a bit for every mark."""

    __slots__ = ("_asked", "_books", "_failed", "_scheduler", "_usual_timeout", "reached")

    def __init__(self, scheduler: Scheduler, books: Books) -> None:
        self._scheduler = scheduler
        self._books = books
        self._usual_timeout = policies().processing.openai_timeout_seconds
        self._failed: set[str] = set()
        """Memories that ever failed."""
        self._asked: tuple[int, int, int] = (0, 0, 0)
        self.reached = 0

    def mark(self, mark: Mark) -> None:
        self.reached |= 1 << mark

    def noticed(self, trouble: Trouble) -> None:
        if trouble is Trouble.RATE_LIMITED:
            self.mark(Mark.RETRY_AFTER)

    def asked(self, actor: Actor, site: Site, args: tuple[Any, ...]) -> None:
        call: AICall = args[-1]
        if call.timeout_seconds < self._usual_timeout:
            self.mark(Mark.SHORT_OF_TIME)
        again = self._asked[:2] == (actor.number, site.index)
        if again:
            self.mark(Mark.RETRIED_IN_PLACE)
        self._asked = (actor.number, site.index, actor.calls)

    def of_accept(self, new_id: str, answer: Any, error: BaseException | None) -> None:
        if isinstance(error, IdempotencyConflict):
            self.mark(Mark.KEY_CONFLICT)
        elif isinstance(error, MemoryDeleted):
            self.mark(Mark.KEY_OF_DELETED)
        elif answer is not None and not answer.created:
            self.mark(Mark.ACCEPT_REPEATED if answer.memory.id == new_id else Mark.SAME_KEY_SAME_MEMORY)

    def of_delete(self, before: Memory | None) -> None:
        if before is not None and before.lease_token is not None:
            self.mark(Mark.LOST_BY_DELETION)

    def of_claim(self, message_id: str, before: Memory | None, answer: Any) -> None:
        match answer:
            case Claimed(memory, _, taken_over):
                if taken_over:
                    self.mark(Mark.LEASE_TAKEN_OVER)
                if memory.transcript is not None and memory.failure_reason is None:
                    self.mark(Mark.RESUMED_AFTER_TRANSCRIPT)
            case Busy():
                self.mark(Mark.DUPLICATE_WHILE_WORKING)
            case Finished():
                self.mark(Mark.CAME_TOO_LATE)
                if message_id in self._books.redriven:
                    self.mark(Mark.REDRIVE_MET_FINISHED)
            case AwaitingDeadLetter():
                self.mark(Mark.ON_ITS_WAY_OUT)
            case Deleted():
                self.mark(Mark.CAME_FOR_DELETED)
            case Unknown():
                self.mark(Mark.CAME_FOR_UNKNOWN)
            case _:
                pass
        del before

    def of_commit(self, actor: Actor, before: Memory | None, after: Memory | None, error: BaseException | None) -> None:
        if isinstance(error, LeaseLost):
            self.mark(Mark.LEASE_LOST)
            if self._scheduler.now_ms > actor.dies_at_ms:
                self.mark(Mark.ZOMBIE_REFUSED)
        elif error is None and before is after and after is not None:
            self.mark(Mark.COMMIT_REPEATED)
        elif error is None and after is not None:
            self._of_progress(actor, before, after)

    def _of_progress(self, actor: Actor, before: Memory | None, after: Memory) -> None:
        if after.status is Status.COMPLETE:
            if before is not None and before.failure_reason is not None:
                self.mark(Mark.ANALYSIS_CAUGHT_UP)
            if after.id in self._failed:
                self.mark(Mark.FAILED_THEN_COMPLETE)
        elif after.status is Status.FAILED:
            self._failed.add(after.id)
            if after.failure_reason is FailureReason.AUDIO_MISSING:
                self.mark(Mark.AUDIO_VANISHED)
            receives = _receives(actor)
            last = receives >= policies().limits.max_receive_count
            self.mark(Mark.LAST_RECEIVE_FAILED if last else Mark.FAILED_AT_ONCE)
        elif after.analysis_state is AnalysisState.GAVE_UP:
            self.mark(Mark.ANALYSIS_GIVEN_UP)


def _receives(actor: Actor) -> int:
    deliveries = actor.about
    if isinstance(deliveries, list) and deliveries and isinstance(deliveries[0], Delivery):
        counts: list[int] = [delivery.receive_count for delivery in deliveries]
        return max(counts)
    return 0
