"""An app that follows a memory by server-sent events, as a browser's EventSource does.

When the line breaks, or the stream ends, it comes back with the id of the last event that it saw, until it is told that
there is no more (204).
"""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx

PATIENCE_REAL_SECONDS = 60.0
"""Following takes real time: the server looks once a second, whatever the world's clock says."""
COMES_BACK_AFTER_SECONDS = 0.05


class NeverEnded(AssertionError):
    """What was followed did not come to its end; the text says how far it got."""


class Following:
    """Begun when made, in a thread of its own; returns once the first event has come."""

    def __init__(self, url: Callable[[], str], headers: dict[str, str]) -> None:
        self._url = url
        self._headers = headers
        self._give_up_at = time.monotonic() + PATIENCE_REAL_SECONDS
        self._last_id: str | None = None
        self._began = threading.Event()
        self.events: list[dict[str, Any]] = []
        """The data of each event, as it came."""
        self.connections = 0
        """How often it has connected, in vain or not."""
        self.ended = False
        """Whether it was told that there is no more."""
        self._thread = threading.Thread(target=self._follow, name="following", daemon=True)
        self._thread.start()
        self._began.wait(PATIENCE_REAL_SECONDS)

    def statuses(self) -> list[str]:
        """Every status that was told, once there is no more to come. Waits for that; raises NeverEnded."""
        self._thread.join(max(0.0, self._give_up_at - time.monotonic()) + 1)
        told = [event["status"] for event in self.events]
        if not self.ended:
            raise NeverEnded(f"followed for {PATIENCE_REAL_SECONDS:g} s and told {told}, and no end")
        return told

    def _follow(self) -> None:
        with httpx.Client(timeout=30, trust_env=False, verify=False) as http:
            while not self.ended and time.monotonic() < self._give_up_at:
                self.connections += 1
                with contextlib.suppress(httpx.TransportError):  # as a browser takes it: come back
                    self.ended = self._connect(http)
                time.sleep(COMES_BACK_AFTER_SECONDS)

    def _connect(self, http: httpx.Client) -> bool:
        """One connection to its end; whether there is nothing more to come."""
        seen = {} if self._last_id is None else {"Last-Event-ID": self._last_id}
        with http.stream("GET", self._url(), headers={**self._headers, **seen}) as answer:
            if answer.status_code == httpx.codes.OK:
                for event in _events(answer.iter_lines()):
                    self._take(event)
            return answer.status_code == httpx.codes.NO_CONTENT

    def _take(self, event: dict[str, str]) -> None:
        self._last_id = event.get("id", self._last_id)
        if event.get("event") == "status":
            self.events.append(json.loads(event["data"]))
            self._began.set()


def _events(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    """Each event's fields; an event that was cut off is none."""
    fields: dict[str, str] = {}
    for line in lines:
        if not line:
            yield fields
            fields = {}
            continue
        name, _, value = line.partition(":")
        if name:
            fields[name] = value.removeprefix(" ")
