"""The body is read as a stream: no further than needed, and never whole in memory."""

import asyncio
from collections.abc import Iterator
from itertools import pairwise

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rawk.api import uploads
from rawk.api.app import create_app
from rawk.api.middleware import unread_body
from rawk.api.uploads import FORM_OVERHEAD_BYTES, PIECE_BYTES
from rawk.config import MAX_RECORDING_BYTES
from rawk.domain.errors import StorageUnavailable
from tests.unit.api.asgi_driver import Exchange
from tests.unit.api.forms import BOUNDARY, audio, form, part, wav
from tests.unit.api.world import World

CHUNK = 64 * 1024
AUDIO_BEGINS = b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="audio"; filename="a.wav"\r\n\r\n'


def cut(body: bytes, size: int = CHUNK) -> Iterator[bytes]:
    return (body[start : start + size] for start in range(0, len(body), size))


def endless(head: bytes) -> Iterator[bytes]:
    yield AUDIO_BEGINS + head
    while True:
        yield bytes(CHUNK)


@pytest.fixture
def no_lingering(monkeypatch):
    monkeypatch.setattr(unread_body, "LINGER_BYTES", 0)


def test_the_biggest_recording_arrives_whole(app, world):
    content = wav(MAX_RECORDING_BYTES)
    body = form(part("title", b"long"), audio(content))

    answer = Exchange(cut(body), content_length=len(body)).run(app)

    assert answer.status == 202
    assert "connection" not in answer.headers
    assert list(world.stored_audio().values()) == [content]


def test_a_body_that_says_it_is_too_large_is_refused_unread(app, world):
    length = MAX_RECORDING_BYTES + FORM_OVERHEAD_BYTES + 1

    answer = Exchange(endless(wav(CHUNK)), content_length=length).run(app)

    assert (answer.status, answer.json["type"]) == (413, "urn:rawk:problem:recording-too-large")
    assert answer.consumed_bytes_at_answer == 0
    assert world.faults.calls == []


@pytest.mark.usefixtures("no_lingering")
def test_a_body_that_does_not_say_its_length_is_refused_one_chunk_over_the_limit(app, world):
    answer = Exchange(endless(wav(CHUNK))).run(app)

    assert answer.status == 413
    assert MAX_RECORDING_BYTES < answer.consumed_bytes <= MAX_RECORDING_BYTES + 2 * CHUNK
    assert world.stored_audio() == {}
    assert world.uploads_under_way() == 0


@pytest.mark.usefixtures("no_lingering")
def test_a_body_that_is_longer_than_its_content_length_is_refused_as_early(app):
    answer = Exchange(endless(wav(CHUNK)), content_length=1000).run(app)

    assert answer.status == 413
    assert answer.consumed_bytes <= MAX_RECORDING_BYTES + 2 * CHUNK


@pytest.mark.usefixtures("no_lingering")
def test_content_that_is_no_audio_is_refused_with_its_first_chunk(app, world):
    answer = Exchange(endless(b"%PDF-1.7" + bytes(60)), content_length=20_000_000).run(app)

    assert (answer.status, answer.json["type"]) == (415, "urn:rawk:problem:recording-not-audio")
    assert answer.consumed_bytes <= 2 * CHUNK
    assert world.faults.calls == []


@pytest.mark.usefixtures("no_lingering")
def test_the_size_limit_includes_the_other_parts_of_the_form(app):
    def padded() -> Iterator[bytes]:
        yield form(audio(wav()))
        while True:
            yield bytes(CHUNK)

    answer = Exchange(padded()).run(app)

    assert answer.status == 413
    assert answer.consumed_bytes <= MAX_RECORDING_BYTES + FORM_OVERHEAD_BYTES + CHUNK


@pytest.mark.usefixtures("no_lingering")
def test_a_client_without_a_key_is_refused_before_anything_is_read(app, world):
    answer = Exchange(endless(wav(CHUNK)), key="guessed").run(app)

    assert (answer.status, answer.consumed_bytes) == (401, 0)
    assert world.faults.calls == []


def test_the_store_is_written_in_pieces_and_nothing_is_read_meanwhile(app, monkeypatch):
    sizes = []
    exchange = Exchange(cut(form(audio(wav(5 * PIECE_BYTES)))))
    write = uploads.Recording.write

    def write_and_look(recording, piece):
        sizes.append(len(piece))
        in_memory = exchange.consumed_bytes - recording.size_bytes
        assert in_memory <= PIECE_BYTES + 2 * CHUNK
        write(recording, piece)

    monkeypatch.setattr(uploads.Recording, "write", write_and_look)

    assert exchange.run(app).status == 202
    assert len(sizes) <= 7
    assert max(sizes) <= PIECE_BYTES + CHUNK


def test_the_client_gets_its_refusal_before_the_connection_is_closed(app):
    """The whole response is sent before the API reads on, and it reads on for a limited time."""
    exchange = Exchange(endless(b"no audio" * 10)).run(app)

    assert exchange.headers["connection"] == "close"
    assert exchange.consumed_bytes_at_answer <= 2 * CHUNK
    assert exchange.json["status"] == 415
    assert unread_body.LINGER_BYTES <= exchange.consumed_bytes <= unread_body.LINGER_BYTES + 3 * CHUNK
    assert exchange.is_complete


def test_after_a_refusal_the_rest_of_a_short_body_is_discarded(app):
    body = form(audio(b"no audio" * 10_000))

    exchange = Exchange(cut(body, 1000), content_length=len(body)).run(app)

    assert exchange.status == 415
    assert exchange.consumed_bytes == len(body)


@pytest.mark.usefixtures("no_lingering")
def test_the_client_gets_a_response_when_the_api_crashes_during_an_upload(app, world):
    world.faults.add("upload.write", KeyError("a bug"))

    exchange = Exchange(endless(wav(CHUNK))).run(app)

    assert (exchange.status, exchange.headers["connection"]) == (500, "close")
    assert world.uploads_under_way() == 0


@pytest.mark.parametrize("limit", ["LINGER_SECONDS", "LINGER_IDLE_SECONDS"])
def test_the_api_does_not_wait_long_for_a_silent_client_after_its_refusal(app, monkeypatch, limit):
    for name in ("LINGER_SECONDS", "LINGER_IDLE_SECONDS"):
        monkeypatch.setattr(unread_body, name, 0.05 if name == limit else 1000)
    exchange = Exchange([AUDIO_BEGINS + b"no audio" * 10])
    receive = exchange._receive

    async def silent_after_the_first():
        if exchange.consumed_bytes:
            await asyncio.Event().wait()
        return await receive()

    exchange._receive = silent_after_the_first

    assert exchange.run(app).status == 415
    assert exchange.is_complete


@pytest.mark.parametrize("sent", [0, 1, 40, CHUNK, 3_000_000])
def test_a_cut_upload_leaves_nothing(app, world, sent):
    body = form(part("title", b"cut"), audio(wav(4_000_000)))[:sent]

    Exchange([*cut(body), None], content_length=4_000_300).run(app)

    assert world.stored_audio() == {}
    assert world.uploads_under_way() == 0
    assert world.memories.page("acme", None, None, 10) == []


def test_a_form_cut_off_in_a_body_that_ends_is_refused_and_leaves_nothing(app, world):
    answer = Exchange(cut(form(audio(wav(4_000_000)))[:-10])).run(app)

    assert (answer.status, answer.json["type"]) == (422, "urn:rawk:problem:malformed-upload")
    assert world.stored_audio() == {}
    assert world.uploads_under_way() == 0


def test_a_bad_title_after_the_audio_leaves_nothing(app, world):
    answer = Exchange(cut(form(audio(wav(4_000_000)), part("title", b"x" * 300)))).run(app)

    assert answer.status == 422
    assert "300 characters" in answer.json["detail"]
    assert world.stored_audio() == {}
    assert world.uploads_under_way() == 0


@pytest.mark.parametrize("limit", ["IDLE_SECONDS", "UPLOAD_SECONDS"])
def test_an_upload_that_stalls_times_out(app, world, monkeypatch, limit):
    for name in ("IDLE_SECONDS", "UPLOAD_SECONDS"):
        monkeypatch.setattr(uploads, name, 0.05 if name == limit else 1000)
    monkeypatch.setattr(unread_body, "LINGER_SECONDS", 0.05)
    exchange = Exchange([AUDIO_BEGINS + wav()])
    receive = exchange._receive

    async def stalling():
        if exchange.consumed_bytes:
            await asyncio.Event().wait()
        return await receive()

    exchange._receive = stalling

    answer = exchange.run(app)

    assert (answer.status, answer.json["type"]) == (408, "urn:rawk:problem:upload-too-slow")
    assert world.uploads_under_way() == 0


def test_a_store_that_fails_in_the_middle_is_a_503_that_names_it(app, world):
    world.faults.add("upload.write", StorageUnavailable("endpoint s3.internal refused"))

    answer = Exchange(cut(form(audio(wav(4_000_000))))).run(app)

    assert (answer.status, answer.json["type"], answer.json["part"]) == (
        503,
        "urn:rawk:problem:storage-unavailable",
        "storage",
    )
    assert answer.headers["retry-after"] == "5"
    assert world.uploads_under_way() == 0


def test_an_upload_cancelled_by_a_stopping_server_is_aborted(app, world):
    exchange = Exchange([AUDIO_BEGINS + wav(), b""])
    receive = exchange._receive

    async def until_cancelled():
        waits = asyncio.Event()

        async def waiting_receive():
            if exchange.consumed_bytes:
                waits.set()
                await asyncio.Event().wait()
            return await receive()

        with anyio.fail_after(10):
            async with anyio.create_task_group() as server:
                server.start_soon(app, exchange._scope(), waiting_receive, exchange._send)
                await waits.wait()
                server.cancel_scope.cancel()

    asyncio.run(until_cancelled())

    assert world.faults.calls == ["audio.open_upload", "upload.write", "upload.abort"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cuts=st.lists(st.integers(1, 2_400), max_size=30), content_length=st.booleans())
def test_the_same_memory_results_from_any_chunks_of_the_body(cuts, content_length):
    world = World()
    app = create_app(world.services({"key-of-acme": "acme"}))
    body = form(part("title", b"Standup"), audio(wav(2_000)), part("recorded_at", b"2026-11-20T10:00:00Z"))
    edges = sorted({0, *(edge for edge in cuts if edge < len(body)), len(body)})
    chunks = [body[start:end] for start, end in pairwise(edges)]

    answer = Exchange(chunks, content_length=len(body) if content_length else None).run(app)

    assert answer.status == 202
    [memory] = world.all_memories()
    assert (memory.title, memory.audio_bytes, memory.recorded_at.hour) == ("Standup", 2_000, 10)
    assert world.stored_audio() == {memory.audio_key: wav(2_000)}
