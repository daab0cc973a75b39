"""No answer fills a worker's memory, compressed or not, and an answer that cannot be read is malformed."""

import gzip
import json
import tracemalloc
import zlib

import httpx2
import openai
import pytest

from rawk.adapters.openai.bounded_answers import MOST_ANSWER_BYTES, AnswerTooLarge, BoundedClient
from rawk.adapters.openai.client import OpenAIAnalyst, OpenAITranscriber
from rawk.domain.errors import AIBadAnalysis, AIMalformedTranscription, AIMisconfigured, AITransient, AIUnexplained
from tests.unit.adapters.openai.responses import ANALYSIS, BASE_URL, CALL, KEY, completion

FITTING = {
    "transcription": json.dumps({"text": "hello"}).encode(),
    "analysis": completion(json.dumps(ANALYSIS)).content,
}
MALFORMED = {"transcription": AIMalformedTranscription, "analysis": AIBadAnalysis}
BOMB = gzip.compress(b'{"text": "' + b"a" * 16 * MOST_ANSWER_BYTES + b'"}', 1)
"""A transcript of 64 MiB in about 300 kB."""


def call(clock, endpoint, answer):
    """Make a call to this endpoint; the function `answer` is OpenAI."""
    http_client = BoundedClient(transport=httpx2.MockTransport(answer))
    client = openai.OpenAI(api_key=KEY, base_url=BASE_URL, max_retries=0, http_client=http_client)
    if endpoint == "transcription":
        return OpenAITranscriber(client, "gpt-transcribe", clock).transcribe(b"RIFF....WAVE", "a.wav", CALL)
    return OpenAIAnalyst(client, "gpt-small", clock).analyse("a transcript", CALL)


@pytest.fixture(params=list(FITTING))
def endpoint(request):
    return request.param


@pytest.fixture
def ask(clock, endpoint):
    """Make a call that OpenAI answers with this body."""

    def ask(body: bytes, coding: str | None = None, status: int = 200):
        headers = {"content-type": "application/json"} | ({"content-encoding": coding} if coding else {})
        return call(clock, endpoint, lambda _: httpx2.Response(status, headers=headers, stream=httpx2.ByteStream(body)))

    return ask


@pytest.fixture
def ask_stream(clock, endpoint):
    """Make a call that OpenAI answers with this stream as its body."""

    def ask(stream: httpx2.SyncByteStream, status: int = 200):
        headers = {"content-type": "application/json"}
        return call(clock, endpoint, lambda _: httpx2.Response(status, headers=headers, stream=stream))

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


def test_an_answer_that_cannot_be_decompressed_is_named_so(ask, endpoint):
    says = {
        "transcription": "OpenAI's answer cannot be decompressed",
        "analysis": "the answer cannot be decompressed",
    }
    with pytest.raises(MALFORMED[endpoint]) as caught:
        ask(b"no gzip", "gzip")

    assert str(caught.value) == says[endpoint]


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


class BrokenBody(httpx2.SyncByteStream):
    """A body that ends in the middle, as the network makes it end."""

    def __init__(self, body: bytes, error: httpx2.TransportError) -> None:
        self._body = body
        self._error = error

    def __iter__(self):
        yield self._body
        raise self._error


BREAKS = {
    "connection closed": httpx2.RemoteProtocolError("peer closed connection without sending complete message body"),
    "connection reset": httpx2.ReadError("Connection reset by peer"),
    "no time left": httpx2.ReadTimeout("the call's time is used up"),
}


@pytest.mark.parametrize("how", BREAKS)
@pytest.mark.parametrize("sent", ["nothing", "half", "all"])
def test_a_200_that_breaks_off_is_malformed(ask_stream, endpoint, how, sent):
    """OpenAI has done its work when it sends the head of a 200, and charges for it."""
    whole = FITTING[endpoint]
    body = {"nothing": b"", "half": whole[: len(whole) // 2], "all": whole}[sent]

    with pytest.raises(MALFORMED[endpoint]):
        ask_stream(BrokenBody(body, BREAKS[how]))


@pytest.mark.parametrize("how", BREAKS)
@pytest.mark.parametrize(("status", "kind"), [(500, AITransient), (401, AIMisconfigured), (400, AIUnexplained)])
def test_an_error_that_breaks_off_is_judged_by_its_status(ask_stream, how, status, kind):
    with pytest.raises(kind) as caught:
        ask_stream(BrokenBody(b'{"error": {"code": "inv', BREAKS[how]), status)

    assert type(caught.value) is kind


@pytest.mark.parametrize("how", BREAKS)
def test_a_call_without_any_answer_is_an_outage(clock, endpoint, how):
    def no_answer(_: httpx2.Request) -> httpx2.Response:
        raise BREAKS[how]

    with pytest.raises(AITransient) as caught:
        call(clock, endpoint, no_answer)

    assert type(caught.value) is AITransient


@pytest.mark.parametrize(("status", "kind"), [(503, AITransient), (401, AIMisconfigured)])
def test_an_endless_error_is_judged_by_its_status(ask, status, kind):
    with pytest.raises(kind):
        ask(BOMB, "gzip", status)


# the client alone


class Pieces(httpx2.SyncByteStream):
    """A body that arrives in these pieces; counts those that were asked for."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces
        self.asked_for = 0

    def __iter__(self):
        for piece in self._pieces:
            self.asked_for += 1
            yield piece


def get(body: Pieces, status: int = 200) -> bytes:
    with BoundedClient(transport=httpx2.MockTransport(lambda _: httpx2.Response(status, stream=body))) as client:
        return client.get("https://api.openai.test").content


def test_an_answer_in_pieces_is_read_whole():
    assert get(Pieces(b"one ", b"two ", b"three")) == b"one two three"
    half = b"x" * (MOST_ANSWER_BYTES // 2)
    assert get(Pieces(half, half)) == half + half


def test_an_answer_that_goes_on_after_the_bound_is_too_large():
    body = Pieces(b"x" * MOST_ANSWER_BYTES, b"y", b"z")
    with pytest.raises(AnswerTooLarge, match=f"^more than {MOST_ANSWER_BYTES} bytes$"):
        get(body)
    assert body.asked_for == 2


def test_an_error_that_goes_on_after_the_bound_is_cut_off_one_byte_later():
    half = b"x" * (MOST_ANSWER_BYTES // 2)
    assert get(Pieces(half, half, half), 503) == b"x" * (MOST_ANSWER_BYTES + 1)


def test_an_answer_that_is_streamed_is_left_to_its_reader():
    body = Pieces(b"one", b"two")
    with (
        BoundedClient(transport=httpx2.MockTransport(lambda _: httpx2.Response(200, stream=body))) as client,
        client.stream("GET", "https://api.openai.test") as answer,
    ):
        assert body.asked_for == 0
        assert answer.read() == b"onetwo"


def test_the_options_of_a_request_reach_the_client():
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/":
            return httpx2.Response(302, headers={"location": "/elsewhere"})
        return httpx2.Response(200, text="elsewhere")

    with BoundedClient(transport=httpx2.MockTransport(answer)) as client:
        assert client.get("https://api.openai.test/", follow_redirects=True).text == "elsewhere"
        assert client.get("https://api.openai.test/").status_code == 302
