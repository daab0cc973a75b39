"""Answers that stream, as the real SDK reads them."""

import json

import httpx2
import openai
import pytest

from sim import faults, recordings
from tests.integration.openai_simulator.helpers import Analysis, client_of

MEMO = recordings.by_name("standup-notes")
MODEL = "gpt-5.4-mini"
MESSAGES = [{"role": "user", "content": MEMO.transcript}]


class World:
    def __init__(self, space):
        self.openai = space


def chat(client, **options):
    return list(client.chat.completions.create(**{"model": MODEL, "messages": MESSAGES, "stream": True, **options}))


def respond(client, **options):
    return list(client.responses.create(**{"model": MODEL, "input": MEMO.transcript, "stream": True, **options}))


def transcribe(client, **options):
    given = {"model": "gpt-transcribe", "file": (MEMO.file_name, MEMO.data), "stream": True, **options}
    return list(client.audio.transcriptions.create(**given))


def test_chat_in_chunks(client, space):
    whole = client.chat.completions.create(model=MODEL, messages=MESSAGES)

    chunks = chat(client)

    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks[-2:]] == [None, "stop"]
    assert {(chunk.object, chunk.model) for chunk in chunks} == {("chat.completion.chunk", MODEL)}
    assert len({chunk.id for chunk in chunks}) == 1
    assert all(chunk.usage is None for chunk in chunks)
    once, streamed = space.journal()
    assert streamed["billed_completion_tokens"] == once["billed_completion_tokens"] > 0


def test_usage_comes_last_when_it_is_asked_for(client):
    whole = client.chat.completions.create(model=MODEL, messages=MESSAGES)

    *chunks, last = chat(client, stream_options={"include_usage": True})

    assert (last.choices, last.usage) == ([], whole.usage)
    assert all("usage" in chunk.model_fields_set and chunk.usage is None for chunk in chunks)


def test_chunks_hide_their_length_unless_they_must_not(client):
    lengths = {len(chunk.choices[0].delta.content or "") + len(chunk.obfuscation) for chunk in chat(client)}

    assert lengths == {16}
    plain = chat(client, stream_options={"include_obfuscation": False})
    assert all(chunk.obfuscation is None for chunk in plain)


def test_every_choice_streams(client):
    chunks = chat(client, n=3)

    said = ["".join(c.delta.content or "" for chunk in chunks for c in chunk.choices if c.index == i) for i in range(3)]
    assert len(set(said)) == 1
    assert said[0]


def test_log_probabilities_stream(client):
    chunks = chat(client, model="gpt-4.1", logprobs=True, top_logprobs=2)

    with_tokens = [chunk.choices[0] for chunk in chunks if chunk.choices[0].delta.content]
    assert all(choice.logprobs.content[0].token == choice.delta.content for choice in with_tokens)
    assert {len(choice.logprobs.content[0].top_logprobs) for choice in with_tokens} == {2}


def test_a_structured_analysis_streams(client):
    with client.chat.completions.stream(model=MODEL, messages=MESSAGES, response_format=Analysis) as stream:
        final = stream.get_final_completion()

    assert final.choices[0].message.parsed.model_dump() == MEMO.analysis


def test_a_response_in_events(client, space):
    whole = client.responses.create(model=MODEL, input=MEMO.transcript)

    events = respond(client)

    types = [event.type for event in events]
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert "".join(deltas) == whole.output_text
    assert types[:4] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
    ]
    assert types[4 : 4 + len(deltas)] == ["response.output_text.delta"] * len(deltas)
    assert types[4 + len(deltas) :] == [
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert (events[0].response.status, events[0].response.output) == ("in_progress", [])
    assert events[-1].response.output_text == whole.output_text
    assert events[-1].response.usage == whole.usage
    assert [record["billed_completion_tokens"] for record in space.journal()] == [whole.usage.output_tokens] * 2


def test_a_structured_response_streams(client):
    with client.responses.stream(model=MODEL, input=MEMO.transcript, text_format=Analysis) as stream:
        final = stream.get_final_response()

    assert final.output_parsed.model_dump() == MEMO.analysis


def test_a_refused_response_streams(client, space):
    faults.openai.bad_analysis("refusal", endpoint="responses").start(World(space))

    events = respond(client)

    refused = "".join(event.delta for event in events if event.type == "response.refusal.delta")
    assert events[-1].response.output[0].content[0].refusal == refused
    assert refused.startswith("I'm sorry")


def test_a_refused_chat_streams(client, space):
    faults.openai.bad_analysis("refusal").start(World(space))

    chunks = chat(client)

    assert "".join(chunk.choices[0].delta.refusal or "" for chunk in chunks).startswith("I'm sorry")
    assert all(not chunk.choices[0].delta.content for chunk in chunks)


@pytest.mark.parametrize(("kind", "reason"), [("length", "max_output_tokens"), ("content_filter", "content_filter")])
def test_a_response_that_ends_too_early_is_incomplete(client, space, kind, reason):
    faults.openai.bad_analysis(kind, endpoint="responses").start(World(space))

    last = respond(client)[-1]

    assert (last.type, last.response.incomplete_details.reason) == ("response.incomplete", reason)


def test_an_input_that_is_too_long_ends_the_stream_of_a_response(client, space):
    with pytest.raises(openai.APIError, match="Your input exceeds the context window of this model") as failed:
        respond(client, model="gpt-4o", input="word " * 110_000)

    assert (failed.value.code, failed.value.param) == ("context_length_exceeded", "input")
    assert space.journal()[0]["billed_prompt_tokens"] == 0


@pytest.mark.parametrize("model", ["gpt-transcribe", "gpt-4o-transcribe", "gpt-4o-mini-transcribe"])
def test_a_transcription_in_events(client, space, model):
    *deltas, done = transcribe(client, model=model)

    assert {event.type for event in deltas} == {"transcript.text.delta"}
    assert "".join(event.delta for event in deltas) == done.text == MEMO.transcript
    assert done.type == "transcript.text.done"
    assert done.usage.total_tokens == done.usage.input_tokens + done.usage.output_tokens > 60
    assert (done.languages is not None) is (model == "gpt-transcribe")
    assert space.journal()[0]["billed_seconds"] == 6


def test_the_log_probabilities_of_a_transcription_stream(client):
    *deltas, done = transcribe(client, model="gpt-4o-transcribe", include=["logprobs"])

    assert [event.logprobs[0].token for event in deltas] == [event.delta for event in deltas]
    assert "".join(each.token for each in done.logprobs) == MEMO.transcript


def test_a_diarized_transcription_streams_segments(client):
    options = {"model": "gpt-4o-transcribe-diarize", "chunking_strategy": "auto", "response_format": "diarized_json"}

    *segments, done = transcribe(client, **options)

    assert {(event.type, event.speaker) for event in segments} == {("transcript.text.segment", "A")}
    assert " ".join(event.text for event in segments) == done.text == MEMO.transcript


def test_whisper_ignores_the_wish_to_stream(client):
    given = {"model": "whisper-1", "file": (MEMO.file_name, MEMO.data), "stream": True}

    answer = client.audio.transcriptions.with_raw_response.create(**given).http_response

    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.read())["text"] == MEMO.transcript


@pytest.mark.parametrize("ask", [chat, respond, transcribe], ids=["chat", "responses", "transcription"])
def test_an_error_before_the_stream_is_an_ordinary_error(client, space, ask):
    faults.openai.rate_limited().start(World(space))

    with pytest.raises(openai.RateLimitError):
        ask(client)


@pytest.mark.parametrize("ask", [chat, respond, transcribe], ids=["chat", "responses", "transcription"])
def test_a_stream_that_breaks_off_is_a_lost_connection(client, space, ask):
    faults.openai.truncated().start(World(space))

    with pytest.raises(openai.APIConnectionError):
        ask(client)


def test_a_stream_that_drips_is_whole(space):
    faults.openai.dripping(pause=0.01, piece_bytes=2_000).start(World(space))

    with client_of(space) as client:
        assert transcribe(client)[-1].text == MEMO.transcript


def test_a_stream_is_sent_in_chunks_and_the_connection_is_kept(space):
    headers = {"authorization": f"Bearer {space.api_key}"}
    body = {"model": MODEL, "messages": MESSAGES, "stream": True}
    with httpx2.Client(base_url=space.base_url, headers=headers) as client:
        answer = client.post("/chat/completions", json=body)
        again = client.get("/models")

    assert (answer.headers["transfer-encoding"], answer.headers.get("content-length")) == ("chunked", None)
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.text.endswith("data: [DONE]\n\n")
    assert again.status_code == 200


@pytest.mark.parametrize(
    ("ask", "options"),
    [
        (chat, {"stream_options": {"include_usage": True}}),
        (chat, {"model": "gpt-4.1", "logprobs": True, "top_logprobs": 3, "n": 2}),
        (respond, {}),
        (respond, {"model": "gpt-4.1", "include": ["message.output_text.logprobs"], "top_logprobs": 3}),
        (respond, {"max_output_tokens": 16, "reasoning": {"effort": "none"}, "service_tier": "flex"}),
        (transcribe, {}),
        (transcribe, {"model": "gpt-4o-transcribe", "include": ["logprobs"]}),
        (
            transcribe,
            {"model": "gpt-4o-transcribe-diarize", "chunking_strategy": "auto", "response_format": "diarized_json"},
        ),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_every_event_is_valid_for_the_sdk_s_types(space, ask, options):
    with client_of(space, _strict_response_validation=True) as strict:
        assert ask(strict, **options)


@pytest.mark.parametrize("kind", ["refusal", "content_filter", "length", "empty"])
@pytest.mark.parametrize(("ask", "endpoint"), [(chat, "chat"), (respond, "responses")])
def test_every_event_of_a_fault_is_valid_too(space, ask, endpoint, kind):
    faults.openai.bad_analysis(kind, endpoint=endpoint).start(World(space))

    with client_of(space, _strict_response_validation=True) as strict:
        assert ask(strict)
