"""Every number of the server, noticed where it takes effect."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from rawk.server import limits, refusals, serve
from rawk.server.connections import Connections
from rawk.server.limits import Limits
from tests.unit.numbers.substitution import change, numbers
from tests.unit.server.test_connections import FakePeer


def checked_after(patch: pytest.MonkeyPatch) -> float:
    delays: list[float] = []

    async def admit() -> None:
        patch.setattr(asyncio.get_running_loop(), "call_later", lambda delay, _: delays.append(delay))
        Connections(Limits()).admit(FakePeer())

    asyncio.run(admit())
    return delays[0]


def retry_after(_: pytest.MonkeyPatch) -> bytes:
    return refusals.refusal(503).partition(b"Retry-After: ")[2].partition(b"\r\n")[0]


def given_to_uvicorn(name: str) -> Callable[[pytest.MonkeyPatch], Any]:
    def notice(patch: pytest.MonkeyPatch) -> Any:
        given: dict[str, Any] = {}
        patch.setattr(serve.uvicorn, "run", lambda _, **keywords: given.update(keywords))
        serve.serve(host="127.0.0.1", port=0)
        return given[name]

    return notice


NOTICED: dict[str, tuple[Callable[[pytest.MonkeyPatch], Any], Any]] = {
    "server.connections.CHECK_SECONDS": (checked_after, 0.5),
    "server.limits.RETRY_AFTER_SECONDS": (retry_after, b"5"),
    "server.serve.BACKLOG": (given_to_uvicorn("backlog"), 128),
}


def test_every_number_of_the_server_is_here() -> None:
    found = {name for name in numbers() if name.startswith("server.")}

    assert found == {*NOTICED, "server.refusals.STATUSES"}, "the statuses are compared with the OpenAPI document"


@pytest.mark.parametrize("name", NOTICED)
def test_a_number_is_what_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    notice, usual = NOTICED[name]
    assert notice(monkeypatch) == usual


@pytest.mark.parametrize("name", NOTICED)
@pytest.mark.parametrize("factor", [0.5, 2])
def test_a_changed_number_is_noticed(name: str, factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    notice, usual = NOTICED[name]
    change(monkeypatch, name, numbers()[name] * factor)
    assert notice(monkeypatch) != usual


def test_the_limits_of_connections_leave_files_for_uploads_and_dependencies() -> None:
    """Of 1,024 files, the usual limit: one for each connection and for each refusal, and as many again for uploads."""
    usual = Limits()
    assert usual.connections + usual.refusals + serve.BACKLOG < 1024 - 200
    assert usual.connections_per_address * 2 <= usual.connections
    assert usual.refusal_seconds < limits.RETRY_AFTER_SECONDS
