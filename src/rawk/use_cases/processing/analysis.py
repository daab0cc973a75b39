"""The second step: analyse the transcript and commit the analysis, or postpone it."""

from datetime import timedelta

from rawk.domain.errors import AIError, RawkError
from rawk.domain.memory import Analysis, FailureReason
from rawk.log import log
from rawk.ports import AnalysisFailure
from rawk.use_cases.processing.claimed_job import ClaimedJob
from rawk.use_cases.processing.failures import (
    MALFORMED_ANALYSES_EACH_TIME,
    analysis_may_work_later,
    detail_for_owner,
    is_malformed,
    requested_wait_seconds,
    worth_calling_again,
)
from rawk.use_cases.processing.outcome import Acknowledged
from rawk.use_cases.retry_budget import OutOfTime


def analyse_and_commit(claimed: ClaimedJob, transcript: str) -> Acknowledged:
    """Complete the memory, or leave its analysis to the sweep. Raises LeaseLost, DatabaseUnavailable."""
    malformed = 0

    def worth_retrying(error: RawkError) -> bool:
        nonlocal malformed
        malformed += is_malformed(error)
        return worth_calling_again(error) and malformed < MALFORMED_ANALYSES_EACH_TIME

    try:
        analysis = claimed.call_openai(lambda call: claimed.services.analyst.analyse(transcript, call), worth_retrying)
    except AIError as error:
        may_work_later = analysis_may_work_later(error, claimed.memory)
        return _postpone(claimed, error.reason, error, give_up=not may_work_later)
    except OutOfTime as error:
        return _postpone(claimed, FailureReason.OPENAI_UNAVAILABLE, error, give_up=False)
    claimed.commit(lambda: _save(claimed, analysis))
    log.info("analysis_saved")
    return Acknowledged()


def _save(claimed: ClaimedJob, analysis: Analysis) -> None:
    services = claimed.services
    services.memories.save_analysis(claimed.lease, analysis, claimed.usage, services.clock.now())


def _postpone(claimed: ClaimedJob, reason: FailureReason, error: RawkError, *, give_up: bool) -> Acknowledged:
    """The transcript is committed and clients can read it, so the job is done; the sweep queues the analysis again."""
    services, now = claimed.services, claimed.services.clock.now()
    gap = services.policy.analysis_retry.gap(claimed.memory.analysis_attempts)
    wait = max(gap, timedelta(seconds=requested_wait_seconds(error)))
    retry_at = None if give_up else now + wait
    failure = AnalysisFailure(reason, detail_for_owner(reason, error), claimed.usage, retry_at)
    services.memories.postpone_analysis(claimed.lease, failure, now)
    log.warning("analysis_postponed", reason=reason, detail=str(error), due_at=retry_at, gave_up=give_up)
    return Acknowledged()
