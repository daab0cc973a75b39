"""Requests that OpenAI refuses without any fault, and the SDK's exceptions."""

import re

import httpx2
import openai
import pytest

from sim import recordings
from tests.integration.openai_simulator.helpers import client_of, peak_bytes

MEMO = recordings.by_name("standup-notes").data
MESSAGES = [{"role": "user", "content": "Hello."}]
FORM = {"headers": {"content-type": "multipart/form-data"}}


def transcribe(client, audio=MEMO, name="memo.wav", model="gpt-transcribe", **options):
    return client.audio.transcriptions.create(model=model, file=(name, audio), **options)


@pytest.mark.parametrize(
    ("audio", "name", "code"),
    [
        (b"", "memo.wav", "invalid_value"),
        (b"this is a letter, not a recording", "memo.wav", "invalid_value"),
        (MEMO[:100_000], "memo.wav", "invalid_value"),
        (recordings.by_name("balcony-garden").data[:20_000], "memo.m4a", "invalid_value"),
        (recordings.by_name("bike-repair").data[:110], "memo.webm", "invalid_value"),
        (MEMO, "memo.bin", "unsupported_value"),
        (MEMO, "memo", "unsupported_value"),
    ],
    ids=["empty", "letter", "cut wav", "cut m4a", "webm header", "extension", "no extension"],
)
def test_audio_that_cannot_be_read(client, space, audio, name, code):
    with pytest.raises(openai.BadRequestError) as refused:
        transcribe(client, audio, name)

    assert (refused.value.code, refused.value.type, refused.value.param) == (code, "invalid_request_error", "file")
    assert [(record["status_code"], record["billed_seconds"]) for record in space.journal()] == [(400, 0)]


def test_the_message_for_broken_audio(client):
    with pytest.raises(openai.BadRequestError, match="Audio file might be corrupted or unsupported"):
        transcribe(client, b"not audio")


def test_a_body_over_25_mib_form_included(client, space):
    audio = recordings.enlarged(recordings.by_name("standup-notes"), 26_214_400)

    with pytest.raises(openai.APIStatusError, match=r"Maximum content size limit \(26214400\) exceeded") as refused:
        transcribe(client, audio)

    assert (refused.value.status_code, refused.value.type) == (413, "server_error")
    assert space.journal()[0]["billed_seconds"] == 0


def test_a_body_far_over_the_limit_is_counted_but_not_stored(own_simulator):
    with client_of(own_simulator.server.space("large")) as client, pytest.raises(openai.APIStatusError) as refused:
        transcribe(client, bytes(90_000_000))

    assert refused.value.status_code == 413
    assert re.search(r"\(900\d{5} bytes read\)", str(refused.value))
    assert peak_bytes(own_simulator.pid) < 100_000_000


def test_a_wrong_key_is_masked(space):
    with client_of(space) as client, pytest.raises(openai.AuthenticationError) as refused:
        transcribe(client.with_options(api_key="sk-wrong-0123456789"))

    assert refused.value.code == "invalid_api_key"
    assert "sk-wrong*******6789" in str(refused.value)
    assert refused.value.response.headers["content-type"] == "text/plain; charset=utf-8"


def test_a_key_can_be_changed(client, space):
    old_key = space.api_key
    space.set_api_key("sk-sim-another-key")

    with pytest.raises(openai.AuthenticationError):
        client.models.list()
    assert client.with_options(api_key="sk-sim-another-key").models.list().data
    space.reset()
    assert space.api_key == old_key


@pytest.mark.parametrize("model", ["gpt-99", "gpt-5.4-mini"])
def test_a_model_that_cannot_transcribe(client, model):
    with pytest.raises(openai.NotFoundError) as refused:
        transcribe(client, model=model)

    assert refused.value.code == "model_not_found"


def test_a_model_that_cannot_chat(client):
    with pytest.raises(openai.NotFoundError, match="This is not a chat model and thus not supported") as refused:
        client.chat.completions.create(model="gpt-transcribe", messages=MESSAGES)

    assert (refused.value.code, refused.value.param) == (None, "model")


def test_a_model_that_cannot_respond(client):
    with pytest.raises(openai.NotFoundError, match="The model `whisper-1` does not exist or you do not have access"):
        client.responses.create(model="whisper-1", input="x")


@pytest.mark.parametrize(
    ("path", "given", "accepted"),
    [
        ("/chat/completions", "text/plain", "application/json"),
        ("/chat/completions", "application/x-www-form-urlencoded", "application/json"),
        ("/responses", "application/jsonl", "application/json"),
        ("/audio/transcriptions", "application/json", "multipart/form-data"),
        ("/audio/transcriptions", "", "multipart/form-data"),
    ],
)
def test_a_content_type_that_the_call_does_not_take(client, path, given, accepted):
    words = f"Unsupported content type: '{given}'. This API method only accepts '{accepted}' requests"
    with pytest.raises(openai.BadRequestError, match=words) as refused:
        client.post(path, cast_to=object, content=b"{}", options={"headers": {"content-type": given}})

    assert (refused.value.code, refused.value.param) == ("unsupported_content_type", None)


def test_a_content_type_with_a_charset(client):
    headers = {"content-type": "application/json; charset=utf-8"}

    client.chat.completions.create(model="gpt-5.4", messages=MESSAGES, extra_headers=headers)


@pytest.mark.parametrize("request_id", ["x" * 513, "\u00e4".encode("latin-1")])
def test_a_request_id_of_the_client_that_is_none(space, request_id):
    headers = {"authorization": f"Bearer {space.api_key}", "x-client-request-id": request_id}

    answer = httpx2.get(f"{space.base_url}/models", headers=headers)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "X-Client-Request-Id")


@pytest.mark.parametrize(
    ("options", "code", "param"),
    [
        ({"max_tokens": 5}, "unsupported_parameter", "max_tokens"),
        ({"temperature": 0.2}, "unsupported_value", "temperature"),
        ({"messages": []}, "empty_array", "messages"),
    ],
)
def test_options_that_the_model_does_not_take(client, options, code, param):
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(**{"model": "gpt-5.4-mini", "messages": MESSAGES, **options})

    assert (refused.value.code, refused.value.param) == (code, param)


def test_a_schema_that_is_not_strict(client):
    schema = {"name": "X", "strict": True, "schema": {"type": "object", "properties": {"a": {"type": "string"}}}}

    with pytest.raises(
        openai.BadRequestError, match="'additionalProperties' is required to be supplied and to be false"
    ):
        client.chat.completions.create(
            model="gpt-5.4-mini", messages=MESSAGES, response_format={"type": "json_schema", "json_schema": schema}
        )


def test_a_call_of_openai_s_that_is_not_offered_is_refused_by_its_name(client):
    with pytest.raises(openai.NotFoundError, match="The simulator does not offer POST /v1/embeddings") as failed:
        client.embeddings.create(model="x", input="y")

    assert failed.value.code == "unsupported_endpoint"
    for path in ("/responses/resp_1", "/chat/completions", "/models/gpt-4o/x", "/audio/speech", "/files"):
        with pytest.raises(openai.NotFoundError, match=f"The simulator does not offer DELETE /v1{path}"):
            client.delete(path, cast_to=object)


@pytest.mark.parametrize("path", ["/embedding", "/chats", "/", "/audio2/transcriptions"])
def test_an_unknown_address(client, path):
    with pytest.raises(openai.NotFoundError, match=rf"Invalid URL \(POST /[a-z0-9-]+/v1{path}\)"):
        client.post(path, cast_to=object)


def test_an_unknown_space(simulator):
    nobody = f"{simulator.server.url}/nobody/v1"
    with (
        openai.OpenAI(api_key="x", base_url=nobody) as client,
        pytest.raises(openai.NotFoundError, match="Invalid URL"),
    ):
        client.models.list()


@pytest.mark.parametrize("model", ["gpt-transcribe", "gpt-4o-transcribe", "gpt-4o-mini-transcribe"])
def test_audio_longer_than_the_model_takes_is_refused_in_openais_words(client, model):
    words = r"audio duration 1400\.\d+ seconds is longer than 1400 seconds which is the maximum for this model"

    with pytest.raises(openai.BadRequestError, match=words) as failed:
        client.audio.transcriptions.create(model=model, file=("long.mp3", recordings.long_silence(1_400.01)))

    assert (failed.value.code, failed.value.param) == ("invalid_value", None)


@pytest.mark.parametrize(("model", "duration_seconds"), [("gpt-transcribe", 1_399.9), ("whisper-1", 3_600)])
def test_audio_as_long_as_the_model_takes_is_transcribed(client, space, model, duration_seconds):
    client.audio.transcriptions.create(model=model, file=("long.mp3", recordings.long_silence(duration_seconds)))

    assert space.journal()[0]["billed_seconds"] == round(duration_seconds)


@pytest.mark.parametrize(
    ("options", "code", "param"),
    [
        ({"extra_body": {"speed": 2}}, "unknown_parameter", "speed"),
        ({"extra_body": {"timestamp_granularities": "word"}}, "invalid_type", "timestamp_granularities"),
        ({"known_speaker_names": ["agent"]}, "unsupported_parameter", "known_speaker_names"),
        ({"known_speaker_references": ["data:,"]}, "unsupported_parameter", "known_speaker_references"),
        ({"language": "de"}, "unsupported_parameter", "language"),
        ({"language": "english"}, "unsupported_parameter", "language"),
        ({"languages": ["english"]}, "invalid_value", "languages[0]"),
        ({"languages": ["de", "fr"]}, "unsupported_parameter", "languages"),
        ({"temperature": 1.1}, "decimal_above_max_value", "temperature"),
        ({"temperature": -0.1}, "decimal_below_min_value", "temperature"),
        ({"temperature": "nan"}, "invalid_type", "temperature"),
        ({"temperature": "warm"}, "invalid_type", "temperature"),
        ({"extra_body": {"stream": "perhaps"}}, "invalid_type", "stream"),
        ({"response_format": "xml"}, "invalid_value", "response_format"),
        ({"response_format": "srt"}, "unsupported_value", "response_format"),
        ({"response_format": "diarized_json"}, "unsupported_value", "response_format"),
        ({"response_format": "text", "stream": True}, "unsupported_value", "response_format"),
        ({"chunking_strategy": "manual"}, "invalid_value", "chunking_strategy"),
        ({"chunking_strategy": {"type": "client_vad"}}, "invalid_value", "chunking_strategy.type"),
        (
            {"chunking_strategy": {"type": "server_vad", "threshold": 2}},
            "decimal_above_max_value",
            "chunking_strategy.threshold",
        ),
        ({"chunking_strategy": {"type": "server_vad", "speed": 2}}, "unknown_parameter", "chunking_strategy.speed"),
        ({"chunking_strategy": {"threshold": 0.5}}, "missing_required_parameter", "chunking_strategy.type"),
        ({"include": ["words"]}, "invalid_value", "include[0]"),
        ({"include": ["logprobs"]}, "unsupported_parameter", "include"),
        ({"timestamp_granularities": ["word"]}, "unsupported_parameter", "timestamp_granularities"),
        ({"timestamp_granularities": ["hour"]}, "invalid_value", "timestamp_granularities[0]"),
        ({"model": "whisper-1", "timestamp_granularities": ["word"]}, "invalid_value", "timestamp_granularities"),
        ({"model": "whisper-1", "include": ["logprobs"]}, "unsupported_parameter", "include"),
        ({"model": "whisper-1", "keywords": ["RAWK"]}, "unsupported_parameter", "keywords"),
        ({"model": "whisper-1", "languages": ["en"]}, "unsupported_parameter", "languages"),
        (
            {"model": "gpt-4o-transcribe", "include": ["logprobs"], "response_format": "text"},
            "unsupported_parameter",
            "include",
        ),
        ({"model": "gpt-4o-transcribe", "response_format": "verbose_json"}, "unsupported_value", "response_format"),
        ({"model": "gpt-4o-transcribe", "keywords": ["RAWK"]}, "unsupported_parameter", "keywords"),
        ({"model": "gpt-4o-transcribe-diarize"}, "invalid_value", "chunking_strategy"),
        (
            {"model": "gpt-4o-transcribe-diarize", "chunking_strategy": "auto", "prompt": "Notes."},
            "unsupported_parameter",
            "prompt",
        ),
        (
            {"model": "gpt-4o-transcribe-diarize", "chunking_strategy": "auto", "include": ["logprobs"]},
            "unsupported_parameter",
            "include",
        ),
    ],
    ids=str,
)
def test_a_transcription_is_refused_by_the_parameter_s_name(client, space, options, code, param):
    with pytest.raises(openai.BadRequestError) as failed:
        transcribe(client, **options)

    assert (failed.value.code, failed.value.param) == (code, param)
    assert space.journal()[0]["billed_seconds"] == 0


@pytest.mark.parametrize(
    "options",
    [
        {"language": "en", "prompt": "Notes.", "temperature": 0, "stream": False},
        {"keywords": ["RAWK"], "languages": ["en", "de"], "chunking_strategy": "auto"},
        {"chunking_strategy": {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300}},
        {"model": "whisper-1", "temperature": 1.0, "response_format": "json"},
        {"model": "gpt-4o-mini-transcribe-2025-12-15", "include": ["logprobs"]},
    ],
    ids=str,
)
def test_parameters_that_the_model_takes(client, options):
    assert transcribe(client, **options).text == recordings.by_name("standup-notes").transcript


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ([("model", "gpt-transcribe"), ("model", "whisper-1")], "model"),
        (
            [("model", "gpt-transcribe"), ("chunking_strategy", "auto"), ("chunking_strategy[type]", "x")],
            "chunking_strategy",
        ),
    ],
)
def test_a_field_that_comes_twice_is_refused(client, form, param):
    files = [("file", ("memo.wav", MEMO)), *((name, (None, value)) for name, value in form)]

    with pytest.raises(openai.BadRequestError) as failed:
        client.post("/audio/transcriptions", cast_to=object, files=files, options=FORM)

    assert (failed.value.code, failed.value.param) == ("invalid_value", param)


@pytest.mark.parametrize(
    ("names", "param"), [(("file", "file"), "file"), (("file", "mask"), "mask"), (("mask",), "mask")]
)
def test_files_other_than_the_one_are_refused(client, names, param):
    files = [(name, ("memo.wav", MEMO)) for name in names]

    with pytest.raises(openai.BadRequestError) as failed:
        client.post("/audio/transcriptions", cast_to=object, files=files, options=FORM)

    assert failed.value.param == param


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"model": NaN}',
        b'{"model": "gpt-4o", "messages": [{"role": "user", "content": "\\ud83d"}]}',
        b'{"model": "\xff"}',
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)
def test_a_body_that_is_no_json_object_is_refused(client, space, body):
    headers = {"content-type": "application/json"}
    with pytest.raises(openai.BadRequestError, match="We could not parse the JSON body of your request"):
        client.post("/chat/completions", cast_to=object, content=body, options={"headers": headers})

    assert space.journal()[0]["outcome"] == "answered"
