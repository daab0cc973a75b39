"""The file of the emulator's events, and the way to observe existing methods."""

import functools
import json
import os
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ..time import clock

Moment = dict[str, str]

MAX_BODY_BYTES = 4096
"""Job messages are short; a longer body belongs to no job, and is not parsed."""


RESOURCES = ("queue", "function", "resource", "principal")
"""The key that names what an event is about. The events of each such name are numbered (`seq`), from 1."""

_MEMORY_IN_KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_counts: dict[str, int] = {}
_counting = threading.Lock()


def counts(prefix: str) -> dict[str, int]:
    """How many events there were, by the name of what they are about, for names with this prefix."""
    return {name: count for name, count in dict(_counts).items() if name.startswith(prefix)}


def _next_number(fields: dict[str, object]) -> dict[str, int]:
    name = next((str(fields[key]) for key in RESOURCES if key in fields), None)
    if name is None:
        return {}
    with _counting:
        _counts[name] = number = _counts.get(name, 0) + 1
    return {"seq": number}


class Events:
    """The open file. Any thread may call `write`: an append is one system call, and never torn."""

    def __init__(self, path: str) -> None:
        self._handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        # This process may run in virtual time, and so may all of its clocks. The file system does not.
        os.utime(self._handle)
        self._real_at_zero = os.fstat(self._handle).st_mtime - time.monotonic()

    def now(self) -> Moment:
        """The machine's time (`at`) and virtual time (`virtual_at`)."""
        real_seconds = self._real_at_zero + time.monotonic()
        return {"at": _iso_format(real_seconds), "virtual_at": _iso_format(clock.now_seconds())}

    def write(self, kind: str, moment: Moment | None = None, **fields: object) -> None:
        """Append one event, as of now or of the moment given."""
        present = {name: value for name, value in fields.items() if value is not None and value != []}
        line = {**(moment or self.now()), "kind": kind, **_next_number(present), **present}
        os.write(self._handle, (json.dumps(line, default=str) + "\n").encode())


def _iso_format(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def patch_method(owner: Any, name: str, wrapper: Callable[..., Any]) -> None:
    """Replace a method or function by `wrapper(stock, *arguments)`; `stock` is the one that was replaced."""
    stock = getattr(owner, name)

    @functools.wraps(stock)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        return wrapper(stock, *arguments, **named)

    setattr(owner, name, wrapped)


def memory_id_in_key(key: object) -> str | None:
    """The memory that an object in S3 belongs to, by its key; None when the key names none."""
    found = _MEMORY_IN_KEY.search(key) if isinstance(key, str) else None
    return found[0] if found else None


def memory_id_in(body: str | None) -> str | None:
    """The memory that a job message is about; None when the message is not a job."""
    if not body or len(body) > MAX_BODY_BYTES or not body.lstrip().startswith("{"):
        return None
    try:
        memory_id = json.loads(body).get("memory_id")
    except ValueError:
        return None
    return memory_id if isinstance(memory_id, str) else None
