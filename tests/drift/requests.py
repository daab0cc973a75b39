"""The requests of the drift test: answers in every format, refusals of every kind; each costs a fraction of a cent."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx2
import openai

from sim import recordings

MEMO = recordings.by_name("standup-notes")
SENTENCE = "It rains. Bring a coat."
MESSAGES = [{"role": "user", "content": SENTENCE}]
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["title", "topics"],
    "properties": {"title": {"type": "string"}, "topics": {"type": "array", "items": {"type": "string"}}},
}
FORMAT = {"type": "json_schema", "json_schema": {"name": "Analysis", "strict": True, "schema": SCHEMA}}
LOOSE = {"type": "json_schema", "json_schema": {"name": "X", "strict": True, "schema": {"type": "object"}}}
Ask = Callable[[openai.OpenAI], httpx2.Response]


def _post(path: str, body: Mapping[str, Any]) -> Ask:
    return lambda client: client.post(path, cast_to=httpx2.Response, body=dict(body))


def chat(**options: Any) -> Ask:
    return _post("/chat/completions", {"model": "gpt-4.1-mini", "messages": MESSAGES, **options})


def respond(**options: Any) -> Ask:
    return _post("/responses", {"model": "gpt-4.1-mini", "input": SENTENCE, "max_output_tokens": 64, **options})


def transcribe(**options: Any) -> Ask:
    def ask(client: openai.OpenAI) -> httpx2.Response:
        given = {"model": "whisper-1", "file": (MEMO.file_name, MEMO.data), **options}
        return client.audio.transcriptions.with_raw_response.create(**given).http_response

    return ask


ANSWERS: Mapping[str, Ask] = {
    "chat": chat(),
    "chat, two choices with log probabilities": chat(n=2, logprobs=True, top_logprobs=2, max_completion_tokens=9),
    "chat, structured": chat(response_format=FORMAT),
    "chat, reasoning": chat(model="gpt-5.4-mini"),
    "chat, streaming": chat(stream=True, stream_options={"include_usage": True}),
    "response": respond(),
    "response, log probabilities": respond(include=["message.output_text.logprobs"], top_logprobs=2),
    "response, cut": respond(input="Count to a hundred, in words.", max_output_tokens=16),
    "response, streaming": respond(stream=True),
    "transcription": transcribe(),
    "transcription, gpt-transcribe": transcribe(model="gpt-transcribe"),
    "transcription, log probabilities": transcribe(model="gpt-4o-mini-transcribe", include=["logprobs"]),
    "transcription, verbose": transcribe(response_format="verbose_json", timestamp_granularities=["word", "segment"]),
    "model": lambda client: client.get("/models/gpt-4.1-mini", cast_to=httpx2.Response),
}

REFUSALS: Mapping[str, Ask] = {
    "chat, unknown parameter": chat(thinking=True),
    "chat, temperature": chat(temperature=2.5),
    "chat, type": chat(temperature="hot"),
    "chat, choices": chat(n=0),
    "chat, role": chat(messages=[{"role": "operator", "content": "x"}]),
    "chat, no content": chat(messages=[{"role": "user"}]),
    "chat, no messages": chat(messages=[]),
    "chat, model": chat(model="gpt-99"),
    "chat, schema": chat(response_format=LOOSE),
    "chat, no JSON": chat(response_format={"type": "json_object"}),
    "chat, stream options": chat(stream_options={"include_usage": True}),
    "chat, metadata": chat(metadata={"a": "b"}),
    "chat, tokens": chat(max_tokens=40_000),
    "chat, old limit": chat(model="gpt-5.4-mini", max_tokens=5),
    "chat, stop": chat(model="gpt-5.4-mini", stop="."),
    "chat, five stops": chat(stop=["a", "b", "c", "d", "e"]),
    "response, unknown parameter": respond(thinking=True),
    "response, tokens": respond(max_output_tokens=15),
    "response, effort": respond(reasoning={"effort": "low"}),
    "response, verbosity": respond(text={"verbosity": "low"}),
    "response, no input": respond(input=None),
    "transcription, format": transcribe(response_format="xml"),
    "transcription, format of the model": transcribe(model="gpt-4o-mini-transcribe", response_format="srt"),
    "transcription, granularity": transcribe(timestamp_granularities=["word"]),
    "transcription, model": transcribe(model="whisper-9"),
    "transcription, not audio": transcribe(file=("memo.wav", b"not audio")),
}
