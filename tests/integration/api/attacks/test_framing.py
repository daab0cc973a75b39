"""Requests whose end two readers may see in different places, old and other versions of HTTP, other targets, upgrades.

None of them makes the server answer a request that a proxy in front has not seen (request smuggling, RFC 9112, 11.2).
"""

import pytest

from tests.integration.api.attacks.attacker import connect, read_to_the_end, statuses_of

HOST, KEY = b"Host: rawk\r\n", b"X-API-Key: key-of-acme\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: rawk\r\n\r\n"
LAST = b"GET /healthz HTTP/1.1\r\nHost: rawk\r\nConnection: close\r\n\r\n"
CHUNKS = b"2\r\n{}\r\n0\r\n\r\n"


def request(*lines: bytes, body: bytes = b"", first: bytes = b"POST /api/v1/uploads HTTP/1.1\r\n") -> bytes:
    head = first + HOST + KEY + b"Content-Type: application/json\r\n"
    return head + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


def get(target: bytes, *lines: bytes, version: bytes = b"HTTP/1.1") -> bytes:
    return b"GET " + target + b" " + version + b"\r\n" + HOST + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


AMBIGUOUS = {
    "length, then chunked": request(b"Content-Length: 5", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    "chunked, then length": request(b"Transfer-Encoding: chunked", b"Content-Length: 4", body=CHUNKS),
    "chunked and no length": request(b"Transfer-Encoding: chunked", b"Content-Length: ", body=CHUNKS),
    "two lengths": request(b"Content-Length: 2", b"Content-Length: 40", body=b"{}"),
    "two lengths in one": request(b"Content-Length: 2, 40", body=b"{}"),
    "plus": request(b"Content-Length: +2", body=b"{}"),
    "minus": request(b"Content-Length: -2", body=b"{}"),
    "hexadecimal length": request(b"Content-Length: 0x2", body=b"{}"),
    "underscore in a length": request(b"Content-Length: 0_2", body=b"{}"),
    "length of forty digits": request(b"Content-Length: " + b"9" * 40, body=b"{}"),
    "identity": request(b"Transfer-Encoding: identity", body=b"{}"),
    "gzip, chunked": request(b"Transfer-Encoding: gzip, chunked", body=CHUNKS),
    "chunked, chunked": request(b"Transfer-Encoding: chunked, chunked", body=CHUNKS),
    "chunked twice": request(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=CHUNKS),
    "xchunked": request(b"Transfer-Encoding: xchunked", body=CHUNKS),
    "vertical tab": request(b"Transfer-Encoding: \x0bchunked", body=CHUNKS),
    "quoted": request(b'Transfer-Encoding: "chunked"', body=CHUNKS),
    "space before the colon": request(b"Transfer-Encoding : chunked", body=CHUNKS),
    "folded coding": request(b"Transfer-Encoding:\r\n chunked", body=CHUNKS),
    "folded length": request(b"X: y\r\n Content-Length: 99", b"Content-Length: 2", body=b"{}"),
    "two hosts": request(b"Host: another", b"Content-Length: 2", body=b"{}"),
    "bare LF": get(b"/healthz").replace(b"\r\n", b"\n"),
    "bare CR": get(b"/healthz").replace(b"\r\n", b"\r"),
    "bare LF in the middle": get(b"/healthz", b"X: 1\nContent-Length: 40"),
    "bare CR in a value": get(b"/healthz", b"X: 1\rContent-Length: 40"),
    "NUL in a value": get(b"/healthz", b"X: a\0b"),
    "no name": get(b"/healthz", b": x"),
    "LF in chunks": request(b"Transfer-Encoding: chunked", body=CHUNKS.replace(b"\r\n", b"\n")),
    "LF in a chunk's extension": request(b"Transfer-Encoding: chunked", body=b"2;a\n\r\n{}\r\n0\r\n\r\n"),
    "chunk of 0x2": request(b"Transfer-Encoding: chunked", body=b"0x2\r\n{}\r\n0\r\n\r\n"),
    "chunk of +2": request(b"Transfer-Encoding: chunked", body=b"+2\r\n{}\r\n0\r\n\r\n"),
    "chunk of -2": request(b"Transfer-Encoding: chunked", body=b"-2\r\n{}\r\n0\r\n\r\n"),
    "chunk that goes on": request(b"Transfer-Encoding: chunked", body=b"2\r\n{}XX0\r\n\r\n"),
    "HTTP/2.0": get(b"/healthz", version=b"HTTP/2.0"),
    "HTTP/0.9": b"GET /healthz\r\n\r\n",
    "preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "space in the target": get(b"/healthz x"),
    "byte that is not ASCII": get(b"/\xff"),
    "no method": get(b"/healthz").replace(b"GET", b"G@T"),
}


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_an_ambiguous_request_is_refused_and_nothing_after_it_is_read(attacked, name):
    with connect(attacked) as connection:
        connection.sendall(AMBIGUOUS[name] + SMUGGLED + LAST)
        assert statuses_of(read_to_the_end(connection)) == [400]


UNAMBIGUOUS = {
    "equal lengths": (request(b"Content-Length: 2", b"Content-Length: 2", body=b"{}"), 422),
    "zeros": (request(b"Content-Length: 0000002", body=b"{}"), 422),
    "capitals": (request(b"TRANSFER-ENCODING: CHUNKED", body=CHUNKS), 422),
    "underscore": (request(b"Transfer_Encoding: chunked", b"Content-Length: 2", body=b"{}"), 422),
    "extension": (request(b"Transfer-Encoding: chunked", body=b'2;a="b";c\r\n{}\r\n0\r\n\r\n'), 422),
    "trailers": (request(b"Transfer-Encoding: chunked", body=b"2\r\n{}\r\n0\r\nContent-Length: 99\r\n\r\n"), 422),
    "HTTP/1.2": (get(b"/healthz", version=b"HTTP/1.2"), 200),
    "another host's address": (get(b"http://another.example/healthz"), 404),
    "another host's API": (get(b"https://another.example/api/v1/memories", KEY[:-2]), 404),
    "asterisk": (get(b"*"), 404),
    "two slashes": (get(b"//another.example/healthz"), 404),
    "a path upwards": (get(b"/../../etc/passwd"), 404),
    "a path upwards, escaped": (get(b"/%2e%2e/%2e%2e%2fetc/passwd"), 404),
    "a path that comes down at a public one": (get(b"/api/v1/memories/../../../healthz"), 404),
    "a path that comes down at a private one": (get(b"/healthz/../api/v1/memories"), 404),
    "a memory upwards": (get(b"/api/v1/memories/..%2f..%2fhealthz", KEY[:-2]), 404),
    "NUL": (get(b"/api/v1/memories/%00", KEY[:-2]), 404),
    "no UTF-8": (get(b"/%ff%fe"), 404),
    "fragment": (get(b"/healthz#x"), 404),
    "CONNECT": (get(b"another.example:443").replace(b"GET", b"CONNECT"), 404),
    "TRACE": (get(b"/healthz", b"Cookie: secret").replace(b"GET", b"TRACE"), 405),
    "long method": (get(b"/healthz").replace(b"GET", b"A" * 3000), 405),
    "upgrade to a WebSocket": (
        get(b"/healthz", b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Key: eA==").replace(
            b"\r\n\r\n", b"\r\nSec-WebSocket-Version: 13\r\n\r\n"
        ),
        200,
    ),
    "upgrade of the private API": (get(b"/api/v1/memories", b"Upgrade: websocket", b"Connection: Upgrade"), 401),
    "upgrade to HTTP/2": (get(b"/healthz", b"Upgrade: h2c", b"Connection: Upgrade", b"HTTP2-Settings: AAMA"), 200),
    "unknown expectation": (get(b"/healthz", b"Expect: the-unexpected"), 200),
}


@pytest.mark.parametrize("name", UNAMBIGUOUS)
def test_an_odd_request_gets_one_answer_and_the_next_one_its_own(attacked, name):
    odd, status = UNAMBIGUOUS[name]
    with connect(attacked) as connection:
        connection.sendall(odd + LAST)
        assert statuses_of(read_to_the_end(connection)) == [status, 200]


def test_no_answer_repeats_what_a_stranger_sent(attacked):
    """Neither a reflected header (TRACE) nor another host's name in an address."""
    sent = b"http://another.example/<script>"
    with connect(attacked) as connection:
        connection.sendall(get(sent, b"Host-Of-Mine: secret-cookie").replace(b"GET", b"TRACE") + LAST)
        answers = read_to_the_end(connection)
    assert b"secret-cookie" not in answers
    assert b"text/html" not in answers


@pytest.mark.parametrize("keep", [b"", b"Connection: keep-alive\r\n"])
def test_the_connection_of_an_old_client_ends_with_its_answer(attacked, keep):
    with connect(attacked) as connection:
        connection.sendall(b"GET /healthz HTTP/1.0\r\n" + keep + b"\r\n" + SMUGGLED)
        assert statuses_of(read_to_the_end(connection)) == [200]


def test_an_old_client_cannot_send_chunks_and_go_on(attacked):
    old = b"POST /api/v1/uploads HTTP/1.0\r\n"
    with connect(attacked) as connection:
        connection.sendall(request(b"Transfer-Encoding: chunked", body=CHUNKS, first=old) + SMUGGLED)
        assert len(statuses_of(read_to_the_end(connection))) == 1


def test_a_body_that_nobody_reads_is_no_request(attacked):
    with connect(attacked) as connection:
        connection.sendall(get(b"/healthz", b"Content-Length: %d" % len(SMUGGLED)) + SMUGGLED + LAST)
        assert statuses_of(read_to_the_end(connection)) == [200]
