"""What an answer of OpenAI means for the recording: one error of `rawk.domain.errors` for each.

Statuses that are temporary, that reject us or that ask for payment decide by themselves, unless the words name the
quota or, below 500, the filter. A status that rejects a request's content (`CONTENT_STATUS`) says nothing, and its
words decide (`causes.py`).
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from math import isfinite

import httpx2

from rawk.adapters.openai import causes
from rawk.adapters.openai.causes import Cause
from rawk.adapters.openai.error_bodies import Statement, read_statement
from rawk.config import MAX_VISIBILITY_TIMEOUT_SECONDS
from rawk.domain.errors import (
    AIBadAnalysis,
    AIError,
    AIMisconfigured,
    AIQuotaExhausted,
    AIRateLimited,
    AIRejectedAudio,
    AITransient,
    AIUnexplained,
)
from rawk.domain.memory import FailureReason
from rawk.log import log

PASSING_STATUS = frozenset({408, 409})
CONTENT_STATUS = frozenset({400, 413, 415, 422})
"""Errors whose words decide, as do those of a 2xx that contains an error. Any other 4xx, and every redirect, means a
wrong configuration."""

UNSAID = (Cause.UNKNOWN, Cause.CONFIGURATION)
"""A 413 says by itself that the content is too large (RFC 9110, 15.5.14); proxies send it with any text."""

AUDIO_REASONS = {
    Cause.FILTERED: (FailureReason.AUDIO_FILTERED, "OpenAI's content filter refused the audio"),
    Cause.TOO_LONG: (FailureReason.AUDIO_TOO_LONG, "the audio is longer than OpenAI's model takes"),
    Cause.TOO_SHORT: (FailureReason.AUDIO_TOO_SHORT, "the audio is shorter than OpenAI's model takes"),
    Cause.TOO_LARGE: (FailureReason.AUDIO_TOO_LARGE, "the audio is larger than OpenAI takes"),
    Cause.UNREADABLE: (FailureReason.AUDIO_UNREADABLE, "OpenAI cannot read the audio"),
}
ANALYSIS_REASONS = {
    Cause.FILTERED: (FailureReason.ANALYSIS_FILTERED, "the content filter stopped it"),
    Cause.TOO_LONG: (FailureReason.ANALYSIS_TRUNCATED, "the transcript is too long for the model"),
}


def judge_transcription(answer: httpx2.Response, now: datetime) -> AIError:
    """What an answer without a transcript means. AIUnexplained if it does not say."""
    said = read_statement(answer.content)
    cause = _cause(answer.status_code, said, causes.of_transcription(said))
    if answer.status_code == 413 and cause in UNSAID:
        cause = Cause.TOO_LARGE
    if cause in AUDIO_REASONS:
        reason, what = AUDIO_REASONS[cause]
        detail = f"{what} ({_what(answer, said)})"
        return AIRejectedAudio(detail, reason=reason, should_retry=_should_retry(answer))
    return _by_cause(cause, answer, said, now)


def judge_analysis(answer: httpx2.Response, now: datetime) -> AIError:
    """What an answer without an analysis means. AIUnexplained if it does not say."""
    said = read_statement(answer.content)
    cause = _cause(answer.status_code, said, causes.of_analysis(said))
    if answer.status_code == 413 and cause in UNSAID:
        cause = Cause.TOO_LONG
    if cause in ANALYSIS_REASONS:
        reason, what = ANALYSIS_REASONS[cause]
        return AIBadAnalysis(what, reason=reason, should_retry=_should_retry(answer))
    return _by_cause(cause, answer, said, now)


def _cause(status: int, said: Statement, by_words: Cause) -> Cause:
    """The cause that the words name, as far as the status lets words decide."""
    if status == HTTPStatus.PAYMENT_REQUIRED:  # says by itself that credit is missing, whatever words come with it
        return Cause.QUOTA
    if status < 300 or status in CONTENT_STATUS or by_words is Cause.QUOTA:
        return by_words
    # With a 5xx it is the filter that failed (Azure's `content_filter_error`), not the content.
    if status < 500 and said.names_one_of(causes.FILTER_NAMES):
        return Cause.FILTERED
    return Cause.UNKNOWN if _is_temporary(status) else Cause.CONFIGURATION


def _by_cause(cause: Cause, answer: httpx2.Response, said: Statement, now: datetime) -> AIError:
    what, should_retry, status = _what(answer, said), _should_retry(answer), answer.status_code
    if cause is Cause.QUOTA:
        log.error("openai_quota_exhausted", code=_code(said))  # an alarm counts these lines: an operator has to pay
        return AIQuotaExhausted(what)
    if cause is Cause.CONFIGURATION:
        # An alarm counts these lines: an operator has to correct key, model, parameters or address.
        log.error("openai_misconfigured", status=status, code=_code(said), param=_param(said))
        return AIMisconfigured(what, should_retry=should_retry)
    if not _is_temporary(status):
        return AIUnexplained(what, should_retry=should_retry)
    asked_for = retry_after_seconds(answer.headers, now)
    # OpenAI's 503 "slow down" has a Retry-After just as a 429 does.
    if status == 429 or asked_for is not None:
        return AIRateLimited(what, retry_after_seconds=asked_for, should_retry=should_retry)
    return AITransient(what, should_retry=should_retry)


def _is_temporary(status: int) -> bool:
    return status == 429 or status in PASSING_STATUS or status >= 500


def _what(answer: httpx2.Response, said: Statement) -> str:
    code = _code(said)
    return f"OpenAI answered {answer.status_code}" + (f" {code}" if code else "")


def _code(said: Statement) -> str | None:
    """OpenAI's code, if it has the form of one: users see it, and they must not see OpenAI's own texts."""
    return next((code for code in said.written_codes if re.fullmatch(r"[a-z_]{1,64}", code)), None)


def _param(said: Statement) -> str | None:
    """The parameter that OpenAI names, if it has the form of one."""
    return next((param for param in sorted(said.params) if re.fullmatch(r"[a-z_.\[\]0-9]{1,64}", param)), None)


def _should_retry(answer: httpx2.Response) -> bool | None:
    """OpenAI's own word on a retry, as its SDK reads it (openai-python, `_base_client.py`, `_should_retry`)."""
    return {"true": True, "false": False}.get(answer.headers.get("x-should-retry", "").strip().lower())


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """`Retry-After-Ms`, or `Retry-After` in seconds or as a date (RFC 9110, 10.2.3); None if it is invalid.

    At most twelve hours, SQS's longest visibility timeout.
    """
    with suppress(ValueError, KeyError):
        return _sensible_wait(float(headers["retry-after-ms"]) / 1000)
    with suppress(ValueError, KeyError):
        return _sensible_wait(float(headers["retry-after"]))
    # A date without a time zone cannot be compared: TypeError. One that is out of a date's range: OverflowError.
    with suppress(ValueError, TypeError, KeyError, OverflowError):
        return _sensible_wait((parsedate_to_datetime(headers["retry-after"]) - now).total_seconds())
    return None


def _sensible_wait(seconds: float) -> float:
    if not isfinite(seconds):
        raise ValueError("endless")
    return min(max(seconds, 0.0), float(MAX_VISIBILITY_TIMEOUT_SECONDS))
