"""`Transcriber` and `Analyst` by the OpenAI SDK; OpenAI's failures become the errors of `rawk.domain.errors`.

`judgement.py` says what an answer means. Error texts are our own: OpenAI's may contain parts of a key, and a validation
error the transcript.
"""

import json
from string import punctuation
from typing import Any, Literal
from urllib.parse import quote

import httpx2
import openai
from pydantic import BaseModel

from rawk.adapters.openai.bounded_answers import AnswerBrokenOff, AnswerTooLarge
from rawk.adapters.openai.call_deadline import http_client, limit
from rawk.adapters.openai.error_bodies import contains_error
from rawk.adapters.openai.judgement import judge_analysis, judge_transcription
from rawk.domain.errors import AIBadAnalysis, AIMalformedTranscription, AITransient, AIUnexplained
from rawk.domain.memory import Analysis, FailureReason
from rawk.ports import AICall, Clock, Transcription

MOST_BILLED_SECONDS = 7 * 86_400.0
"""Of one file. It has 25 MB at most, which no codec fills with as much; JSON can contain numbers that no float can."""

NOT_UNDERSTOOD = (
    *(ValueError, TypeError, AttributeError, KeyError, IndexError, RecursionError),
    *(AnswerTooLarge, AnswerBrokenOff),
)
"""What is raised, besides OpenAIError, when a 200 is too large, breaks off or contains HTML, `{}` or broken JSON."""

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
                answer = self._client.audio.transcriptions.with_raw_response.create(
                    model=self._model,
                    # OpenAI derives the format from the file's name.
                    file=(file_name, audio),
                    response_format="json",
                    extra_headers=_headers(call),
                    timeout=call.timeout_seconds,
                )
        except openai.APIStatusError as error:
            raise judge_transcription(error.response, self._clock.now()) from error
        except openai.APIConnectionError as error:
            raise _lost(error) or AIMalformedTranscription("OpenAI's answer cannot be decompressed") from error
        except (openai.OpenAIError, *NOT_UNDERSTOOD) as error:
            raise AIMalformedTranscription(f"OpenAI's answer is no transcription ({type(error).__name__})") from error
        return self._read(answer.http_response)

    def _read(self, answer: httpx2.Response) -> Transcription:
        """The transcription in a 200, whatever content type it claims: it may be paid for."""
        try:
            body = json.loads(answer.content)
            return Transcription(text=_text_of(body), billed_seconds=_billed_seconds(body))
        except NOT_UNDERSTOOD as error:
            # A 200 that contains an error means what the error says.
            if contains_error(answer.content):
                judged = judge_transcription(answer, self._clock.now())
                if not isinstance(judged, AIUnexplained):
                    raise judged from error
            raise AIMalformedTranscription(f"OpenAI's answer is no transcription ({type(error).__name__})") from error


class OpenAIAnalyst:
    def __init__(self, client: openai.OpenAI, model: str, clock: Clock) -> None:
        self._client = client
        self._model = model
        self._clock = clock

    def analyse(self, transcript: str, call: AICall) -> Analysis:
        try:
            with limit(self._clock, call.timeout_seconds):
                answer = self._client.chat.completions.with_raw_response.parse(
                    model=self._model,
                    messages=[
                        {"role": "system", "content": INSTRUCTIONS},
                        {"role": "user", "content": transcript},
                    ],
                    response_format=_Analysis,
                    extra_headers=_headers(call),
                    timeout=call.timeout_seconds,
                )
        except openai.APIStatusError as error:
            raise judge_analysis(error.response, self._clock.now()) from error
        except openai.APIConnectionError as error:
            raise _lost(error) or AIBadAnalysis("the answer cannot be decompressed") from error
        except (openai.OpenAIError, *NOT_UNDERSTOOD) as error:
            raise AIBadAnalysis(f"the answer is no analysis ({type(error).__name__})") from error
        try:
            message = answer.parse().choices[0].message
            return _usable(message.parsed, message.refusal)
        except openai.LengthFinishReasonError as error:
            raise AIBadAnalysis("the answer was cut off", reason=FailureReason.ANALYSIS_TRUNCATED) from error
        except openai.ContentFilterFinishReasonError as error:
            raise AIBadAnalysis("the content filter stopped it", reason=FailureReason.ANALYSIS_FILTERED) from error
        except (openai.OpenAIError, *NOT_UNDERSTOOD) as error:
            if contains_error(answer.http_response.content):
                judged = judge_analysis(answer.http_response, self._clock.now())
                if not isinstance(judged, AIUnexplained):
                    raise judged from error
            raise AIBadAnalysis(f"the answer is no analysis ({type(error).__name__})") from error


def _lost(error: openai.APIConnectionError) -> AITransient | None:
    """The answer did not arrive; None if it did and cannot be decompressed."""
    if isinstance(error.__cause__, httpx2.DecodingError):
        return None
    return AITransient(f"no answer from OpenAI ({type(error).__name__})")


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


def _text_of(body: Any) -> str:
    text = body["text"]
    if not isinstance(text, str):
        raise TypeError("no text")
    # JSON can contain half a surrogate pair; a request for an analysis cannot.
    return text.encode("utf-8", "replace").decode("utf-8")


def _billed_seconds(body: dict[str, Any]) -> float:
    """Seconds of audio charged; 0 where the model is charged by tokens.

    An invalid figure counts as 0: the text is paid for, and to discard it would mean to pay twice.
    """
    usage = body.get("usage")
    seconds = usage.get("seconds") if isinstance(usage, dict) else None
    if isinstance(seconds, int | float) and seconds is not True and 0 < seconds <= MOST_BILLED_SECONDS:
        return float(seconds)
    return 0.0
