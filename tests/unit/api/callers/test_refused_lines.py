"""A flood of refused requests writes few log lines, and every other request has its own."""

import asyncio
import logging

import pytest
from starlette.testclient import TestClient

from rawk.api.middleware import refused_lines
from rawk.api.middleware.refused_lines import RefusedLines

UNKNOWN = "/api/v1/memories/00000000-0000-4000-8000-000000000000"
REFUSED = {
    "no key": ("GET", "/api/v1/memories", {"X-API-Key": ""}, 401),
    "a guessed key": ("GET", "/api/v1/memories", {"X-API-Key": "guess"}, 401),
    "a forged token": ("GET", "/api/v1/memories", {"X-API-Key": "", "Authorization": "Bearer x.y.z"}, 401),
    "an upload without a key": ("POST", "/api/v1/memories", {"X-API-Key": ""}, 401),
    "an unknown path": ("GET", "/wp-admin/setup.php", {}, 404),
    "another method": ("BREW", "/teapot", {}, 404),
}


def lines(caplog: pytest.LogCaptureFixture, event: str) -> list[dict[str, object]]:
    return [record.fields for record in caplog.records if record.message == event]  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "rawk")


@pytest.mark.parametrize("what", REFUSED)
def test_a_flood_of_refused_requests_writes_few_lines(
    client: TestClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(refused_lines, "WINDOW_SECONDS", 3600.0)
    method, path, headers, status = REFUSED[what]

    answers = {client.request(method, path, headers=headers).status_code for _ in range(100)}

    assert answers == {status}
    assert [line["status"] for line in lines(caplog, "request")] == [status] * refused_lines.LINES
    assert len([record for record in caplog.records if record.name == "rawk"]) == refused_lines.LINES


def test_each_request_with_a_key_has_its_line(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    """Also one that is refused: its correlation id leads to what happened."""
    for _ in range(50):
        client.get(UNKNOWN)
        client.get("/api/v1/memories?limit=0")

    assert len(lines(caplog, "request")) == 100


def test_those_without_a_line_are_counted_in_one(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refused_lines, "WINDOW_SECONDS", 0.01)

    async def run() -> list[bool]:
        refused = RefusedLines()
        admitted = [refused.admits(401) for _ in range(9_000)] + [refused.admits(404) for _ in range(1_000)]
        while not lines(caplog, "requests_refused"):
            await asyncio.sleep(0)
        return [*admitted, refused.admits(401)]

    admitted = asyncio.run(asyncio.wait_for(run(), 20))

    usual = refused_lines.LINES
    assert admitted == [True] * usual + [False] * (10_000 - usual) + [True], "the next window has its own lines"
    assert lines(caplog, "requests_refused") == [{"status_401": 9_000 - usual, "status_404": 1_000, "seconds": 0.01}]


def test_a_window_without_a_flood_writes_no_summary(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refused_lines, "WINDOW_SECONDS", 0.0)

    async def run() -> None:
        refused = RefusedLines()
        refused.admits(401)
        while refused._window_is_open:
            await asyncio.sleep(0)

    asyncio.run(asyncio.wait_for(run(), 20))

    assert caplog.records == []
