"""A call to OpenAI ends in its time, whatever the other side does: real sockets, real time, short limits."""

import time

import pytest

from rawk.adapters.openai.client import OpenAIAnalyst, OpenAITranscriber, make_client
from rawk.adapters.system import SystemClock
from rawk.domain.errors import AITransient
from rawk.ports import AICall
from tests.integration.adapters.openai import slow_servers
from tests.integration.adapters.openai.slow_servers import server, server_that_accepts_nobody

LIMIT_SECONDS = 0.5
CALL = AICall(memory_id="8c5f0a54-4a4f-4dbb-9a40-0c2f7a6b1c11", correlation_id="corr-1", timeout_seconds=LIMIT_SECONDS)
MUCH_SECONDS = 3.0
"""What a busy machine may add. Without the limit each of these calls takes longer by far."""


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


SLOW = [slow_servers.hangs, slow_servers.drips_headers, slow_servers.drips_body]


@pytest.mark.parametrize("ask", [transcribe, analyse], ids=["transcription", "analysis"])
@pytest.mark.parametrize("behaviour", SLOW, ids=lambda behaviour: behaviour.__name__)
def test_a_server_that_keeps_us_waiting_is_given_up_in_time(behaviour, ask):
    with server(behaviour) as base_url:
        started = time.monotonic()
        with pytest.raises(AITransient, match="APITimeoutError"):
            ask(base_url)

        assert LIMIT_SECONDS * 0.9 < time.monotonic() - started < LIMIT_SECONDS + MUCH_SECONDS


def test_a_slow_reader_does_not_hold_up_a_large_upload_for_ever():
    with server(slow_servers.reads_slowly) as base_url:
        started = time.monotonic()
        with pytest.raises(AITransient, match="APITimeoutError"):
            # At half a MiB a blink this would take over six seconds, with never a pause as long as the limit.
            transcribe(base_url, b"x" * 64 * 1024 * 1024)

        assert time.monotonic() - started < LIMIT_SECONDS + MUCH_SECONDS


def test_connecting_ends_in_time_too():
    with server_that_accepts_nobody() as base_url:
        started = time.monotonic()
        with pytest.raises(AITransient, match="APITimeoutError"):
            transcribe(base_url)

        assert LIMIT_SECONDS * 0.9 < time.monotonic() - started < LIMIT_SECONDS + MUCH_SECONDS


@pytest.mark.parametrize("behaviour", [slow_servers.resets, slow_servers.truncates], ids=["reset", "truncated"])
def test_a_broken_answer_is_worth_another_try(behaviour):
    with server(behaviour) as base_url, pytest.raises(AITransient, match="no answer from OpenAI"):
        transcribe(base_url)


def test_nobody_listening_is_worth_another_try():
    with server(slow_servers.hangs) as base_url:
        pass

    with pytest.raises(AITransient, match="no answer from OpenAI"):
        transcribe(base_url)


def test_an_answer_in_time_is_taken():
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
