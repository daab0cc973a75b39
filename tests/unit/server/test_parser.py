"""What a recorder sends, what only keeps the parser busy, and heads that a proxy in front may read in another way."""

import h11
import pytest

from rawk.server.limits import Limits
from rawk.server.protocol import BoundedParser

HEAD = b"POST / HTTP/1.1\r\nHost: rawk\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(size_bytes: int) -> bytes:
    return b"%x\r\n" % size_bytes + bytes(size_bytes) + b"\r\n"


def events(data: bytes) -> list[object]:
    parser = BoundedParser(Limits())
    found: list[object] = []
    for start in range(0, len(data), 16_384):
        parser.receive_data(data[start : start + 16_384])
        while (event := parser.next_event()) is not h11.NEED_DATA:
            found.append(event)
            if isinstance(event, h11.EndOfMessage):
                return found
    return found


@pytest.mark.parametrize("size_bytes", [1, 2, 16, 100, 255])
def test_too_many_small_chunks_end_the_parsing_early(size_bytes: int) -> None:
    with pytest.raises(h11.RemoteProtocolError, match="too many small chunks"):
        events(HEAD + chunk(size_bytes) * 20_000)


@pytest.mark.parametrize(
    "body",
    [
        chunk(256) * 5_000,
        chunk(400) * 5_000,
        chunk(65_536) + chunk(1) * 300,
        chunk(1) * 64,
        (chunk(1) + chunk(511)) * 5_000,
        chunk(200_000) * 10,
    ],
    ids=["256", "recorder", "small-end", "few", "mixed", "large"],
)
def test_an_ordinary_body_is_parsed_to_its_end(body: bytes) -> None:
    assert isinstance(events(HEAD + body + b"0\r\n\r\n")[-1], h11.EndOfMessage)


def test_each_request_of_a_connection_counts_anew() -> None:
    parser = BoundedParser(Limits())
    for _ in range(5):
        parser.receive_data(HEAD + chunk(1) * 60 + b"0\r\n\r\n")
        while not isinstance(parser.next_event(), h11.EndOfMessage):
            pass
        for reply in (h11.Response(status_code=200, headers=[("content-length", "0")]), h11.EndOfMessage()):
            parser.send(reply)
        parser.start_next_cycle()


def test_a_body_with_a_length_may_come_in_any_pieces() -> None:
    parser = BoundedParser(Limits())
    parser.receive_data(b"POST / HTTP/1.1\r\nHost: rawk\r\nContent-Length: 5000\r\n\r\n")
    for _ in range(5_000):
        parser.receive_data(b"x")
        assert parser.next_event() is not h11.PAUSED


TWO = b"POST / HTTP/1.1\r\nHost: rawk\r\n%s\r\n2\r\n{}\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    "head",
    [
        TWO % b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
        TWO % b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        TWO % b"TRANSFER-ENCODING: chunked\r\nCONTENT-LENGTH: 2\r\n",
        TWO % b"Transfer-Encoding:\r\n chunked\r\n",
        TWO % b"X: y\r\n\tContent-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        b"GET / HTTP/1.1\nHost: rawk\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: rawk\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: rawk\n\n",
        b"GET / HTTP/1.1\r\nHost: rawk\r\n\n",
        b"GET / HTTP/2.0\r\nHost: rawk\r\n\r\n",
        b"GET / HTTP/0.9\r\nHost: rawk\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
@pytest.mark.parametrize("step_bytes", [1, 7, 16_384])
def test_a_head_that_others_may_read_differently_is_refused(head: bytes, step_bytes: int) -> None:
    with pytest.raises(h11.RemoteProtocolError):
        events_in_steps(head, step_bytes)


def events_in_steps(data: bytes, step_bytes: int) -> list[object]:
    parser = BoundedParser(Limits())
    found: list[object] = []
    for start in range(0, len(data), step_bytes):
        parser.receive_data(data[start : start + step_bytes])
        while (event := parser.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
            found.append(event)
    return found


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: rawk\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: rawk\r\nX: a\tb\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: rawk\r\nContent-Length: 4\r\n\r\n\n\n \n",
        b"POST / HTTP/1.1\r\nHost: rawk\r\nContent-Length: 2, 2\r\n\r\n{}",
    ],
)
@pytest.mark.parametrize("step_bytes", [1, 7, 16_384])
def test_an_ordinary_head_is_parsed(head: bytes, step_bytes: int) -> None:
    found = events_in_steps(head, step_bytes)
    assert isinstance(found[0], h11.Request)
    assert isinstance(found[-1], h11.EndOfMessage)
