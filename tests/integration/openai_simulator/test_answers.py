"""The real SDK gets correct answers, in the formats that it parses."""

import openai
import pytest

from sim import recordings
from tests.integration.openai_simulator.helpers import Analysis

EVERY = pytest.mark.parametrize("recording", recordings.all(), ids=lambda recording: recording.name)


def transcribe(client, audio, name="memo.wav", model="gpt-transcribe", **options):
    return client.audio.transcriptions.create(model=model, file=(name, audio), **options)


@EVERY
def test_every_recording_gets_its_own_transcript_back(client, space, recording):
    answer = transcribe(client, recording.data, recording.file_name, response_format="json")

    assert answer.text == recording.transcript
    assert (answer.usage.type, answer.usage.seconds) == ("duration", round(recording.duration_seconds))
    assert [language.code for language in answer.languages] == ["en"]
    (record,) = space.journal()
    assert (record["recording"], record["take"], record["audio_sha256"]) == (recording.name, None, recording.sha256)


@EVERY
def test_every_variant_gets_the_transcript_of_its_own_take(client, space, recording):
    answers = [
        transcribe(client, recordings.variant(recording, take), recording.file_name).text for take in (1, 22, 333)
    ]

    assert answers == [f"{recording.transcript} Take {take}." for take in (1, 22, 333)]
    assert [record["take"] for record in space.journal()] == [1, 22, 333]
    assert len({record["audio_sha256"] for record in space.journal()}) == 3


@EVERY
def test_a_transcript_gets_the_analysis_of_its_recording(client, recording):
    answer = client.chat.completions.parse(
        model="gpt-5.4-mini",
        messages=[
            {"role": "system", "content": "Analyse the transcript."},
            {"role": "user", "content": recording.transcript},
        ],
        response_format=Analysis,
    )

    assert answer.choices[0].message.parsed.model_dump() == recording.analysis
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 50


def test_the_transcript_of_an_unknown_recording_names_its_digest(client, space):
    soup = bytearray(recordings.by_name("standup-notes").data)
    soup[5000] ^= 1

    answer = transcribe(client, bytes(soup))

    assert answer.text == f"Unknown recording {space.journal()[0]['audio_sha256'][:16]}."
    assert answer.usage.seconds == 6


def test_a_transcription_as_plain_text(client):
    recording = recordings.by_name("bike-repair")

    assert transcribe(client, recording.data, "a.webm", response_format="text").strip() == recording.transcript


def test_a_verbose_transcription(client):
    recording = recordings.by_name("bike-repair")

    answer = transcribe(client, recording.data, "a.webm", model="whisper-1", response_format="verbose_json")

    assert (answer.text, answer.duration) == (recording.transcript, pytest.approx(recording.duration_seconds, abs=0.01))
    assert "".join(segment.text for segment in answer.segments) == f" {recording.transcript}"
    assert answer.segments[-1].end == pytest.approx(answer.duration, abs=0.01)
    with pytest.raises(openai.BadRequestError, match="response_format 'verbose_json' is not compatible"):
        transcribe(client, recording.data, "a.webm", response_format="verbose_json")


def test_a_body_of_the_maximum_size(client):
    recording = recordings.by_name("standup-notes")

    answer = transcribe(client, recordings.enlarged(recording, 26_200_000))

    assert answer.text == recording.transcript


def test_chat_without_a_schema(client):
    answer = client.chat.completions.create(model="gpt-5.4-mini", messages=[{"role": "user", "content": "It rains."}])

    assert answer.choices[0].message.content == "It rains."


def test_chat_stops_at_the_limit_it_was_given(client):
    answer = client.chat.completions.create(
        model="gpt-5.4-mini", messages=[{"role": "user", "content": "It rains. " * 9}], max_completion_tokens=2
    )

    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("It rains", "length")
    assert answer.usage.completion_tokens == 2


def test_responses(client, space):
    recording = recordings.by_name("flat-viewing")

    answer = client.responses.parse(model="gpt-5.4-mini", input=recording.transcript, text_format=Analysis)

    assert answer.output_parsed.model_dump() == recording.analysis
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens > 0
    assert space.journal()[0]["billed_completion_tokens"] == answer.usage.output_tokens


def test_models(client, space):
    assert "gpt-transcribe" in {model.id for model in client.models.list()}
    assert client.models.retrieve("gpt-5.4-mini").id == "gpt-5.4-mini"
    space.set_models(["gpt-transcribe"])
    assert [model.id for model in client.models.list()] == ["gpt-transcribe"]
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-5.4-mini")


def test_the_headers_that_openai_sends(client):
    headers = client.chat.completions.with_raw_response.create(
        model="gpt-5.4-mini", messages=[{"role": "user", "content": "Hello."}]
    ).headers

    assert headers["x-request-id"].startswith("req_")
    assert int(headers["openai-processing-ms"]) >= 1
    assert (headers["x-ratelimit-limit-requests"], headers["x-ratelimit-remaining-requests"]) == ("500", "499")
    assert headers["content-type"] == "application/json"


def test_a_connection_is_kept_for_many_requests(client, space):
    for number in range(20):
        client.chat.completions.create(
            model="gpt-5.4-mini", messages=[{"role": "user", "content": f"Number {number}."}]
        )

    assert [record["number"] for record in space.journal()] == list(range(1, 21))
