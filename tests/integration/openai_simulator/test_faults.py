"""Every fault causes the exception in the real SDK that OpenAI's own failure would cause."""

import json
import socket

import openai
import pydantic
import pytest

from sim import faults, recordings
from sim.openai_simulator.client import ControlError
from sim.openai_simulator.refusals import REFUSALS
from tests.integration.openai_simulator.helpers import Analysis, client_of, eventually, running_simulator

MEMO = recordings.by_name("standup-notes")
MODEL = "gpt-5.4-mini"


def transcribe(client):
    return client.audio.transcriptions.create(model="gpt-transcribe", file=(MEMO.file_name, MEMO.data))


def analyse(client):
    messages = [{"role": "user", "content": MEMO.transcript}]
    return client.chat.completions.parse(model=MODEL, messages=messages, response_format=Analysis)


def respond(client):
    return client.responses.parse(model=MODEL, input=MEMO.transcript, text_format=Analysis)


ENDPOINTS = {"transcription": transcribe, "chat": analyse, "responses": respond}


class World:
    def __init__(self, space):
        self.openai = space


@pytest.fixture
def broken(space):
    """Add a fault, and require that it was triggered."""
    active = []

    def put(fault):
        active.append(fault.start(World(space)))

    yield put
    for each in active:
        each.stop()
        assert each.times_triggered > 0


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(
    ("fault", "exception", "code"),
    [
        (faults.openai.down(), openai.InternalServerError, None),
        (faults.openai.errors(500), openai.InternalServerError, None),
        (faults.openai.errors(502), openai.InternalServerError, None),
        (faults.openai.errors(529), openai.InternalServerError, None),
        (faults.openai.errors(409), openai.ConflictError, None),
        (faults.openai.rate_limited(), openai.RateLimitError, "rate_limit_exceeded"),
        (faults.openai.quota_exhausted(), openai.RateLimitError, "insufficient_quota"),
        (faults.openai.wrong_key(), openai.AuthenticationError, "invalid_api_key"),
        (faults.openai.forbidden(), openai.PermissionDeniedError, "unsupported_country_region_territory"),
        (faults.openai.retired_model(), openai.NotFoundError, "model_not_found"),
        (faults.openai.html_page(502), openai.InternalServerError, None),
    ],
    ids=lambda value: value.describe() if isinstance(value, faults.openai.OpenAIFault) else "",
)
def test_an_error_status(client, space, broken, endpoint, fault, exception, code):
    broken(fault)

    with pytest.raises(exception) as failed:
        ENDPOINTS[endpoint](client)

    assert type(failed.value) is exception
    assert failed.value.code == code
    assert failed.value.request_id == space.journal()[0]["request_id"]
    assert (space.journal()[0]["effect"], space.journal()[0]["status_code"]) == (fault.kind, failed.value.status_code)


@pytest.mark.parametrize("why", REFUSALS)
def test_a_refusal_says_what_is_wrong(client, space, broken, why):
    refusal = REFUSALS[why]
    broken(faults.openai.refuses(why))

    with pytest.raises(openai.APIStatusError) as failed:
        ENDPOINTS[refusal.endpoints[0]](client)

    assert failed.value.status_code == refusal.status == space.journal()[0]["status_code"]
    said = failed.value.body["error"] if refusal.nested else failed.value.body
    assert (said["message"], said["code"], said["param"]) == (refusal.message, refusal.code, refusal.param)


@pytest.mark.parametrize(("retry", "header"), [(True, "true"), (False, "false")])
def test_advice_on_retries_is_a_header(client, broken, retry, header):
    broken(faults.openai.errors(503).advising(retry=retry))

    with pytest.raises(openai.InternalServerError) as failed:
        transcribe(client)

    assert failed.value.response.headers["x-should-retry"] == header


def test_who_follows_a_redirect_has_sent_the_audio_to_another_host(client, space, broken):
    """The SDK follows; httpx leaves out the key at another host, so that the answer there is 401."""
    broken(faults.openai.redirects().first(1))

    with pytest.raises(openai.AuthenticationError):
        transcribe(client)

    assert [(call["status_code"], call["recording"]) for call in space.journal()] == [
        (307, MEMO.name),
        (401, MEMO.name),
    ]


@pytest.mark.parametrize("fault", [faults.openai.oversized(2), faults.openai.decompression_bomb(2)])
def test_a_large_answer_is_whole(client, broken, fault):
    """Who reads it to its end has the whole text in memory."""
    broken(fault)

    assert len(transcribe(client).text) == 2 * 1024 * 1024


def test_errors_of_the_audio(client, broken):
    broken(faults.openai.unreadable_audio().first(1))
    broken(faults.openai.audio_too_large())

    with pytest.raises(openai.BadRequestError, match="corrupted or unsupported"):
        transcribe(client)
    with pytest.raises(openai.APIStatusError) as failed:
        transcribe(client)
    assert (failed.value.status_code, failed.value.type) == (413, "server_error")


@pytest.mark.parametrize(("given", "header"), [(None, None), (5, "5"), (0.5, "0.5"), (3600, "3600")])
def test_how_long_to_wait_after_a_rate_limit(client, broken, given, header):
    broken(faults.openai.rate_limited(retry_after_seconds=given))

    with pytest.raises(openai.RateLimitError) as failed:
        transcribe(client)

    assert failed.value.response.headers.get("retry-after") == header
    assert failed.value.response.headers["x-ratelimit-remaining-requests"] == "0"


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(
    "fault",
    [faults.openai.refused(), faults.openai.resets(), faults.openai.truncated()],
    ids=lambda fault: fault.kind,
)
def test_a_connection_that_ends(client, space, broken, endpoint, fault):
    broken(fault)

    with pytest.raises(openai.APIConnectionError) as failed:
        ENDPOINTS[endpoint](client)

    assert not isinstance(failed.value, openai.APITimeoutError)
    (record,) = space.journal()
    assert (record["outcome"], record["effect"]) == ("connection_closed", fault.kind)
    billed = record["billed_seconds"] + record["billed_completion_tokens"]
    assert (billed == 0) is (fault.kind == "refuse")


def test_a_refused_connection_with_a_large_body(client, broken):
    broken(faults.openai.refused())

    with pytest.raises(openai.APIConnectionError):
        client.audio.transcriptions.create(
            model="gpt-transcribe", file=("a.wav", recordings.enlarged(MEMO, 20_000_000))
        )


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(
    "fault",
    [faults.openai.hanging(), faults.openai.slow(60), faults.openai.dripping(pause=60)],
    ids=lambda fault: fault.kind,
)
def test_an_answer_that_takes_longer_than_the_client_waits(space, broken, endpoint, fault):
    broken(fault)

    with client_of(space, timeout=0.2) as client, pytest.raises(openai.APITimeoutError):
        ENDPOINTS[endpoint](client)

    assert eventually(lambda: space.journal()[0]["outcome"] == "client_disconnected")
    billed = space.journal()[0]["billed_seconds"] + space.journal()[0]["billed_completion_tokens"]
    assert (billed > 0) is (fault.kind == "drip")


def test_a_slow_answer_is_correct(client, broken):
    broken(faults.openai.slow(0.05))

    assert transcribe(client).text == MEMO.transcript


def test_a_dripping_answer_outlasts_a_time_limit_per_read(space, broken):
    broken(faults.openai.dripping(pause=0.04, piece_bytes=4))

    with client_of(space, timeout=1.5) as client:
        assert transcribe(client).text == MEMO.transcript
    assert space.journal()[0]["duration_seconds"] > 1.5


@pytest.mark.parametrize("endpoint", ["chat", "responses"])
@pytest.mark.parametrize(
    ("kind", "exception"),
    [("malformed", pydantic.ValidationError), ("schema_breaking", pydantic.ValidationError)],
)
def test_an_analysis_that_does_not_parse(client, broken, endpoint, kind, exception):
    broken(faults.openai.bad_analysis(kind, endpoint=endpoint))

    with pytest.raises(exception):
        ENDPOINTS[endpoint](client)


def test_an_analysis_cut_at_the_token_limit(client, space, broken):
    broken(faults.openai.bad_analysis("length"))

    with pytest.raises(openai.LengthFinishReasonError):
        analyse(client)
    assert space.journal()[0]["billed_completion_tokens"] > 0


def test_an_analysis_stopped_by_the_content_filter(client, broken):
    broken(faults.openai.bad_analysis("content_filter"))

    with pytest.raises(openai.ContentFilterFinishReasonError):
        analyse(client)


def test_a_refused_analysis(client, broken):
    broken(faults.openai.bad_analysis("refusal"))

    message = analyse(client).choices[0].message

    assert (message.parsed, message.content) == (None, None)
    assert message.refusal.startswith("I'm sorry")


def test_an_empty_analysis(client, broken):
    broken(faults.openai.bad_analysis("empty"))

    assert analyse(client).choices[0].message.parsed is None


@pytest.mark.parametrize("kind", ["html", "empty_object"])
def test_a_200_that_is_no_completion_escapes_the_sdk_s_own_errors(client, broken, kind):
    broken(faults.openai.bad_analysis(kind))

    with pytest.raises((AttributeError, TypeError)):
        analyse(client)


def test_faults_of_the_responses_endpoint(client, broken):
    broken(faults.openai.bad_analysis("refusal", endpoint="responses").first(1))
    broken(faults.openai.bad_analysis("content_filter", endpoint="responses"))

    (refused,) = respond(client).output[0].content
    create = client.responses.create(model=MODEL, input="Hello.")

    assert refused.type == "refusal"
    assert (create.status, create.incomplete_details.reason) == ("incomplete", "content_filter")


def test_silence(client, broken):
    broken(faults.openai.empty_transcript())

    assert transcribe(client).text == ""


def test_a_transcription_that_is_html_or_nothing(client, broken):
    broken(faults.openai.html_page().first(1))
    broken(faults.openai.empty_object())

    assert isinstance(transcribe(client), str)
    assert transcribe(client).text is None


def test_one_recording_only(client, broken):
    soup = recordings.by_name("lentil-soup")
    broken(faults.openai.down().for_recording(soup))

    assert transcribe(client).text == MEMO.transcript
    with pytest.raises(openai.InternalServerError):
        client.audio.transcriptions.create(model="gpt-transcribe", file=(soup.file_name, soup.data))


def test_one_memory_only(client, broken):
    broken(faults.openai.down().for_memory("m-2"))
    ours, other = ({"X-Client-Request-Id": memory_id} for memory_id in ("m-2", "m-1"))

    assert client.models.list(extra_headers=other).data
    with pytest.raises(openai.InternalServerError):
        client.models.list(extra_headers=ours)


def test_counts_of_calls_and_of_triggered_faults(client, space):
    fault_id = space.add_fault(faults.openai.errors(500).only_call(2).to_rule())
    outcomes = []
    for _ in range(3):
        try:
            outcomes.append(bool(client.models.list().data))
        except openai.InternalServerError:
            outcomes.append(False)

    assert outcomes == [True, False, True]
    assert (space.fault(fault_id)["calls"], space.fault(fault_id)["times_triggered"]) == (3, 1)
    assert [record["fault"] for record in space.journal()] == [None, fault_id, None]
    assert [rule["id"] for rule in space.faults()] == [fault_id]
    assert space.remove_fault(fault_id)["times_triggered"] == 1
    assert space.faults() == []


def test_a_bad_rule_is_refused_in_one_sentence(space):
    with pytest.raises(ControlError, match=r"effect has no kind 'explode'; the kinds are status, rate_limited"):
        space.add_fault({"effect": {"kind": "explode"}})
    with pytest.raises(ControlError, match="match has no field 'nth'"):
        space.add_fault({"match": {"nth": 1}, "effect": {"kind": "hang"}})


def test_a_window_follows_the_simulator_s_clock(own_simulator):
    space = own_simulator.server.space("window")
    faults.openai.down().during(60, after=3600).start(World(space))

    with client_of(space) as client:
        assert client.models.list().data
        own_simulator.server.set_clock(3600)
        with pytest.raises(openai.InternalServerError):
            client.models.list()
        own_simulator.server.set_clock(3661)
        assert client.models.list().data


def ask_over_tcp(space):
    """A connection with a request on it, at the TCP level, where a reset differs from an end."""
    port = int(space.server.url.rpartition(":")[2])
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    request = f"GET /{space.name}/v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {space.api_key}\r\n\r\n"
    connection.sendall(request.encode())
    return connection


@pytest.mark.parametrize("fault", [faults.openai.refused(), faults.openai.resets()], ids=lambda fault: fault.kind)
def test_a_reset_is_a_tcp_reset_and_not_a_mere_end(space, broken, fault):
    broken(fault)

    with ask_over_tcp(space) as connection, pytest.raises(ConnectionResetError):
        connection.recv(1)


def test_a_hanging_answer_ends_without_data_after_ten_minutes(own_simulator):
    server, space = own_simulator.server, own_simulator.server.space("hang")
    faults.openai.hanging().start(World(space))

    with ask_over_tcp(space) as connection:
        assert eventually(lambda: server.clock()["held"] == 1)
        server.set_clock(601)
        assert connection.recv(1) == b""
    assert space.journal()[0]["outcome"] == "connection_closed"


def test_shutdown_ends_answers_that_are_held(tmp_path):
    with running_simulator(tmp_path) as simulator:
        space = simulator.server.space("held")
        faults.openai.hanging().start(World(space))
        with ask_over_tcp(space) as connection:
            assert eventually(lambda: simulator.server.clock()["held"] == 1)
            simulator.process.terminate()
            assert connection.recv(1) == b""
            assert simulator.process.wait(5) == 0
    (record,) = [json.loads(line) for line in simulator.journal.read_text().splitlines()]
    assert record["outcome"] == "client_disconnected"
