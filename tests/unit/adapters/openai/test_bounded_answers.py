"""No answer fills a worker's memory, compressed or not, and an answer that cannot be read is malformed."""

import gzip
import json
import tracemalloc
import zlib

import httpx2
import openai
import pytest

from rawk.adapters.openai.bounded_answers import MOST_ANSWER_BYTES, BoundedClient
from rawk.adapters.openai.client import OpenAIAnalyst, OpenAITranscriber
from rawk.domain.errors import AIBadAnalysis, AIMalformedTranscription, AIMisconfigured, AITransient
from tests.unit.adapters.openai.responses import ANALYSIS, BASE_URL, CALL, KEY, completion

FITTING = {
    "transcription": json.dumps({"text": "hello"}).encode(),
    "analysis": completion(json.dumps(ANALYSIS)).content,
}
MALFORMED = {"transcription": AIMalformedTranscription, "analysis": AIBadAnalysis}
BOMB = gzip.compress(b'{"text": "' + b"a" * 16 * MOST_ANSWER_BYTES + b'"}', 1)
"""A transcript of 64 MiB in about 300 kB."""


@pytest.fixture(params=list(FITTING))
def endpoint(request):
    return request.param


@pytest.fixture
def ask(clock, endpoint):
    """Make a call that OpenAI answers with this body."""

    def ask(body: bytes, coding: str | None = None, status: int = 200):
        headers = {"content-type": "application/json"} | ({"content-encoding": coding} if coding else {})

        def answer(_: httpx2.Request) -> httpx2.Response:
            return httpx2.Response(status, headers=headers, stream=httpx2.ByteStream(body))

        http_client = BoundedClient(transport=httpx2.MockTransport(answer))
        client = openai.OpenAI(api_key=KEY, base_url=BASE_URL, max_retries=0, http_client=http_client)
        if endpoint == "transcription":
            return OpenAITranscriber(client, "gpt-transcribe", clock).transcribe(b"RIFF....WAVE", "a.wav", CALL)
        return OpenAIAnalyst(client, "gpt-small", clock).analyse("a transcript", CALL)

    return ask


@pytest.mark.parametrize(("coding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_compressed_answer_is_read(ask, endpoint, coding, compress):
    assert ask(compress(FITTING[endpoint]), coding)


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        pytest.param(b'{"text": "' + b"a" * MOST_ANSWER_BYTES + b'"}', None, id="plain"),
        pytest.param(BOMB, "gzip", id="gzip"),
        pytest.param(gzip.compress(BOMB), "gzip, gzip", id="gzip twice"),
        pytest.param(zlib.compress(b"[" * 16 * MOST_ANSWER_BYTES, 1), "deflate", id="deflate"),
        pytest.param(b"\x8b\xff" * 1000, "br", id="a coding that is not installed"),
        pytest.param(b"no gzip", "gzip", id="no gzip"),
        pytest.param(gzip.compress(b'{"text": "hello"}')[:-12], "gzip", id="cut gzip"),
    ],
)
def test_an_answer_that_is_too_long_or_not_readable_is_malformed(ask, endpoint, body, coding):
    with pytest.raises(MALFORMED[endpoint]):
        ask(body, coding)


def test_a_bomb_is_never_held_whole(ask, endpoint):
    tracemalloc.start()
    try:
        with pytest.raises(MALFORMED[endpoint]):
            ask(BOMB, "gzip")
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak_bytes < 6 * MOST_ANSWER_BYTES


@pytest.mark.parametrize(("more", "fits"), [(0, True), (1, False)])
def test_the_bound_is_exact(ask, endpoint, more, fits):
    body = FITTING[endpoint]
    body += b" " * (MOST_ANSWER_BYTES - len(body) + more)

    if fits:
        assert ask(body)
    else:
        with pytest.raises(MALFORMED[endpoint]):
            ask(body)


@pytest.mark.parametrize(("status", "kind"), [(503, AITransient), (401, AIMisconfigured)])
def test_an_endless_error_is_judged_by_its_status(ask, status, kind):
    with pytest.raises(kind):
        ask(BOMB, "gzip", status)
