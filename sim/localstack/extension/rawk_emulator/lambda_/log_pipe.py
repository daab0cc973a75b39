"""The output of a function's process, collected so that each invocation gets exactly what it wrote.

The answer arrives over HTTP and the output over a pipe, so at the moment of the answer some output may still be in the
pipe; `take` reads it first.
"""

import os
import select
import threading
from typing import IO

MAX_KEPT_BYTES = 4 * 1024 * 1024
"""A function that prints without end must not fill the emulator's memory; further output is dropped."""


class LogPipe:
    """Reads one process's output in the background."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._fd = pipe.fileno()
        self._lock = threading.Lock()
        self._chunks: list[bytes] = []
        self._kept_bytes = 0
        self._ended = threading.Event()
        os.set_blocking(self._fd, False)
        threading.Thread(target=self._read_on, name="function-output", daemon=True).start()

    def take(self) -> str:
        """All output since the last call."""
        with self._lock:
            self._drain()
            text = b"".join(self._chunks).decode("utf-8", errors="replace")
            self._chunks.clear()
            self._kept_bytes = 0
        return text

    def wait_for_end(self, limit_seconds: float) -> None:
        """Wait until every writer has closed its end, for the given seconds at most."""
        self._ended.wait(limit_seconds)

    def _read_on(self) -> None:
        poll = select.poll()
        poll.register(self._fd, select.POLLIN | select.POLLHUP)
        while not self._ended.is_set():
            poll.poll()
            with self._lock:
                self._drain()
        self._pipe.close()

    def _drain(self) -> None:
        while not self._ended.is_set():
            try:
                chunk = os.read(self._fd, 65536)
            except BlockingIOError:
                return
            if not chunk:
                self._ended.set()
            elif self._kept_bytes < MAX_KEPT_BYTES:
                self._chunks.append(chunk)
                self._kept_bytes += len(chunk)
