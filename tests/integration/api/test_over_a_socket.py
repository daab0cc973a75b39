"""Behaviour on a real socket: cut connections, early responses, kept connections, memory."""

import asyncio
import socket
import struct
from collections.abc import Iterator
from hashlib import sha256
from http.client import HTTPConnection
from uuid import uuid4

import pytest

from rawk.config import MAX_RECORDING_BYTES
from tests.integration.api.conftest import TIMEOUT_SECONDS, Server
from tests.unit.api.forms import BOUNDARY, CONTENT_TYPE, WAV_HEAD, audio, form, part, wav

MEBIBYTE = 1024 * 1024
MEMORIES = "/api/v1/memories"


def head(content_length: int | None, *more: str, key: str = "key-of-acme") -> bytes:
    length = "Transfer-Encoding: chunked" if content_length is None else f"Content-Length: {content_length}"
    lines = [f"POST {MEMORIES} HTTP/1.1", "Host: rawk", f"X-API-Key: {key}", f"Content-Type: {CONTENT_TYPE}", length]
    return "\r\n".join([*lines, *more, "", ""]).encode()


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT_SECONDS)


def read_to_the_end(connection: socket.socket) -> bytes:
    """Everything until the server closes."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def fresh_wav(size_bytes: int) -> bytes:
    return wav(size_bytes, filler=uuid4().bytes)


def test_an_upload_over_a_socket_arrives_whole(server):
    content = fresh_wav(3 * MEBIBYTE)

    answer = server.client.post(MEMORIES, files={"audio": ("memo.wav", content)}, data={"title": "Über den Draht"})

    assert answer.status_code == 202
    assert sha256(content).hexdigest() in server.state()["digests"]
    assert server.client.get(answer.headers["Location"]).json()["title"] == "Über den Draht"


@pytest.mark.parametrize("farewell", ["closes", "resets"])
def test_an_upload_cut_in_the_middle_leaves_nothing(server, farewell):
    before = server.state()
    listed = server.client.get(MEMORIES).json()
    body = form(audio(fresh_wav(8 * MEBIBYTE)))
    connection = connect(server)
    connection.sendall(head(len(body)) + body[: 4 * MEBIBYTE])
    server.eventually(lambda state: state["begun"] == before["begun"] + 1)

    if farewell == "resets":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()

    state = server.eventually(lambda state: state["under_way"] == 0)
    assert state["digests"] == before["digests"]
    assert server.client.get(MEMORIES).json() == listed


def test_a_too_large_content_length_is_refused_before_the_body_is_sent(server):
    """A client that sends `Expect: 100-continue`, as curl does, is refused before it sends the body."""
    with connect(server) as connection:
        connection.sendall(head(100 * MEBIBYTE, "Expect: 100-continue"))

        answer = connection.recv(65536)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"100 Continue" not in answer
    assert b"connection: close" in answer.lower()


def test_a_client_that_sends_everything_before_it_reads_still_gets_the_refusal(server):
    """Forty MiB to a server that refuses the request."""
    body = form(audio(fresh_wav(40 * MEBIBYTE)))
    with connect(server) as connection:
        connection.sendall(head(len(body)) + body)

        answer = read_to_the_end(connection)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"urn:rawk:problem:recording-too-large" in answer


@pytest.mark.parametrize("content", [b"%PDF-1.7" + bytes(3 * MEBIBYTE), b"no audio at all" * 10])
def test_an_ordinary_client_gets_the_reason_of_its_refusal(server, content):
    answer = server.client.post(MEMORIES, files={"audio": content})

    assert (answer.status_code, answer.json()["type"]) == (415, "urn:rawk:problem:recording-not-audio")
    assert server.client.post(MEMORIES, files={"audio": fresh_wav(100)}).status_code == 202


def test_an_ordinary_client_gets_the_reason_why_its_endless_stream_was_refused(server):
    def endless() -> Iterator[bytes]:
        yield b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="audio"\r\n\r\n' + WAV_HEAD
        for _ in range(60):
            yield bytes(MEBIBYTE)

    answer = server.client.post(MEMORIES, content=endless(), headers={"Content-Type": CONTENT_TYPE})

    assert (answer.status_code, answer.json()["type"]) == (413, "urn:rawk:problem:recording-too-large")
    assert server.eventually(lambda state: state["under_way"] == 0)


def test_the_unread_rest_of_a_refused_body_is_never_parsed_as_a_request(server):
    smuggled = b"DELETE /api/v1/memories/x HTTP/1.1\r\nHost: rawk\r\n\r\n"
    body = form(audio(b"no audio" * 20 + smuggled * 20_000))
    with connect(server) as connection:
        connection.sendall(head(len(body)) + body)

        answer = read_to_the_end(connection)

    assert answer.startswith(b"HTTP/1.1 415 ")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_a_connection_is_kept_after_uploads_that_were_read_to_their_end(server):
    whole, without_audio = form(audio(fresh_wav(MEBIBYTE))), form(part("title", b"no audio part"))
    headers = {"X-API-Key": "key-of-acme", "Content-Type": CONTENT_TYPE}
    connection = HTTPConnection("127.0.0.1", server.port, timeout=TIMEOUT_SECONDS)
    connection.connect()
    kept = connection.sock
    for body, status in ((whole, 202), (without_audio, 422), (whole, 202)):
        connection.request("POST", MEMORIES, body, headers)
        answer = connection.getresponse()
        answer.read()
        assert (answer.status, answer.will_close) == (status, False)
        assert connection.sock is kept
    connection.close()


def test_twenty_of_the_largest_recordings_at_once_leave_memory_flat(server):
    """500 MiB pass through; one or two pieces of each upload are in memory at a time."""
    asyncio.run(asyncio.wait_for(upload_at_once(server, 1, 4 * MEBIBYTE), 60))  # imports and pools are loaded now
    before = server.process.memory_info().rss

    peak, answers = asyncio.run(asyncio.wait_for(upload_at_once(server, 20, MAX_RECORDING_BYTES), 240))

    assert [answer.split(b" ")[1] for answer in answers] == [b"202"] * 20
    assert peak - before < 100 * MEBIBYTE


async def upload_at_once(server: Server, count: int, size_bytes: int) -> tuple[int, list[bytes]]:
    """Gives the server's largest resident memory in bytes, and the responses."""
    peak = 0

    async def watch() -> None:
        nonlocal peak
        while True:
            peak = max(peak, server.process.memory_info().rss)
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(watch())
    answers = await asyncio.gather(*(upload_one(server, size_bytes) for _ in range(count)))
    watching.cancel()
    return peak, answers


async def upload_one(server: Server, size_bytes: int) -> bytes:
    start, end = form(audio(WAV_HEAD)).split(WAV_HEAD)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(head(len(start) + size_bytes + len(end), "Connection: close") + start + WAV_HEAD)
    left, chunk = size_bytes - len(WAV_HEAD), bytes(64 * 1024)
    while left > 0:
        writer.write(chunk[:left])
        await writer.drain()
        left -= len(chunk)
    writer.write(end)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer
