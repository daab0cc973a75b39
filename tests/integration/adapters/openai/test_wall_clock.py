"""A call to OpenAI ends at its deadline, whatever the server does: real sockets, real time, short timeouts."""

import time

import pytest

from rawk.adapters.openai.client import OpenAIAnalyst, OpenAITranscriber, make_client
from rawk.adapters.system import SystemClock
from rawk.domain.errors import AIError, AIMalformedTranscription, AITransient
from rawk.ports import AICall
from tests.integration.adapters.openai import slow_servers
from tests.integration.adapters.openai.slow_servers import server, server_that_accepts_nobody

LIMIT_SECONDS = 0.5
CALL = AICall(memory_id="8c5f0a54-4a4f-4dbb-9a40-0c2f7a6b1c11", correlation_id="corr-1", timeout_seconds=LIMIT_SECONDS)
MUCH_SECONDS = 3.0
"""Extra time on a busy machine. Without the deadline each of these calls takes much longer."""


def transcribe(base_url: str, audio: bytes = b"audio", call: AICall = CALL) -> str:
    clock = SystemClock()
    client = make_client("sk-test", base_url, clock)
    try:
        return OpenAITranscriber(client, "gpt-transcribe", clock).transcribe(audio, "a.wav", call).text
    finally:
        client.close()


def analyse(base_url: str) -> object:
    clock = SystemClock()
    client = make_client("sk-test", base_url, clock)
    try:
        return OpenAIAnalyst(client, "gpt-small", clock).analyse("a transcript", CALL)
    finally:
        client.close()


SLOW = [
    (slow_servers.hangs, "APITimeoutError"),
    (slow_servers.drips_headers, "APITimeoutError"),
    (slow_servers.drips_body, "AnswerBrokenOff"),
    (slow_servers.drips_compressed_body, "AnswerBrokenOff"),
]


@pytest.mark.parametrize("ask", [transcribe, analyse], ids=["transcription", "analysis"])
@pytest.mark.parametrize(("behaviour", "named"), SLOW, ids=[behaviour.__name__ for behaviour, _ in SLOW])
def test_a_call_to_a_slow_server_times_out(behaviour, named, ask):
    with server(behaviour) as base_url:
        started = time.monotonic()
        with pytest.raises(AIError, match=named):
            ask(base_url)

        assert LIMIT_SECONDS * 0.9 < time.monotonic() - started < LIMIT_SECONDS + MUCH_SECONDS


def test_a_large_upload_to_a_slow_reader_times_out():
    with server(slow_servers.reads_slowly) as base_url:
        started = time.monotonic()
        with pytest.raises(AITransient, match="APITimeoutError"):
            # At half a MiB per pause this would take over six seconds, without any pause as long as the deadline.
            transcribe(base_url, b"x" * 64 * 1024 * 1024)

        assert time.monotonic() - started < LIMIT_SECONDS + MUCH_SECONDS


def test_connecting_times_out():
    with server_that_accepts_nobody() as base_url:
        started = time.monotonic()
        with pytest.raises(AITransient, match="APITimeoutError"):
            transcribe(base_url)

        assert LIMIT_SECONDS * 0.9 < time.monotonic() - started < LIMIT_SECONDS + MUCH_SECONDS


def test_a_response_that_never_begins_is_worth_another_try():
    with server(slow_servers.resets) as base_url, pytest.raises(AITransient, match="no answer from OpenAI"):
        transcribe(base_url)


def test_a_response_that_breaks_off_is_malformed():
    with server(slow_servers.truncates) as base_url, pytest.raises(AIMalformedTranscription, match="BrokenOff"):
        transcribe(base_url)


def test_a_refused_connection_is_worth_another_try():
    with server(slow_servers.hangs) as base_url:
        pass

    with pytest.raises(AITransient, match="no answer from OpenAI"):
        transcribe(base_url)


def test_a_response_in_time_is_accepted():
    with server(slow_servers.answers(b'{"text": "hello"}')) as base_url:
        generous = AICall(CALL.memory_id, CALL.correlation_id, timeout_seconds=30)

        assert transcribe(base_url, call=generous) == "hello"


def test_the_time_of_one_call_is_not_counted_against_the_next():
    clock = SystemClock()
    with server(slow_servers.hangs) as base_url:
        client = make_client("sk-test", base_url, clock)
        transcriber = OpenAITranscriber(client, "gpt-transcribe", clock)
        for _ in range(2):
            started = time.monotonic()
            with pytest.raises(AITransient, match="APITimeoutError"):
                transcriber.transcribe(b"audio", "a.wav", CALL)
            assert time.monotonic() - started > LIMIT_SECONDS * 0.9
        client.close()
