"""Working a job off: claim the memory, transcribe and commit, analyse and commit, acknowledge.

Each step is safe to run twice, and what is committed is never paid for again. The whole failure policy for jobs is
here; what each kind of trouble means is decided by the error classes that the adapters raise.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from math import ceil

from rawk.config import MAX_VISIBILITY_TIMEOUT_SECONDS, AnalysisRetry, QueueLimits
from rawk.domain.errors import (
    AIBadAnalysis,
    AIError,
    AIRateLimited,
    AITransient,
    AudioMissing,
    DatabaseUnavailable,
    LeaseLost,
    PoisonMessage,
    RawkError,
    StorageUnavailable,
    Unavailable,
)
from rawk.domain.memory import Analysis, FailureReason, Memory, Usage
from rawk.domain.messages import Job, decode
from rawk.log import bound, log
from rawk.ports import (
    AICall,
    Analyst,
    AudioStore,
    AwaitingDeadLetter,
    Busy,
    Claim,
    Claimed,
    Clock,
    Deleted,
    Delivery,
    Finished,
    Lease,
    MemoryStore,
    Randomness,
    Transcriber,
    Transcription,
    Unknown,
)
from rawk.use_cases.audio_formats import file_name_for
from rawk.use_cases.retry_budget import OutOfTime, RetryBudget, RetryPolicy

RESERVE = timedelta(seconds=1.5)
"""Kept free before the deadline, to release the lease and answer SQS."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The message has done its work; SQS may delete it."""


@dataclass(frozen=True, slots=True)
class Returned:
    """The message goes back to the queue. `after_seconds` None leaves the queue's own visibility timeout."""

    after_seconds: int | None


type Verdict = Acknowledged | Returned


@dataclass(frozen=True, slots=True)
class ProcessingPolicy:
    queue_limits: QueueLimits
    lease_seconds: int
    analysis_retry: AnalysisRetry
    openai_timeout_seconds: float
    retry: RetryPolicy = field(default_factory=RetryPolicy)


@dataclass(frozen=True, slots=True)
class Processing:
    """The use case. `handle` never raises for trouble it knows: its verdict says what becomes of the message."""

    memories: MemoryStore
    audio: AudioStore
    transcriber: Transcriber
    analyst: Analyst
    clock: Clock
    chance: Randomness
    policy: ProcessingPolicy

    def handle(self, delivery: Delivery, deadline: datetime) -> Verdict:
        """Bring the memory of one delivery forward, and be done before the deadline (UTC)."""
        try:
            job = decode(delivery.body)
            with bound(memory_id=job.memory_id, correlation_id=job.correlation_id):
                return self._work_or_give_way(job, delivery, deadline)
        except PoisonMessage as poison:
            digest = sha256(delivery.body.encode("utf-8", "backslashreplace")).hexdigest()
            log.error("message_poisonous", why=str(poison), body_sha256=digest, receive_count=delivery.receive_count)
            return Returned(after_seconds=0)
        except Unavailable as trouble:
            log.warning("job_returned", part=trouble.part, error=str(trouble), receive_count=delivery.receive_count)
            return Returned(self.gap_seconds(delivery))

    def _work_or_give_way(self, job: Job, delivery: Delivery, deadline: datetime) -> Verdict:
        """A lost lease means that the memory was deleted or taken over: a second claim tells which."""
        try:
            return self._claim_and_work(job, delivery, deadline)
        except LeaseLost:
            log.warning("lease_lost", receive_count=delivery.receive_count)
        try:
            return self._claim_and_work(job, delivery, deadline)
        except LeaseLost:
            return Returned(after_seconds=None)

    def _claim_and_work(self, job: Job, delivery: Delivery, deadline: datetime) -> Verdict:
        now = self.clock.now()
        budget = RetryBudget(deadline - RESERVE, self.clock, self.chance, self.policy.retry)
        claim = self._claim(job, delivery, now, budget)
        match claim:
            case Claimed(memory, lease, taken_over):
                log.info(
                    "job_claimed",
                    status=memory.status,
                    attempt=memory.attempts,
                    receive_count=delivery.receive_count,
                    taken_over=taken_over,
                )
                return _Work(self, job, delivery, memory, lease, budget).run()
            case Finished() | Deleted():
                log.info("job_has_nothing_to_do", claim=type(claim).__name__)
                return Acknowledged()
            case Busy(until):
                log.info("job_is_with_another_worker", until=until)
                return Returned(max(1, round((until - now).total_seconds()) + 1))
            case AwaitingDeadLetter():
                log.info("job_is_on_its_way_out", receive_count=delivery.receive_count)
                return Returned(after_seconds=0)
            case Unknown():
                raise PoisonMessage("there is no such memory")

    def _claim(self, job: Job, delivery: Delivery, now: datetime, budget: RetryBudget) -> Claim:
        """A database that hiccups for a second must not cost the user a whole visibility timeout.

        Claiming again under the same token is fine. Raises DatabaseUnavailable.
        """
        token, expires_at = self.chance.new_id(), now + timedelta(seconds=self.policy.lease_seconds)

        def claim(_: float = 0.0) -> Claim:
            return self.memories.claim(job.memory_id, delivery.message_id, token, now, expires_at)

        try:
            return budget.run(claim, worth_retrying=lambda error: isinstance(error, DatabaseUnavailable))
        except OutOfTime:
            # Whatever comes of it, a last receive must leave its reason, and for that the memory has to be ours.
            return claim()

    def gap_seconds(self, delivery: Delivery) -> int:
        return self.policy.queue_limits.gap_seconds(delivery.receive_count)


class _TranscriptionFailed(RawkError):
    """No transcript from this invocation. `passing`: the job is worth another receive."""

    def __init__(self, reason: FailureReason, error: RawkError, *, passing: bool) -> None:
        super().__init__(str(error))
        self.reason = reason
        self.error = error
        self.passing = passing


@dataclass(slots=True)
class _Work:
    """One claimed job under its lease."""

    processing: Processing
    job: Job
    delivery: Delivery
    memory: Memory
    lease: Lease
    budget: RetryBudget
    usage: Usage = field(default_factory=Usage)
    """Asked of OpenAI and not yet written down."""

    def run(self) -> Verdict:
        """Raises LeaseLost, with nothing changed, once the lease is no longer ours."""
        try:
            return self._transcribe_and_analyse()
        except DatabaseUnavailable as error:
            return self._return_to_queue(error)

    def _transcribe_and_analyse(self) -> Verdict:
        """Raises LeaseLost, DatabaseUnavailable."""
        transcript = self.memory.transcript
        if transcript is None:
            try:
                transcript = self._transcribe_and_commit()
            except _TranscriptionFailed as failed:
                worth_another_receive = failed.passing and not self._is_last_receive()
                return self._return_to_queue(failed.error) if worth_another_receive else self._fail(failed)
        return self._analyse_and_commit(transcript)

    # transcription

    def _transcribe_and_commit(self) -> str:
        """Raises _TranscriptionFailed, LeaseLost, DatabaseUnavailable."""
        heard = self._transcribe()
        self.usage += Usage(billed_seconds=heard.billed_seconds)
        self._commit(lambda: self._save_transcript(heard.text))
        log.info("transcript_saved", billed_seconds=heard.billed_seconds)
        return heard.text

    def _transcribe(self) -> Transcription:
        try:
            audio = self.processing.audio.fetch(self.memory.audio_key)
            file_name = file_name_for(self.memory.audio_content_type)
            return self._ask(
                lambda call: self.processing.transcriber.transcribe(audio, file_name, call),
                worth_retrying=lambda error: isinstance(error, AITransient),
            )
        except AIError as error:
            raise _TranscriptionFailed(error.reason, error, passing=error.reason in _PASSING) from error
        except AudioMissing as error:
            raise _TranscriptionFailed(FailureReason.AUDIO_MISSING, error, passing=False) from error
        except StorageUnavailable as error:
            raise _TranscriptionFailed(FailureReason.STORAGE_UNAVAILABLE, error, passing=True) from error
        except OutOfTime as error:
            raise _TranscriptionFailed(FailureReason.OPENAI_UNAVAILABLE, error, passing=True) from error

    def _save_transcript(self, transcript: str) -> None:
        now = self.processing.clock.now()
        # The worker may die right after this; the sweep then asks for the analysis once the message had its chance.
        due_at = now + self._analysis_gap() + timedelta(seconds=self.processing.policy.lease_seconds)
        self.processing.memories.save_transcript(self.lease, transcript, self.usage, now, due_at)
        self.usage = Usage()

    def _fail(self, failed: _TranscriptionFailed) -> Verdict:
        """Raises LeaseLost, also when the answer to the first try was lost; the second claim then finds it failed."""
        self._commit(lambda: self._save_failure(failed))
        log.error("memory_failed", reason=failed.reason, detail=str(failed), receive_count=self.delivery.receive_count)
        return Returned(after_seconds=0)

    def _save_failure(self, failed: _TranscriptionFailed) -> None:
        now = self.processing.clock.now()
        self.processing.memories.fail(self.lease, self.delivery.message_id, failed.reason, str(failed), self.usage, now)

    # analysis

    def _analyse_and_commit(self, transcript: str) -> Verdict:
        """Raises LeaseLost, DatabaseUnavailable."""
        try:
            analysis = self._ask(
                lambda call: self.processing.analyst.analyse(transcript, call), worth_retrying=_analysis_worth_retrying
            )
        except AIError as error:
            return self._postpone_analysis(error.reason, error, give_up=not _analysis_may_work_later(error))
        except OutOfTime as error:
            return self._postpone_analysis(FailureReason.OPENAI_UNAVAILABLE, error, give_up=False)
        self._commit(lambda: self._save_analysis(analysis))
        log.info("analysis_saved")
        return Acknowledged()

    def _save_analysis(self, analysis: Analysis) -> None:
        self.processing.memories.save_analysis(self.lease, analysis, self.usage, self.processing.clock.now())

    def _postpone_analysis(self, reason: FailureReason, error: RawkError, *, give_up: bool) -> Verdict:
        """The transcript is safe and the user can read it: the message has done its work either way."""
        now = self.processing.clock.now()
        gap = max(self._analysis_gap(), timedelta(seconds=_asked_to_wait_seconds(error)))
        due_at = None if give_up else now + gap
        self.processing.memories.postpone_analysis(self.lease, reason, str(error), self.usage, now, due_at)
        log.warning("analysis_postponed", reason=reason, detail=str(error), due_at=due_at, gave_up=give_up)
        return Acknowledged()

    def _analysis_gap(self) -> timedelta:
        return self.processing.policy.analysis_retry.gap(self.memory.analysis_attempts)

    # both

    def _ask[Answer](self, ask: Callable[[AICall], Answer], worth_retrying: Callable[[RawkError], bool]) -> Answer:
        def one_try(remaining_seconds: float) -> Answer:
            self.usage += Usage(openai_calls=1)
            timeout_seconds = min(remaining_seconds, self.processing.policy.openai_timeout_seconds)
            return ask(AICall(self.job.memory_id, self.job.correlation_id, timeout_seconds))

        return self.budget.run(one_try, worth_retrying)

    def _commit(self, commit: Callable[[], None]) -> None:
        """What was paid for is worth several tries to write down. Raises DatabaseUnavailable when none did it."""
        try:
            self.budget.run(lambda _: commit(), worth_retrying=lambda error: isinstance(error, DatabaseUnavailable))
        except OutOfTime:
            # The budget stops short of the deadline; what is left is just enough for this one last try.
            commit()

    def _return_to_queue(self, error: RawkError) -> Verdict:
        try:
            self.processing.memories.release(self.lease, self._usage_not_written(), self.processing.clock.now())
        except DatabaseUnavailable:
            log.warning("lease_left_to_expire", expires_at=self.lease.expires_at)
        after_seconds = max(self.processing.gap_seconds(self.delivery), _asked_to_wait_seconds(error))
        log.warning(
            "job_returned", error=str(error), receive_count=self.delivery.receive_count, after_seconds=after_seconds
        )
        return Returned(after_seconds)

    def _usage_not_written(self) -> Usage:
        """The transcript may have been saved, and its usage with it, although the answer was lost."""
        if self.memory.transcript is None and self.usage.billed_seconds:
            saved = self.processing.memories.get(self.memory.tenant, self.memory.id)
            if saved is not None and saved.transcript is not None:
                return Usage()
        return self.usage

    def _is_last_receive(self) -> bool:
        return self.delivery.receive_count >= self.processing.policy.queue_limits.max_receive_count


_PASSING = frozenset({FailureReason.OPENAI_UNAVAILABLE, FailureReason.OPENAI_QUOTA})
"""Reasons for which the job is worth another receive."""


def _analysis_worth_retrying(error: RawkError) -> bool:
    return isinstance(error, AITransient) or (isinstance(error, AIBadAnalysis) and error.worth_retrying)


def _analysis_may_work_later(error: AIError) -> bool:
    """Quota and configuration are mended by people; only what the same transcript gives again is given up on."""
    return not isinstance(error, AIBadAnalysis) or error.worth_retrying


def _asked_to_wait_seconds(error: RawkError) -> int:
    asked_for = error.retry_after_seconds if isinstance(error, AIRateLimited) else None
    return min(ceil(asked_for or 0), MAX_VISIBILITY_TIMEOUT_SECONDS)
