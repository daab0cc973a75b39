"""Which failures are temporary, and how long OpenAI asked us to wait.

The way of a 429: `adapters/openai/judgement.py` makes an error class of it, `retry_budget.py` waits within the
invocation if there is time, `returning.py` leaves the rest to the queue.
"""

import re
from math import ceil

from rawk.config import MAX_VISIBILITY_TIMEOUT_SECONDS
from rawk.domain.errors import AIBadAnalysis, AIError, AIRateLimited, RawkError
from rawk.domain.memory import FailureReason, Memory

TEMPORARY_REASONS = frozenset(
    {
        FailureReason.OPENAI_UNAVAILABLE,
        FailureReason.OPENAI_QUOTA,
        FailureReason.OPENAI_REFUSED,
        FailureReason.TRANSCRIPTION_MALFORMED,
    }
)
"""Reasons for which a failed transcription is worth another receive of the job."""

MALFORMED_ANALYSES_EACH_TIME = 2
"""Calls of one invocation that may be answered by a malformed analysis: OpenAI charges for each."""

MALFORMED_TIMES = 3
"""Invocations after which an analysis that was malformed again and again is given up: six charged calls, not sixty.
Two are enough after an outage, whose invocations count as well."""


DETAILS = {
    FailureReason.AUDIO_MISSING: "the accepted audio is not in the store",
    FailureReason.STORAGE_UNAVAILABLE: "the store did not give the audio",
}

_CLASS_NAME = re.compile(r" \([A-Z]\w*\)$")


def detail_for_owner(reason: FailureReason, error: RawkError) -> str:
    """What the memory's owner reads: the log has the error's own text, which may name keys, services and classes."""
    return DETAILS.get(reason, _CLASS_NAME.sub("", str(error)))


class TranscriptionFailed(RawkError):
    """This invocation produced no transcript. `temporary`: the job is worth another receive."""

    def __init__(self, reason: FailureReason, error: RawkError, *, temporary: bool) -> None:
        super().__init__(str(error))
        self.reason = reason
        self.error = error
        self.temporary = temporary

    @property
    def detail(self) -> str:
        return detail_for_owner(self.reason, self)


def worth_calling_again(error: RawkError) -> bool:
    """Whether another call to OpenAI in the same invocation may succeed."""
    return isinstance(error, AIError) and error.worth_calling_again


def is_malformed(error: RawkError) -> bool:
    """Whether an analysis was charged for and is of no use."""
    return isinstance(error, AIBadAnalysis) and error.worth_retrying


def analysis_may_work_later(error: AIError, memory: Memory) -> bool:
    """False where the same transcript gives the same failure: operators fix quota and configuration.

    A malformed analysis may be well the next time, unless the one before was malformed, too, and it was tried
    `MALFORMED_TIMES` times in all.
    """
    if not isinstance(error, AIBadAnalysis):
        return True
    if not is_malformed(error):
        return False
    again = memory.failure_reason is FailureReason.ANALYSIS_MALFORMED
    return not (again and memory.analysis_attempts >= MALFORMED_TIMES - 1)


def requested_wait_seconds(error: RawkError) -> int:
    """Seconds to wait according to OpenAI's `Retry-After`, at most SQS's longest visibility timeout; 0 without one."""
    requested = error.retry_after_seconds if isinstance(error, AIRateLimited) else None
    return min(ceil(requested or 0), MAX_VISIBILITY_TIMEOUT_SECONDS)
