"""What all viewers see: the run, its feed, and the state. One thread writes it, any number of viewers read it.

A viewer is a position in the feed, not a queue: a slow one costs no memory and delays nobody.
"""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

EVENTS_AT_ONCE = 200
"""Of the feed, in one write to a viewer."""
STATE_EVERY_SECONDS = 0.2
SILENCE_SECONDS = 15.0
"""After so long without an event a comment is sent, so that neither side takes the connection for dead."""
RECONNECT_MILLISECONDS = 1000


@dataclass(frozen=True)
class Snapshot:
    """What is to be sent, at one moment. The list of events only grows."""

    run: str
    events: list[str]
    state: str
    state_number: int


class Broadcast:
    """Safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._run = ""
        self._events: list[str] = []
        self._state, self._state_number = "{}", 0
        self._waiting: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        self._closed = False

    # for the thread that writes

    def begin_run(self, run: str) -> None:
        """From now on the events are those of another run."""
        with self._lock:
            self._run, self._events = run, []
        self._wake()

    def add(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Append to the feed."""
        texts = [json.dumps(event, separators=(",", ":")) for event in events]
        if texts:
            with self._lock:
                self._events.extend(texts)
            self._wake()

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Replace the state."""
        with self._lock:
            self._state, self._state_number = json.dumps(state, separators=(",", ":")), self._state_number + 1
        self._wake()

    def close(self) -> None:
        """End all streams."""
        self._closed = True
        self._wake()

    # for viewers

    @property
    def viewers(self) -> int:
        """How many streams are open."""
        return len(self._waiting)

    @property
    def state(self) -> str:
        """The state as JSON."""
        return self._state

    def snapshot(self) -> Snapshot:
        with self._lock:
            return Snapshot(self._run, self._events, self._state, self._state_number)

    async def stream(self, last_seen: str = "") -> AsyncIterator[str]:
        """Server-sent events for one viewer; `last_seen` is the id of the last event that it has."""
        run, position = _position(last_seen)
        changed, loop = asyncio.Event(), asyncio.get_running_loop()
        state_number, next_state_at = 0, 0.0
        with self._lock:
            self._waiting[changed] = loop
        try:
            yield f"retry: {RECONNECT_MILLISECONDS}\n\n"
            while not self._closed:
                changed.clear()
                now = self.snapshot()
                if now.run and now.run != run:
                    run, position = now.run, 0
                    yield _event("run", json.dumps({"run": run}))
                if now.state_number != state_number and loop.time() >= next_state_at:
                    state_number, next_state_at = now.state_number, loop.time() + STATE_EVERY_SECONDS
                    yield _event("state", now.state)
                batch = now.events[position : position + EVENTS_AT_ONCE]
                if batch:
                    numbered = enumerate(batch, position + 1)
                    yield "".join(f"id: {run}.{number}\ndata: {text}\n\n" for number, text in numbered)
                    position += len(batch)
                    continue
                has_state = now.state_number != state_number
                if not await _set_within(changed, next_state_at - loop.time() if has_state else SILENCE_SECONDS):
                    yield ": \n\n"
        finally:
            with self._lock:
                del self._waiting[changed]

    def _wake(self) -> None:
        with self._lock:
            for changed, loop in self._waiting.items():
                if not loop.is_closed():
                    loop.call_soon_threadsafe(changed.set)


def _event(name: str, data: str) -> str:
    return f"event: {name}\ndata: {data}\n\n"


def _position(last_seen: str) -> tuple[str, int]:
    """Run and number of an event's id. Anything else is no position: the viewer gets everything."""
    run, _, number = last_seen.rpartition(".")
    return (run, int(number)) if run and number.isdecimal() else ("", 0)


async def _set_within(changed: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(max(seconds, 0.0)):
            await changed.wait()
    except TimeoutError:
        return False
    return True
