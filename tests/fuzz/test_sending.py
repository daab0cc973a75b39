"""What schemathesis finds when the API is broken on purpose, on ports in memory. `tox -e fuzz` runs these first."""

import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from rawk.api.app import create_app
from rawk.api.callers import authentication
from rawk.domain.callers import Caller
from rawk.domain.errors import MemoryNotFound
from tests.fuzz.sending import Pass, send
from tests.unit.api.world import SeededRandomness, World

pytest.importorskip("schemathesis", reason="only `tox -e fuzz` has schemathesis")
START_SECONDS = 30
WITHIN_SECONDS = 200
KEY = {"X-API-Key": "key-of-acme"}


@pytest.fixture
def url() -> Iterator[str]:
    app = create_app(World().services({"key-of-acme": "acme"}))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    give_up_at = time.monotonic() + START_SECONDS
    while not server.started:
        assert time.monotonic() < give_up_at
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)


def finds(url, tmp_path, operation, seed=1):
    """Whether there is a finding, and the counts."""
    plan = Pass(KEY, 20, seed, "coverage,fuzzing")
    clean, tally = send(
        url, plan, tmp_path / "record.ndjson", WITHIN_SECONDS, ["--include-operation-id", operation, "--no-shrink"]
    )
    return not clean, tally


@pytest.mark.parametrize("operation", ["get_memory", "upload_recording"])
def test_the_api_as_it_is_has_no_findings(url, tmp_path, capfd, operation):
    found, tally = finds(url, tmp_path, operation)

    assert not found, capfd.readouterr().out
    assert tally.requests > 20
    assert "no answer" not in tally.statuses


def test_a_status_that_is_not_in_the_document_is_found(url, tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(MemoryNotFound, "status_code", 418)

    found, tally = finds(url, tmp_path, "get_memory")

    output = capfd.readouterr().out
    assert found
    assert "Undocumented status code" in output
    assert "curl -X GET" in output
    assert tally.statuses["418"] >= 1


def test_a_crash_of_a_strange_title_is_found(url, tmp_path, capfd, monkeypatch):
    def title_of(text: str) -> str:
        return {"": ""}[text] if not text.isascii() else text

    monkeypatch.setattr("rawk.api.upload_form.title_of", title_of)

    found, _ = finds(url, tmp_path, "upload_recording")

    assert found
    assert "Server error" in capfd.readouterr().out


def test_a_header_that_differs_from_the_document_is_found(url, tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(SeededRandomness, "new_id", lambda _: "an id with spaces")

    found, _ = finds(url, tmp_path, "get_liveness")

    assert found
    assert "Response header does not conform" in capfd.readouterr().out


def test_a_key_that_nobody_checks_is_found(url, tmp_path, capfd, monkeypatch):
    async def the_caller(*_: object) -> Caller:
        return Caller("anything", ("acme",))

    monkeypatch.setattr(authentication, "_identified", the_caller)

    found, _ = finds(url, tmp_path, "list_memories")

    assert found
    assert "without authentication" in capfd.readouterr().out
