"""The use case: handle one delivery of a job, from its claim to what happens to its message."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from rawk.domain.errors import DatabaseUnavailable, LeaseLost, PoisonMessage, Unavailable
from rawk.domain.messages import Job, decode
from rawk.log import log
from rawk.ports import AwaitingDeadLetter, Busy, Claimed, Deleted, Delivery, Finished, Unknown
from rawk.use_cases.processing.analysis import analyse_and_commit
from rawk.use_cases.processing.claimed_job import ClaimedJob
from rawk.use_cases.processing.claiming import claim_memory
from rawk.use_cases.processing.failures import TranscriptionFailed
from rawk.use_cases.processing.outcome import Acknowledged, JobOutcome, Returned
from rawk.use_cases.processing.returning import return_to_queue
from rawk.use_cases.processing.services import DEADLINE_RESERVE, ProcessingServices
from rawk.use_cases.processing.transcription import fail_memory, transcribe_and_commit
from rawk.use_cases.retry_budget import RetryBudget


@dataclass(frozen=True, slots=True)
class Processing:
    services: ProcessingServices

    def handle(self, delivery: Delivery, deadline: datetime) -> JobOutcome:
        """Process the job of one delivery before the deadline (UTC). Raises no RawkError: the outcome reports it."""
        try:
            job = decode(delivery.body)
            return self._handle_job(job, delivery, deadline)
        except PoisonMessage as poison:
            digest = sha256(delivery.body.encode("utf-8", "backslashreplace")).hexdigest()
            log.error("message_poisonous", why=str(poison), body_sha256=digest, receive_count=delivery.receive_count)
            return Returned(after_seconds=0)
        except Unavailable as error:
            log.warning("job_returned", part=error.part, error=str(error), receive_count=delivery.receive_count)
            return Returned(self.services.policy.gap_seconds(delivery))

    def _handle_job(self, job: Job, delivery: Delivery, deadline: datetime) -> JobOutcome:
        """After a lost lease, claim once more: the second claim shows whether the memory was deleted or taken over."""
        try:
            return self._claim_and_process(job, delivery, deadline)
        except LeaseLost:
            log.warning("lease_lost", receive_count=delivery.receive_count)
        try:
            return self._claim_and_process(job, delivery, deadline)
        except LeaseLost:
            return Returned(after_seconds=None)

    def _claim_and_process(self, job: Job, delivery: Delivery, deadline: datetime) -> JobOutcome:
        services, now = self.services, self.services.clock.now()
        budget = RetryBudget(deadline - DEADLINE_RESERVE, services.clock, services.randomness, services.policy.retry)
        claim = claim_memory(services, job, delivery, now, budget)
        match claim:
            case Claimed(memory, lease, taken_over):
                log.info(
                    "job_claimed",
                    status=memory.status,
                    attempt=memory.attempts,
                    receive_count=delivery.receive_count,
                    taken_over=taken_over,
                )
                return _process(ClaimedJob(services, job, delivery, memory, lease, budget))
            case Finished() | Deleted():
                log.info("job_has_nothing_to_do", claim=type(claim).__name__)
                return Acknowledged()
            case Busy(until):
                log.info("job_is_with_another_worker", until=until)
                return Returned(max(1, round((until - now).total_seconds()) + 1))
            case AwaitingDeadLetter():
                log.info("job_awaits_dead_letter", receive_count=delivery.receive_count)
                return Returned(after_seconds=0)
            case Unknown():
                raise PoisonMessage("there is no such memory")


def _process(claimed: ClaimedJob) -> JobOutcome:
    """Raises LeaseLost, with nothing changed, once another worker has the lease or the memory was deleted."""
    try:
        return _transcribe_and_analyse(claimed)
    except DatabaseUnavailable as error:
        return return_to_queue(claimed, error)


def _transcribe_and_analyse(claimed: ClaimedJob) -> JobOutcome:
    """Raises LeaseLost, DatabaseUnavailable."""
    transcript = claimed.memory.transcript
    if transcript is None:
        try:
            transcript = transcribe_and_commit(claimed)
        except TranscriptionFailed as failure:
            if failure.temporary and not claimed.is_last_receive:
                return return_to_queue(claimed, failure.error)
            return fail_memory(claimed, failure)
    return analyse_and_commit(claimed, transcript)
