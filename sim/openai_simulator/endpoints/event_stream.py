"""Answers as a stream of server-sent events, https://html.spec.whatwg.org/multipage/server-sent-events.html."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from sim.openai_simulator.http.server import Answer

HEADERS = {"content-type": "text/event-stream; charset=utf-8"}
DONE = b"data: [DONE]\n\n"
PADDED_CHARACTERS = 16


def event_stream(events: Iterable[Mapping[str, Any]], *, named: bool = False, done: bool = True) -> Answer:
    """One chunk of the body for each event. Responses name their events; the others end with `[DONE]`."""
    pieces = [_written(event, named=named) for event in events]
    return Answer.of_pieces(200, [*pieces, DONE] if done else pieces, HEADERS)


def padding(text: str) -> str:
    """`obfuscation`: characters that hide how long a delta is."""
    return hashlib.sha256(text.encode()).hexdigest()[: PADDED_CHARACTERS - len(text) % PADDED_CHARACTERS]


def _written(event: Mapping[str, Any], *, named: bool) -> bytes:
    head = f"event: {event['type']}\n" if named else ""
    return f"{head}data: {json.dumps(event, ensure_ascii=False)}\n\n".encode()
