"""A client that follows a memory by server-sent events, as a browser's EventSource does.

When the connection ends it reconnects with the id of the last event (`Last-Event-ID`), until the API answers 204.
"""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx

TIMEOUT_REAL_SECONDS = 60.0
"""The API polls once a second of real time, whatever the virtual time is."""
RECONNECT_AFTER_REAL_SECONDS = 0.05


class StreamNotEnded(AssertionError):
    """The stream did not end in time. The text lists the statuses that arrived."""


class EventStreamClient:
    """Connects in a thread of its own. The constructor returns when the first event has arrived."""

    def __init__(self, url: Callable[[], str], headers: dict[str, str]) -> None:
        self._url = url
        self._headers = headers
        self._give_up_at = time.monotonic() + TIMEOUT_REAL_SECONDS
        self._last_id: str | None = None
        self._began = threading.Event()
        self.events: list[dict[str, Any]] = []
        """The data of each status event, in the order of arrival."""
        self.connections = 0
        """Number of connection attempts."""
        self.ended = False
        """Whether the API answered 204: there are no more events."""
        self._thread = threading.Thread(target=self._follow, name="event-stream", daemon=True)
        self._thread.start()
        self._began.wait(TIMEOUT_REAL_SECONDS)

    def statuses(self) -> list[str]:
        """Every status that arrived. Waits for the end of the stream; raises StreamNotEnded after 60 real seconds."""
        self._thread.join(max(0.0, self._give_up_at - time.monotonic()) + 1)
        statuses = [event["status"] for event in self.events]
        if not self.ended:
            raise StreamNotEnded(
                f"the event stream did not end within {TIMEOUT_REAL_SECONDS:g} s; statuses: {statuses}"
            )
        return statuses

    def _follow(self) -> None:
        with httpx.Client(timeout=30, trust_env=False, verify=False) as http:
            while not self.ended and time.monotonic() < self._give_up_at:
                self.connections += 1
                with contextlib.suppress(httpx.TransportError):  # reconnect, as a browser does
                    self.ended = self._connect(http)
                time.sleep(RECONNECT_AFTER_REAL_SECONDS)

    def _connect(self, http: httpx.Client) -> bool:
        """One connection until it ends. Whether the API answered 204."""
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
    """The fields of each complete event."""
    fields: dict[str, str] = {}
    for line in lines:
        if not line:
            yield fields
            fields = {}
            continue
        name, _, value = line.partition(":")
        if name:
            fields[name] = value.removeprefix(" ")
