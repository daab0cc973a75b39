"""Which failures are temporary, and how long OpenAI asked us to wait.

The way of a 429: `adapters/openai/client.py` makes an error class of it, `retry_budget.py` waits within the invocation
if there is time, `returning.py` leaves the rest to the queue.
"""

from math import ceil

from rawk.config import MAX_VISIBILITY_TIMEOUT_SECONDS
from rawk.domain.errors import AIBadAnalysis, AIError, AIRateLimited, AITransient, RawkError
from rawk.domain.memory import FailureReason

TEMPORARY_REASONS = frozenset({FailureReason.OPENAI_UNAVAILABLE, FailureReason.OPENAI_QUOTA})
"""Reasons for which a failed transcription is worth another receive of the job."""


class TranscriptionFailed(RawkError):
    """This invocation produced no transcript. `temporary`: the job is worth another receive."""

    def __init__(self, reason: FailureReason, error: RawkError, *, temporary: bool) -> None:
        super().__init__(str(error))
        self.reason = reason
        self.error = error
        self.temporary = temporary


def transcription_worth_retrying(error: RawkError) -> bool:
    """Whether another call in the same invocation may succeed."""
    return isinstance(error, AITransient)


def analysis_worth_retrying(error: RawkError) -> bool:
    """Whether another call in the same invocation may succeed."""
    return isinstance(error, AITransient) or (isinstance(error, AIBadAnalysis) and error.worth_retrying)


def analysis_may_work_later(error: AIError) -> bool:
    """False only where the same transcript gives the same failure: operators fix quota and configuration."""
    return not isinstance(error, AIBadAnalysis) or error.worth_retrying


def requested_wait_seconds(error: RawkError) -> int:
    """Seconds to wait according to OpenAI's `Retry-After`, at most SQS's longest visibility timeout; 0 without one."""
    requested = error.retry_after_seconds if isinstance(error, AIRateLimited) else None
    return min(ceil(requested or 0), MAX_VISIBILITY_TIMEOUT_SECONDS)
