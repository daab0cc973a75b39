"""The file that what happens in the emulator is written to, and the way to listen in on what is there already."""

import functools
import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ..time import clock

Moment = dict[str, str]

LONGEST_BODY_BYTES = 4096
"""Job messages are short; what is longer is not ours, and is not parsed to find out."""


class Events:
    """The open file. `write` may be called from any thread: an append is one system call, and never torn."""

    def __init__(self, path: str) -> None:
        self._handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        # This process may live in the world's time, and so every clock that tells a date. The file system does not.
        os.utime(self._handle)
        self._real_at_zero = os.fstat(self._handle).st_mtime - time.monotonic()

    def now(self) -> Moment:
        """The machine's time (`at`) and the world's (`virtual_at`)."""
        real_seconds = self._real_at_zero + time.monotonic()
        return {"at": _written(real_seconds), "virtual_at": _written(clock.now_seconds())}

    def write(self, kind: str, moment: Moment | None = None, **fields: object) -> None:
        """Append one event, as of now or of the moment given."""
        told = {name: value for name, value in fields.items() if value is not None and value != []}
        line = {**(moment or self.now()), "kind": kind, **told}
        os.write(self._handle, (json.dumps(line, default=str) + "\n").encode())


def _written(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def around(owner: Any, name: str, wrapper: Callable[..., Any]) -> None:
    """Put `wrapper(stock, *arguments)` in place of a method or function; `stock` is what was there."""
    stock = getattr(owner, name)

    @functools.wraps(stock)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        return wrapper(stock, *arguments, **named)

    setattr(owner, name, wrapped)


def memory_id_in(body: str | None) -> str | None:
    """The memory a job message is about; None when the message is not one of ours."""
    if not body or len(body) > LONGEST_BODY_BYTES or not body.lstrip().startswith("{"):
        return None
    try:
        memory_id = json.loads(body).get("memory_id")
    except ValueError:
        return None
    return memory_id if isinstance(memory_id, str) else None
