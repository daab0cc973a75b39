"""Streams of viewers: from the beginning, from where they were, of another run, and slow ones."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from starlette.types import Message

from sim.demo import broadcast as module
from sim.demo.broadcast import EVENTS_AT_ONCE, Broadcast
from sim.demo.http import app as app_module
from sim.demo.http.app import PatientStream

pytestmark = pytest.mark.anyio

type Received = list[tuple[str, str, Any]]
"""Name, id and data of server-sent events."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def broadcast() -> Broadcast:
    made = Broadcast()
    made.begin_run("run-1")
    return made


def events(first: int, last: int) -> list[dict[str, Any]]:
    return [{"n": number, "kind": "event", "at": number / 10} for number in range(first, last + 1)]


def parse(text: str) -> Received:
    received: Received = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith((":", "retry")))
        if fields:
            received.append((fields.get("event", ""), fields.get("id", ""), json.loads(fields["data"])))
    return received


async def read(stream: AsyncIterator[str], until: Callable[[Received], bool]) -> Received:
    received: Received = []
    async with asyncio.timeout(5):
        async for text in stream:
            received += parse(text)
            if until(received):
                break
    return received


def numbers(received: Received) -> list[int]:
    return [data["n"] for name, _, data in received if not name]


async def test_a_new_viewer_gets_the_run_the_state_and_the_whole_feed(broadcast: Broadcast) -> None:
    broadcast.set_state({"phase": "ready"})
    broadcast.add(events(1, 3))

    received = await read(broadcast.stream(), lambda got: len(numbers(got)) == 3)

    assert received[:2] == [("run", "", {"run": "run-1"}), ("state", "", {"phase": "ready"})]
    assert [each[1] for each in received[2:]] == ["run-1.1", "run-1.2", "run-1.3"]


async def test_a_returning_viewer_gets_what_it_has_missed(broadcast: Broadcast) -> None:
    broadcast.add(events(1, 5))

    received = await read(broadcast.stream("run-1.3"), lambda got: len(numbers(got)) == 2)

    assert numbers(received) == [4, 5]
    assert "run" not in [name for name, _, _ in received]


@pytest.mark.parametrize("last_seen", ["run-0.3", "nonsense", ".", "run-1.", "run-1.-1", "run-1.x", "3"])
async def test_a_position_of_another_run_is_the_beginning(broadcast: Broadcast, last_seen: str) -> None:
    broadcast.add(events(1, 2))

    received = await read(broadcast.stream(last_seen), lambda got: len(numbers(got)) == 2)

    assert received[0] == ("run", "", {"run": "run-1"})
    assert numbers(received) == [1, 2]


async def test_a_position_beyond_the_end_waits_for_what_follows(broadcast: Broadcast) -> None:
    broadcast.add(events(1, 2))
    broadcast.set_state({})

    received = await read(broadcast.stream("run-1.99"), lambda got: bool(got))

    assert numbers(received) == []


async def test_a_restart_is_announced_before_its_events(broadcast: Broadcast) -> None:
    broadcast.add(events(1, 2))
    stream = broadcast.stream()
    await read(stream, lambda got: len(numbers(got)) == 2)

    broadcast.begin_run("run-2")
    broadcast.add(events(1, 1))
    received = await read(stream, lambda got: len(numbers(got)) == 1)

    assert [(name, id_) for name, id_, _ in received if name != "state"] == [("run", ""), ("", "run-2.1")]


async def test_several_viewers_get_the_same(broadcast: Broadcast) -> None:
    first, second = broadcast.stream(), broadcast.stream()
    both = asyncio.gather(*(read(each, lambda got: len(numbers(got)) == 600) for each in (first, second)))
    await asyncio.sleep(0)
    assert broadcast.viewers in (0, 1, 2)

    for number in range(1, 601, 3):
        broadcast.add(events(number, number + 2))

    one, other = await both
    assert numbers(one) == numbers(other) == list(range(1, 601))


async def test_a_viewer_that_leaves_is_forgotten(broadcast: Broadcast) -> None:
    stream = broadcast.stream()
    await anext(stream)
    assert broadcast.viewers == 1

    await stream.aclose()

    assert broadcast.viewers == 0


async def test_states_are_sent_at_most_five_times_a_second(
    broadcast: Broadcast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STATE_EVERY_SECONDS", 0.05)
    began = asyncio.get_running_loop().time()
    broadcast.set_state({"number": 0})
    stream = broadcast.stream()
    await read(stream, lambda got: bool(got) and got[-1][0] == "state")

    for number in range(1, 100):
        broadcast.set_state({"number": number})
    received = await read(stream, lambda got: bool(got))

    assert received == [("state", "", {"number": 99})]
    assert asyncio.get_running_loop().time() - began >= 0.05


async def test_a_silent_stream_says_that_it_lives(broadcast: Broadcast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENCE_SECONDS", 0.01)
    stream = broadcast.stream("run-1.0")

    texts = [await anext(stream) for _ in range(4)]

    assert ": \n\n" in texts


async def test_all_streams_end_with_the_server(broadcast: Broadcast) -> None:
    stream = broadcast.stream()
    await anext(stream)

    broadcast.close()

    assert [text async for text in stream if "data" in text] == []


async def test_a_viewer_that_takes_nothing_is_disconnected_and_delays_nobody(
    broadcast: Broadcast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_module, "SLOWEST_SEND_SECONDS", 0.05)
    broadcast.add(events(1, 3 * EVENTS_AT_ONCE))

    async def never_disconnects() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def takes_the_head_only(message: Message) -> None:
        if message["type"] != "http.response.start":
            await asyncio.Event().wait()

    slow = PatientStream(broadcast.stream(), media_type="text/event-stream")
    async with asyncio.timeout(5):
        await slow({"type": "http"}, never_disconnects, takes_the_head_only)

    assert len(numbers(await read(broadcast.stream(), lambda got: len(numbers(got)) == 3 * EVENTS_AT_ONCE)))
