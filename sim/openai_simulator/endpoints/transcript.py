"""A transcription in each of OpenAI's formats: https://platform.openai.com/docs/api-reference/audio."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sim.openai_simulator.endpoints import speech, tokens
from sim.openai_simulator.endpoints.event_stream import event_stream
from sim.openai_simulator.endpoints.models import Hearing
from sim.openai_simulator.http.server import Answer

AUDIO_TOKENS_PER_SECOND = 10
SPEAKER = "A"
"""Every recording has one speaker."""
PLAIN = {"content-type": "text/plain; charset=utf-8"}


@dataclass(frozen=True)
class Transcript:
    """The words of a file, its length, and what the request asks about them."""

    text: str
    duration_seconds: float
    hearing: Hearing
    body: Mapping[str, Any]

    @property
    def asks_for_logprobs(self) -> bool:
        return "logprobs" in self.body.get("include", [])


def billed_seconds(duration_seconds: float) -> float:
    """OpenAI bills whole seconds, at least one."""
    return float(max(1, round(duration_seconds)))


def render(heard: Transcript) -> Answer:
    """The answer, whole or as a stream; Whisper does not stream, and ignores the wish."""
    if heard.body.get("stream") and heard.hearing.streams:
        return event_stream(_events(heard))
    sentences = speech.sentences(heard.text, heard.duration_seconds)
    match heard.body.get("response_format", "json"):
        case "text":
            return Answer(200, (heard.text + "\n").encode(), PLAIN)
        case "srt":
            return Answer(200, speech.srt(sentences).encode(), PLAIN)
        case "vtt":
            return Answer(200, speech.vtt(sentences).encode(), PLAIN)
        case "verbose_json":
            return Answer.of_json(200, _verbose(heard))
        case "diarized_json":
            whole = {"task": "transcribe", "duration": heard.duration_seconds, "text": heard.text}
            return Answer.of_json(200, {**whole, "segments": _diarized(heard), "usage": _usage(heard)})
    return Answer.of_json(200, {"text": heard.text, **_beside_the_text(heard), "usage": _usage(heard)})


def _beside_the_text(heard: Transcript) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if heard.hearing.detects_languages:
        found["languages"] = [{"code": "en"}] if heard.text else []
    if heard.asks_for_logprobs:
        found["logprobs"] = [_logprob(token) for token in tokens.tokens_of(heard.text)]
    return found


def _verbose(heard: Transcript) -> dict[str, Any]:
    wanted = heard.body.get("timestamp_granularities", ["segment"])
    found: dict[str, Any] = {
        "task": "transcribe",
        "language": "english",
        "duration": heard.duration_seconds,
        "text": heard.text,
    }
    if "word" in wanted:
        spoken = speech.words(heard.text, heard.duration_seconds)
        found["words"] = [{"word": each.text, **_times(each)} for each in spoken]
    if "segment" in wanted or not wanted:
        temperature = heard.body.get("temperature", 0.0)
        scores = {"temperature": temperature, "avg_logprob": -0.2, "compression_ratio": 1.1, "no_speech_prob": 0.01}
        sentences = speech.sentences(heard.text, heard.duration_seconds)
        found["segments"] = [
            {"id": number, "seek": 0, **_times(each), "text": f" {each.text}", "tokens": [], **scores}
            for number, each in enumerate(sentences)
        ]
    return {**found, "usage": _usage(heard)}


def _diarized(heard: Transcript) -> list[dict[str, Any]]:
    return [
        {
            "type": "transcript.text.segment",
            "id": f"seg_{number}",
            "speaker": SPEAKER,
            "text": each.text,
            **_times(each),
        }
        for number, each in enumerate(speech.sentences(heard.text, heard.duration_seconds))
    ]


def _times(spoken: speech.Spoken) -> dict[str, float]:
    return {"start": spoken.start_seconds, "end": spoken.end_seconds}


def _events(heard: Transcript) -> list[dict[str, Any]]:
    if heard.body.get("response_format") == "diarized_json":
        events: list[dict[str, Any]] = _diarized(heard)
    else:
        events = [{"type": "transcript.text.delta", "delta": token} for token in tokens.tokens_of(heard.text)]
        if heard.asks_for_logprobs:
            events = [{**event, "logprobs": [_logprob(event["delta"])]} for event in events]
    done = {"type": "transcript.text.done", "text": heard.text, **_beside_the_text(heard)}
    return [*events, {**done, "usage": _token_usage(heard)}]


def _usage(heard: Transcript) -> dict[str, Any]:
    if heard.hearing.billed_by_tokens:
        return _token_usage(heard)
    return {"type": "duration", "seconds": int(billed_seconds(heard.duration_seconds))}


def _token_usage(heard: Transcript) -> dict[str, Any]:
    audio = round(billed_seconds(heard.duration_seconds) * AUDIO_TOKENS_PER_SECOND)
    text, said = tokens.count(heard.body.get("prompt", "")), tokens.count(heard.text)
    return {
        "type": "tokens",
        "input_tokens": audio + text,
        "input_token_details": {"text_tokens": text, "audio_tokens": audio},
        "output_tokens": said,
        "total_tokens": audio + text + said,
    }


def _logprob(token: str) -> dict[str, Any]:
    return {"token": token, "logprob": tokens.LOGPROB, "bytes": list(token.encode())}
