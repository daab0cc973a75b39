"""Who may connect, and whose connection makes room."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from rawk.server import connections
from rawk.server.connections import Connections
from rawk.server.limits import Limits


@dataclass(eq=False)
class FakePeer:
    address: str = "192.0.2.1"
    waits_for_a_head_since: float | None = None
    is_reset: bool = False
    verdict: str | None = None
    checked_at: float | None = None

    def reset(self) -> None:
        self.is_reset = True

    def check(self, now: float) -> str | None:
        self.checked_at = now
        verdict, self.verdict = self.verdict, None
        return verdict


def in_a_loop(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 20))  # type: ignore[arg-type]


def test_a_busy_connection_makes_no_room_and_the_next_is_refused() -> None:
    async def test() -> None:
        all_ = Connections(Limits(connections=2, connections_per_address=2))
        first, second = FakePeer("192.0.2.1"), FakePeer("192.0.2.2")
        assert [all_.admit(first), all_.admit(second), all_.admit(FakePeer("192.0.2.3"))] == [None, None, 503]
        all_.remove(first)
        assert all_.admit(FakePeer("192.0.2.3")) is None
        assert not first.is_reset
        assert not second.is_reset

    in_a_loop(test)


def test_an_address_has_a_limit_of_its_own_which_it_gets_back() -> None:
    async def test() -> None:
        all_ = Connections(Limits(connections=9, connections_per_address=2))
        first = FakePeer()
        assert [all_.admit(peer) for peer in (first, FakePeer(), FakePeer(), FakePeer("192.0.2.2"))] == [
            None,
            None,
            429,
            None,
        ]
        all_.remove(first)
        all_.remove(first)
        assert [all_.admit(FakePeer()), all_.admit(FakePeer())] == [None, 429]

    in_a_loop(test)


def test_the_connection_that_waits_longest_makes_room() -> None:
    async def test() -> None:
        all_ = Connections(Limits(connections=3, connections_per_address=3))
        newer, oldest, busy = FakePeer("b", 5.0), FakePeer("c", 1.0), FakePeer("d")
        for peer in (newer, oldest, busy):
            all_.admit(peer)

        assert all_.admit(FakePeer("e")) is None

        assert [newer.is_reset, oldest.is_reset, busy.is_reset] == [False, True, False]
        assert len(all_) == 3

    in_a_loop(test)


def test_an_address_makes_room_for_itself_only() -> None:
    async def test() -> None:
        all_ = Connections(Limits(connections=9, connections_per_address=1))
        other, own = FakePeer("192.0.2.2", 0.5), FakePeer("192.0.2.1", 1.0)
        all_.admit(other)
        all_.admit(own)

        assert all_.admit(FakePeer("192.0.2.1")) is None
        assert [other.is_reset, own.is_reset] == [False, True]

    in_a_loop(test)


def test_refusals_have_a_limit_too() -> None:
    async def test() -> None:
        all_ = Connections(Limits(connections=1, refusals=2))
        all_.admit(FakePeer())
        refused = [FakePeer() for _ in range(4)]
        assert [all_.admit(peer) for peer in refused] == [503] * 4
        assert [peer.is_reset for peer in refused] == [False, False, True, True]
        all_.remove(refused[0])
        last = FakePeer()
        all_.admit(last)
        assert not last.is_reset

    in_a_loop(test)


def test_connections_are_checked_while_there_are_any_and_logged_together(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connections, "CHECK_SECONDS", 0.001)

    async def test() -> None:
        all_ = Connections(Limits(log_seconds=0.0))
        first, second = FakePeer(verdict="head_late"), FakePeer(verdict="head_late")
        all_.admit(first)
        all_.admit(second)
        while first.checked_at is None or second.checked_at is None:
            await asyncio.sleep(0)
        all_.remove(first)
        all_.remove(second)
        while all_._checking:
            await asyncio.sleep(0)

    with caplog.at_level("WARNING", logger="rawk"):
        in_a_loop(test)

    assert [record.fields for record in caplog.records] == [{"head_late": 2, "open": 2}]  # type: ignore[attr-defined]


@dataclass(eq=False)
class Broken(FakePeer):
    def check(self, now: float) -> str | None:
        super().check(now)
        raise OSError("Transport endpoint is not connected")


def test_a_connection_that_fails_while_it_is_ended_does_not_keep_others_from_being_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A client resets its connection at the moment in which the server ends it."""
    monkeypatch.setattr(connections, "CHECK_SECONDS", 0.001)

    async def test() -> None:
        all_ = Connections(Limits())
        broken, other, late = Broken(), FakePeer(verdict="head_late"), FakePeer(verdict="head_late")
        all_.admit(broken)
        all_.admit(other)
        while other.checked_at is None:
            await asyncio.sleep(0)
        assert broken.is_reset
        all_.remove(broken)
        all_.remove(other)
        all_.admit(late)
        while late.checked_at is None:
            await asyncio.sleep(0)
        all_.remove(late)

    in_a_loop(test)
