"""`Transcriber` and `Analyst` by the OpenAI SDK; OpenAI's failures become the errors of `rawk.domain.errors`.

Errors are classified by HTTP status, exception class and `code`, never by OpenAI's `type` alone (a 413 says
`server_error`). Error texts are our own: OpenAI's may contain parts of a key, and a validation error the transcript.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from string import punctuation
from typing import Literal
from urllib.parse import quote

import openai
from openai.types.audio import Transcription as OpenAITranscription
from pydantic import BaseModel

from rawk.adapters.openai.call_deadline import http_client, limit
from rawk.config import MAX_VISIBILITY_TIMEOUT_SECONDS
from rawk.domain.errors import (
    AIBadAnalysis,
    AIError,
    AIMisconfigured,
    AIQuotaExhausted,
    AIRateLimited,
    AIRejectedAudio,
    AITransient,
)
from rawk.domain.memory import Analysis, FailureReason
from rawk.log import log
from rawk.ports import AICall, Clock, Transcription

QUOTA_CODES = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
PASSING_STATUS = frozenset({408, 409})
REJECTING_STATUS = frozenset({400, 413, 415, 422})
"""Statuses that reject our content. Any other 4xx, or a broken redirect, means a wrong configuration."""

NOT_UNDERSTOOD = (ValueError, TypeError, AttributeError, KeyError, IndexError, RecursionError)
"""What the SDK raises, besides OpenAIError, when a 200 contains HTML, `{}` or broken JSON."""

INSTRUCTIONS = (
    "You are given the transcript of a voice recording. Answer with a short title, a summary of at most three "
    "sentences, the topics, the people mentioned, and the speaker's mood."
)


class _Analysis(BaseModel):
    """The schema that OpenAI's answer must follow."""

    title: str
    summary: str
    topics: list[str]
    people: list[str]
    mood: Literal["positive", "neutral", "negative", "mixed"]


def make_client(api_key: str, base_url: str | None, clock: Clock) -> openai.OpenAI:
    """One client for transcriptions and analyses; without the SDK's retries: `use_cases.retry_budget` retries."""
    for_tls = base_url is None or not base_url.startswith("http://")
    client = http_client(clock, for_tls=for_tls)
    return openai.OpenAI(api_key=api_key, base_url=base_url, max_retries=0, http_client=client)


class OpenAITranscriber:
    def __init__(self, client: openai.OpenAI, model: str, clock: Clock) -> None:
        self._client = client
        self._model = model
        self._clock = clock

    def transcribe(self, audio: bytes, file_name: str, call: AICall) -> Transcription:
        try:
            with limit(self._clock, call.timeout_seconds):
                answer = self._client.audio.transcriptions.create(
                    model=self._model,
                    # OpenAI derives the format from the file's name.
                    file=(file_name, audio),
                    response_format="json",
                    extra_headers=_headers(call),
                    timeout=call.timeout_seconds,
                )
            return Transcription(text=_text_of(answer), billed_seconds=_billed_seconds(answer))
        except openai.APIStatusError as error:
            raise _by_status(error, self._clock.now(), rejected=_rejected_audio(error)) from error
        except openai.APIConnectionError as error:
            raise AITransient(f"no answer from OpenAI ({type(error).__name__})") from error
        except (openai.OpenAIError, *NOT_UNDERSTOOD) as error:
            raise AITransient(f"OpenAI's answer is not a transcription ({type(error).__name__})") from error


class OpenAIAnalyst:
    def __init__(self, client: openai.OpenAI, model: str, clock: Clock) -> None:
        self._client = client
        self._model = model
        self._clock = clock

    def analyse(self, transcript: str, call: AICall) -> Analysis:
        try:
            with limit(self._clock, call.timeout_seconds):
                answer = self._client.chat.completions.parse(
                    model=self._model,
                    messages=[
                        {"role": "system", "content": INSTRUCTIONS},
                        {"role": "user", "content": transcript},
                    ],
                    response_format=_Analysis,
                    extra_headers=_headers(call),
                    timeout=call.timeout_seconds,
                )
            message = answer.choices[0].message
            return _usable(message.parsed, message.refusal)
        except openai.LengthFinishReasonError as error:
            raise AIBadAnalysis("the answer was cut off", reason=FailureReason.ANALYSIS_TRUNCATED) from error
        except openai.ContentFilterFinishReasonError as error:
            raise AIBadAnalysis("the content filter stopped it", reason=FailureReason.ANALYSIS_FILTERED) from error
        except openai.APIStatusError as error:
            raise _by_status(error, self._clock.now(), rejected=_rejected_analysis(error)) from error
        except openai.APIConnectionError as error:
            raise AITransient(f"no answer from OpenAI ({type(error).__name__})") from error
        except (openai.OpenAIError, *NOT_UNDERSTOOD) as error:
            raise AIBadAnalysis(f"the answer is not an analysis ({type(error).__name__})") from error


def _usable(parsed: _Analysis | None, refusal: str | None) -> Analysis:
    if refusal:
        raise AIBadAnalysis("the model refused", reason=FailureReason.ANALYSIS_REFUSED)
    if parsed is None:
        raise AIBadAnalysis("the answer has no analysis")
    return Analysis(
        title=parsed.title,
        summary=parsed.summary,
        topics=tuple(parsed.topics),
        people=tuple(parsed.people),
        mood=parsed.mood,
    )


def _headers(call: AICall) -> dict[str, str]:
    """OpenAI logs X-Client-Request-Id, so that a call can be found there by its memory.

    The correlation id came from a client: characters that no header may contain must not fail the recording.
    """
    correlation_id = quote(call.correlation_id, safe=punctuation, errors="replace")
    return {"X-Correlation-Id": correlation_id, "X-Client-Request-Id": call.memory_id}


def _text_of(answer: OpenAITranscription) -> str:
    if not isinstance(answer.text, str):
        raise TypeError("no text")
    # JSON can contain half a surrogate pair; a request for an analysis cannot.
    return answer.text.encode("utf-8", "replace").decode("utf-8")


def _billed_seconds(answer: OpenAITranscription) -> float:
    """Seconds of audio charged; 0 where the model is charged by tokens.

    An invalid figure counts as 0: the text is paid for, and to discard it would mean to pay twice.
    """
    seconds = getattr(answer.usage, "seconds", 0.0)
    fine = isinstance(seconds, int | float) and isfinite(seconds) and seconds > 0
    return float(seconds) if fine else 0.0


def _by_status(error: openai.APIStatusError, now: datetime, *, rejected: AIError) -> AIError:
    status, code = error.status_code, _code(error)
    what = f"OpenAI answered {status}" + (f" {code}" if code else "")
    if code in QUOTA_CODES:
        log.error("openai_quota_exhausted", code=code)  # an alarm counts these lines: an operator has to pay
        return AIQuotaExhausted(what)
    if status == 429 or status in PASSING_STATUS or status >= 500:
        asked_for = retry_after_seconds(error.response.headers, now)
        # OpenAI's 503 "slow down" has a Retry-After just as a 429 does.
        is_rate_limit = status == 429 or asked_for is not None
        return AIRateLimited(what, retry_after_seconds=asked_for) if is_rate_limit else AITransient(what)
    return rejected if status in REJECTING_STATUS else AIMisconfigured(what)


def _code(error: openai.APIStatusError) -> str | None:
    """OpenAI's code, if it has the form of one: users see it, and they must not see OpenAI's own texts."""
    code: object = error.code
    return code if isinstance(code, str) and re.fullmatch(r"[a-z_]{1,64}", code) else None


def _rejected_audio(error: openai.APIStatusError) -> AIError:
    reason = FailureReason.AUDIO_TOO_LARGE if error.status_code == 413 else FailureReason.AUDIO_UNREADABLE
    return AIRejectedAudio(f"OpenAI answered {error.status_code} to the audio", reason=reason)


def _rejected_analysis(error: openai.APIStatusError) -> AIError:
    match _code(error):
        case "content_filter" | "content_policy_violation":
            return AIBadAnalysis("the content filter stopped it", reason=FailureReason.ANALYSIS_FILTERED)
        case "context_length_exceeded":
            return AIBadAnalysis("the transcript is too long", reason=FailureReason.ANALYSIS_TRUNCATED)
        case _:
            return AIMisconfigured(f"OpenAI answered {error.status_code} to the analysis request")


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """`Retry-After-Ms`, or `Retry-After` in seconds or as a date (RFC 9110, 10.2.3); None if it is invalid.

    At most twelve hours, SQS's longest visibility timeout.
    """
    with suppress(ValueError, KeyError):
        return _sensible_wait(float(headers["retry-after-ms"]) / 1000)
    with suppress(ValueError, KeyError):
        return _sensible_wait(float(headers["retry-after"]))
    # A date without a time zone cannot be compared: TypeError.
    with suppress(ValueError, TypeError, KeyError):
        return _sensible_wait((parsedate_to_datetime(headers["retry-after"]) - now).total_seconds())
    return None


def _sensible_wait(seconds: float) -> float:
    if not isfinite(seconds):
        raise ValueError("endless")
    return min(max(seconds, 0.0), float(MAX_VISIBILITY_TIMEOUT_SECONDS))
