"""Requests that are cheap to send and would be expensive to take: bounded in memory, places and log lines."""

import threading
from contextlib import ExitStack
from typing import Any

import pytest

from rawk.api.capacity.places import UPLOADS_PER_TENANT
from tests.integration.api.attacks.attacker import connect, read_to_the_end, send_until_ended, status_of, statuses_of
from tests.integration.api.conftest import Server
from tests.unit.api.forms import BOUNDARY, CONTENT_TYPE, audio, form, part, wav

MEBIBYTE = 1024 * 1024
MEMORIES, UPLOADS = "/api/v1/memories", "/api/v1/uploads"
KEY = b"X-API-Key: key-of-acme\r\n"


def head(content_length: int) -> bytes:
    about = f"Content-Length: {content_length}\r\nContent-Type: {CONTENT_TYPE}\r\n\r\n".encode()
    return b"POST /api/v1/memories HTTP/1.1\r\nHost: rawk\r\n" + KEY + about


def resident_bytes(server: Server) -> int:
    return int(server.process.memory_info().rss)


def test_stalled_uploads_by_the_hundred_are_bounded_and_delay_nobody(server):
    """Each sends half a mebibyte of ten, and then nothing. A tenant has its places; the next one is refused."""
    server.client.post(MEMORIES, files={"audio": wav(MEBIBYTE)})
    before, state = resident_bytes(server), server.state()
    sent = form(audio(wav(10 * MEBIBYTE)))[: MEBIBYTE // 2]
    with ExitStack() as held:
        places = [held.enter_context(connect(server, f"127.0.0.{2 + n % 3}")) for n in range(UPLOADS_PER_TENANT)]
        for connection in places:
            connection.sendall(head(10 * MEBIBYTE) + sent)
        server.eventually(lambda now: now["begun"] - state["begun"] == UPLOADS_PER_TENANT)

        for _ in range(150):
            with connect(server, "127.0.0.9") as connection:
                connection.sendall(head(10 * MEBIBYTE))
                answer = connection.recv(65536)
                assert status_of(answer) == 429
                assert b"\r\nretry-after: " in answer.lower()

        assert server.client.get(MEMORIES).status_code == 200
        assert server.client.get("/healthz").status_code == 200
        assert resident_bytes(server) - before < UPLOADS_PER_TENANT * 1.5 * MEBIBYTE
    assert server.eventually(lambda now: now["under_way"] == 0)


def test_requests_without_end_on_one_connection_keep_nobody_waiting(server):
    """Four clients send one request after the other, without a pause, and read what they get."""
    before = resident_bytes(server)
    one, many = b"GET /healthz HTTP/1.1\r\nHost: rawk\r\n\r\n", 600
    counted: list[int] = []

    def flood() -> None:
        with connect(server) as connection:
            reader = threading.Thread(target=lambda: counted.append(len(statuses_of(read_to_the_end(connection)))))
            reader.start()
            for _ in range(many // 100):
                connection.sendall(one * 100)
            connection.sendall(one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            reader.join()

    floods = [threading.Thread(target=flood) for _ in range(4)]
    for each in floods:
        each.start()
    answered = 0
    while any(each.is_alive() for each in floods):
        assert server.client.get("/healthz").status_code == 200
        answered += 1
    assert counted == [many + 1] * 4
    assert answered >= 3  # it waits for its turn, and not for the end
    assert resident_bytes(server) - before < 30 * MEBIBYTE


@pytest.mark.parametrize(
    "ranges", [",".join(f"{n}-" for n in range(1_300)), ",".join(["0-"] * 3_000), "0-0", "-1", "9" * 4_000 + "-"]
)
def test_ranges_are_no_multiplication(server, ranges):
    whole = server.client.get("/openapi.json")

    answer = server.client.get("/openapi.json", headers={"Range": f"bytes={ranges}"})

    assert (answer.status_code, answer.content) == (200, whole.content)


BOMBS: dict[str, bytes] = {
    "lists": b"[" * 200_000,
    "objects": b'{"a":' * 100_000,
    "objects in the title": b'{"content_type": "audio/wav", "title": ' + b'{"a":' * 700,
    "lists in the title": b'{"content_type": "audio/wav", "title": ' + b"[" * 3_000 + b"]" * 3_000 + b"}",
    "digits": b'{"content_type": ' + b"9" * 3_000 + b"}",
    "exponent": b'{"content_type": 1e999999999}',
    "members": b"{" + b",".join(b'"a%d":1' % n for n in range(300)) + b"}",
    "one member again and again": b"{" + b",".join([b'"title":"x"'] * 300) + b"}",
    "surrogates": b'{"content_type": "audio/wav", "title": "\\ud800\\udfff\\ud800"}',
    "no UTF-8": b'{"content_type": "audio/wav", "title": "\xff"}',
    "a compressed one": b"\x1f\x8b\x08\x00" + bytes(2_000),
    "text": b"x" * 10_000_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_json_that_explodes_in_a_parser_is_refused(server, name):
    before = resident_bytes(server)

    for _ in range(5):
        answer = server.client.post(
            UPLOADS, content=BOMBS[name], headers={"Content-Type": "application/json", "Content-Encoding": "gzip"}
        )
        assert answer.status_code in (413, 422)
        assert len(answer.content) < 20_000

    assert resident_bytes(server) - before < 30 * MEBIBYTE


def open_part(disposition: bytes, *headers: bytes) -> bytes:
    return b"--" + BOUNDARY + b"\r\n" + b"\r\n".join([b"Content-Disposition: " + disposition, *headers, b"", b""])


FORMS: dict[str, bytes] = {
    "thousands of parts": form(*[part(f"field{n}", b"x") for n in range(5_000)]),
    "one part again and again": form(*[part("title", b"x")] * 5_000),
    "a name of a mebibyte": form(part("n" * MEBIBYTE, b"x")),
    "a file's name of a mebibyte": open_part(b'form-data; name="audio"; filename="' + b"../" * 350_000 + b'"') + wav(),
    "a header of two mebibytes": open_part(b'form-data; name="audio"', b"X: " + b"v" * 2 * MEBIBYTE) + wav(),
    "a hundred thousand headers": open_part(b'form-data; name="audio"', *[b"a:b"] * 100_000) + wav(),
    "a hundred thousand parameters": open_part(b"form-data" + b'; a="b"' * 100_000) + wav(),
    "a title of two mebibytes": form(audio(wav()), part("title", b"x" * 2 * MEBIBYTE)),
    "forms in a form": form(part("audio", form(audio(wav())) * 1_000)),
    "no end": form(audio(wav()))[:-10],
    "lines before it": b"\r\n" * MEBIBYTE + form(part("title", b"x")),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_that_is_made_to_cost_is_refused(server, name):
    before, state = resident_bytes(server), server.state()
    body = FORMS[name]

    for _ in range(3):
        with connect(server) as connection:
            send_until_ended(connection, head(len(body)) + body, 1)
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: rawk\r\nConnection: close\r\n\r\n")
            assert status_of(read_to_the_end(connection)) in (413, 415, 422)

    assert resident_bytes(server) - before < 30 * MEBIBYTE
    assert server.eventually(lambda now: now["under_way"] == 0)["digests"] == state["digests"]


@pytest.mark.parametrize(
    "file_name",
    [
        "../../../../etc/passwd",
        "..\\..\\windows\\system.ini",
        "/etc/passwd",
        "C:\\memo.wav",
        "memo.wav\0.exe",
        "%2e%2e%2fmemo",
        "a" * 2_000,
        "‮vaw.omem",
        "",
        ".",
    ],
)
def test_the_name_of_a_file_leads_nowhere(server, file_name):
    """It is neither stored nor returned; the audio's key is the memory's own."""
    disposition = b'form-data; name="audio"; filename="' + file_name.encode() + b'"'
    body = open_part(disposition) + wav() + b"\r\n--" + BOUNDARY + b"--\r\n"

    answer = server.client.post(MEMORIES, content=body, headers={"Content-Type": CONTENT_TYPE})

    if answer.status_code != 422:  # a parser may refuse control characters in a header
        assert answer.status_code == 202
        memory: dict[str, Any] = server.client.get(answer.headers["Location"]).json()
        assert memory["title"] is None
        assert "passwd" not in str(memory)
