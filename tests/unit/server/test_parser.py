"""Bodies of small chunks: what a recorder sends, and what only keeps the parser busy."""

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
