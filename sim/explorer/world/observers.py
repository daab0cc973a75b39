"""Which invariants and coverage points are checked after which call."""

from typing import Any

from rawk.domain.memory import AnalysisState, Status
from sim.explorer.coverage.points import CoveragePoint
from sim.explorer.coverage.recorder import CoverageRecorder
from sim.explorer.invariants.checks import Invariants
from sim.explorer.invariants.time_limits import TimeLimits
from sim.explorer.plan.call_sites import CallSite
from sim.explorer.runtime.ledger import Ledger
from sim.explorer.runtime.port_calls import Observer
from sim.explorer.runtime.scheduler import Actor


class Observers:
    """The observers of one world: each calls the invariants and the coverage recorder."""

    __slots__ = ("_coverage", "_invariants", "_ledger", "_limits")

    def __init__(self, ledger: Ledger, invariants: Invariants, coverage: CoverageRecorder, limits: TimeLimits) -> None:
        self._limits = limits
        self._ledger = ledger
        self._invariants = invariants
        self._coverage = coverage

    def observers(self) -> dict[str, Observer]:
        """By name of their call site."""
        invariants = self._invariants
        commits = ("save_transcript", "save_analysis", "postpone_analysis", "fail", "release")
        return {
            "memories.accept": self._accept,
            "memories.begin_upload": self._begin_upload,
            "memories.submit_upload": self._queued,
            "memories.withdraw_upload": invariants.after_withdrawal,
            "memories.delete_unsubmitted_uploads": self._uploads_deleted,
            "memories.retry": self._queued,
            "memories.retry_analysis": self._queued,
            "memories.delete": self._delete,
            "memories.get": invariants.after_get,
            "memories.page": invariants.after_page,
            "memories.claim": self._claim,
            **{f"memories.{method}": self._commit for method in commits},
            "memories.fail": self._fail,
            "memories.queue_due_analyses": self._analyses_queued,
            "memories.fail_abandoned": self._abandoned,
            "memories.mark_sent": invariants.after_removal,
            "sqs.acknowledge": invariants.after_removal,
            "sqs.delete_message": invariants.after_removal,
            "s3.delete_object": self._audio_removed,
            "openai.transcribe": invariants.after_transcription,
            "openai.analyse": invariants.after_answer,
        }

    def before_openai_call(self, actor: Actor, site: CallSite, args: tuple[Any, ...]) -> None:
        self._invariants.before_openai_call(actor, site, args)
        self._coverage.before_openai_call(actor, site, args)

    def _accept(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        self._coverage.after_accept(actor, args[0].id, answer, error)
        self._invariants.after_accept(actor, args, answer, error)
        self._limits.watch_outbox()

    def _begin_upload(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        self._coverage.after_begin_upload(args[0].id, answer)
        self._invariants.after_accept(actor, args, answer, error)

    def _queued(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        self._invariants.after_queueing(actor, args, answer, error)
        self._limits.watch_outbox()

    def _delete(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        if answer is not None:
            self._coverage.after_delete(self._ledger.last_seen.get(args[1]))
        self._invariants.after_delete(actor, args, answer, error)

    def _claim(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        self._coverage.after_claim(args[0].memory_id, args[0].message_id, answer)
        self._invariants.after_claim(actor, args, answer, error)

    def _commit(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        last_seen, memory_id = self._ledger.last_seen, args[0].memory_id
        before = last_seen.get(memory_id)
        self._invariants.after_write(actor, args, answer, error)
        self._coverage.after_commit(actor, memory_id, before, last_seen.get(memory_id), error)

    def _fail(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        self._commit(actor, args, answer, error)
        if error is None:
            self._invariants.after_failure(actor, args[0].memory_id, args[1])

    def _analyses_queued(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        before = dict(self._ledger.last_seen)
        self._invariants.after_write(actor, args, answer, error)
        self._limits.watch_outbox()
        if answer:
            self._coverage.reach(CoveragePoint.ANALYSIS_QUEUED_AGAIN)
        for memory_id, memory in self._ledger.last_seen.items():
            if memory is not before.get(memory_id) and memory.analysis_state is AnalysisState.GAVE_UP:
                self._coverage.reach(CoveragePoint.ANALYSIS_GIVEN_UP)

    def _uploads_deleted(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        for memory_id in answer or ():
            self._coverage.reach(CoveragePoint.DIRECT_UPLOAD_SWEPT)
            self._invariants.after_upload_removed(memory_id)
        self._invariants.after_write(actor, args, answer, error)

    def _abandoned(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        self._invariants.after_write(actor, args, answer, error)
        self._invariants.after_abandoned(answer or ())
        if answer and any(self._ledger.last_seen[memory_id].status is Status.FAILED for memory_id in answer):
            self._coverage.reach(CoveragePoint.ABANDONED)

    def _audio_removed(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        if error is None and actor.kind == "relay":
            self._coverage.reach(CoveragePoint.ORPHAN_SWEPT)
        self._invariants.after_audio_removed(actor, args, answer, error)
