"""Who may talk to the demo: the token, the origin and the name by which a client calls the server."""

import json
from typing import Any

import httpx
import pytest

from sim.demo.broadcast import Broadcast
from sim.demo.errors import BadArguments, NotPossible
from sim.demo.http.app import MOST_ARGUMENT_BYTES, MOST_AUDIO_BYTES, Answer, application

pytestmark = pytest.mark.anyio

PORT = 8321
TOKEN = "a-token-of-this-run"
HOST = f"127.0.0.1:{PORT}"
MEMORY = "5b0e3a3e-7e0c-4d0c-9d3a-000000000001"


class FakeShow:
    """Notes what it is asked for."""

    def __init__(self) -> None:
        self.broadcast = Broadcast()
        self.asked: list[Any] = []

    def act(self, name: str, arguments: Any) -> dict[str, Any]:
        self.asked.append((name, dict(arguments)))
        match name:
            case "busy":
                raise NotPossible("not now: wait a moment")
            case "wrong":
                raise BadArguments("count is a number")
            case "unknown":
                raise LookupError("there is no action 'unknown'")
        return {"done": name}

    def record(self, audio: bytes, title: str | None) -> Answer:
        self.asked.append((len(audio), title))
        return Answer(413, b'{"detail": "too large"}')

    def memory(self, memory_id: str) -> Answer:
        return Answer(200, json.dumps({"id": memory_id}).encode())

    def audio(self, memory_id: str) -> Answer:
        return Answer(200, memory_id.encode(), "audio/wav")

    def scenario(self) -> str:
        return "def test_it(): ..."

    def share(self) -> str:
        return "<!doctype html>"


@pytest.fixture
def show() -> FakeShow:
    return FakeShow()


async def ask(show: FakeShow, method: str, path: str, headers: Any = (), content: bytes = b"") -> httpx.Response:
    transport = httpx.ASGITransport(application(show, TOKEN, PORT))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:
        return await client.request(method, path, headers=headers, content=content)


def with_token(**headers: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKEN}", **headers}


SECRET_PATHS = [
    ("GET", "/state"),
    ("GET", "/feed"),
    ("GET", f"/memories/{MEMORY}"),
    ("GET", f"/memories/{MEMORY}/audio"),
    ("GET", "/scenario.py"),
    ("GET", "/share.html"),
    ("POST", "/recordings"),
    ("POST", "/actions/check"),
    ("POST", "/"),
    ("GET", "/unknown"),
]


@pytest.mark.parametrize(("method", "path"), SECRET_PATHS)
@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x", "tökén"])
async def test_without_the_token_nothing_is_answered(show: FakeShow, method: str, path: str, token: str) -> None:
    answer = await ask(show, method, path, {"Authorization": f"Bearer {token}".encode()})

    assert answer.status_code == 403
    assert "token" in answer.json()["error"]
    assert show.asked == []


@pytest.mark.parametrize("path", ["/state", f"/memories/{MEMORY}/audio", "/scenario.py"])
async def test_what_only_reads_takes_the_token_in_its_address(show: FakeShow, path: str) -> None:
    assert (await ask(show, "GET", f"{path}?token={TOKEN}")).status_code == 200
    assert (await ask(show, "GET", f"{path}?token=wrong")).status_code == 403
    assert (await ask(show, "GET", path, with_token())).status_code == 200


async def test_what_changes_something_needs_the_header(show: FakeShow) -> None:
    """Another site could let a browser post a form to an address."""
    assert (await ask(show, "POST", f"/actions/check?token={TOKEN}")).status_code == 403
    assert (await ask(show, "POST", "/actions/check", with_token())).json() == {"done": "check"}


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        f"https://{HOST}",
        f"http://{HOST}.evil.example",
        "http://127.0.0.1:1",
        "http://127.0.0.1",
        f"http://evil.example:{PORT}",
        "null",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/", "/state", "/samples/lentil-soup"])
async def test_a_page_of_another_origin_is_refused_even_with_the_token(show: FakeShow, origin: str, path: str) -> None:
    answer = await ask(show, "GET", path, with_token(Origin=origin))

    assert answer.status_code == 403
    assert "demo's own page" in answer.json()["error"]


@pytest.mark.parametrize("origin", [f"http://{HOST}", f"http://localhost:{PORT}"])
async def test_the_own_page_is_served(show: FakeShow, origin: str) -> None:
    assert (await ask(show, "POST", "/actions/check", with_token(Origin=origin))).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        f"evil.example:{PORT}",
        "127.0.0.1",
        "127.0.0.1:1",
        f"127.0.0.1.evil.example:{PORT}",
        f"127.0.0.2:{PORT}",
        f"[::1]:{PORT}",
        f"0.0.0.0:{PORT}",
        f"user@{HOST}",
        f"{HOST}@evil.example",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/", "/state", "/page/index.html"])
async def test_another_name_of_this_machine_is_refused(show: FakeShow, host: str, path: str) -> None:
    """DNS rebinding: the name of a foreign page resolves to 127.0.0.1, so that its scripts may read the answers."""
    answer = await ask(show, "GET", path, with_token(Host=host))

    assert answer.status_code == 403
    assert HOST in answer.json()["error"]


@pytest.mark.parametrize("host", [HOST, f"localhost:{PORT}", f"LOCALHOST:{PORT}"])
async def test_its_own_names_are_served(show: FakeShow, host: str) -> None:
    assert (await ask(show, "GET", "/state", with_token(Host=host))).status_code == 200


async def test_two_host_headers_are_refused(show: FakeShow) -> None:
    headers = [("Authorization", f"Bearer {TOKEN}"), ("Host", HOST), ("Host", "evil.example")]

    assert (await ask(show, "GET", "/state", headers)).status_code == 403


@pytest.mark.parametrize("path", ["/samples/lentil-soup", "/state?token=wrong", "/state"])
async def test_every_answer_forbids_foreign_scripts_frames_and_caches(show: FakeShow, path: str) -> None:
    headers = (await ask(show, "GET", path, with_token())).headers

    assert "script-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


async def test_a_sample_can_be_heard_without_a_token(show: FakeShow) -> None:
    answer = await ask(show, "GET", "/samples/lentil-soup")

    assert answer.headers["content-type"] == "audio/mpeg"
    assert len(answer.content) > 1000
    assert (await ask(show, "GET", "/samples/..%2F..%2Frecordings.json")).status_code in (403, 404)
    assert (await ask(show, "GET", "/samples/unknown")).status_code == 404


@pytest.mark.parametrize(("action", "status"), [("check", 200), ("busy", 409), ("wrong", 400), ("unknown", 404)])
async def test_an_action_is_answered_with_a_status_and_a_sentence(show: FakeShow, action: str, status: int) -> None:
    answer = await ask(show, "POST", f"/actions/{action}", with_token(), b'{"count": 3}')

    assert answer.status_code == status
    assert show.asked == [(action, {"count": 3})]
    assert status == 200 or answer.json()["error"]


@pytest.mark.parametrize("body", [b"[]", b"not JSON", b'"text"', b"{" * 100, b"1", b"null", b"\xff"])
async def test_a_body_that_is_no_object_is_refused(show: FakeShow, body: bytes) -> None:
    answer = await ask(show, "POST", "/actions/check", with_token(), body)

    assert answer.status_code == 400
    assert "JSON" in answer.json()["error"]
    assert show.asked == []


async def test_bodies_have_limits(show: FakeShow) -> None:
    too_long = b'{"a": "' + b"x" * MOST_ARGUMENT_BYTES + b'"}'

    assert (await ask(show, "POST", "/actions/check", with_token(), too_long)).status_code == 400
    assert (await ask(show, "POST", "/recordings", with_token(), b"x" * (MOST_AUDIO_BYTES + 1))).status_code == 400
    assert show.asked == []


async def test_a_recording_goes_to_the_api_whose_answer_comes_back_unchanged(show: FakeShow) -> None:
    headers = with_token(**{"Content-Type": "audio/webm"})

    answer = await ask(show, "POST", "/recordings?title=My%20memo", headers, b"abc")

    assert (answer.status_code, answer.json()) == (413, {"detail": "too large"})
    assert show.asked == [(3, "My memo")]


async def test_memories_and_files_are_passed_on(show: FakeShow) -> None:
    assert (await ask(show, "GET", f"/memories/{MEMORY}", with_token())).json() == {"id": MEMORY}
    assert (await ask(show, "GET", f"/memories/{MEMORY}/audio", with_token())).headers["content-type"] == "audio/wav"
    assert "attachment" in (await ask(show, "GET", "/scenario.py", with_token())).headers["content-disposition"]
    assert "attachment" in (await ask(show, "GET", "/share.html", with_token())).headers["content-disposition"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
