"""A client of the fork server (see fork_server.py): starts processes through it, and learns their exit codes."""

import itertools
import json
import os
import socket
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from ..in_function.fork_server import MAX_MESSAGE_BYTES

START_LIMIT_SECONDS = 10.0


class ForkServerGone(Exception):
    """The fork server does not answer any more."""


class ForkedProcess:
    """The part of `subprocess.Popen` that is needed. `stdout` is the pipe of the process's output and errors."""

    def __init__(self, stdout: BinaryIO | None) -> None:
        self.stdout = stdout
        self.pid = 0
        self.returncode: int | None = None
        self._started = threading.Event()
        self._ended = threading.Event()

    def poll(self) -> int | None:
        """The exit code (negative: the number of the signal that killed it); None while it runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end. Raises TimeoutError when it still runs after the given seconds."""
        if not self._ended.wait(timeout):
            raise TimeoutError(f"process {self.pid} still runs")
        assert self.returncode is not None
        return self.returncode


class ForkServerClient:
    """One connection. When it closes, for whatever reason, the processes that were started over it are killed."""

    def __init__(self, socket_path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.connect(socket_path)
        self._tickets = itertools.count(1)
        self._lock = threading.Lock()
        self._starting: dict[int, ForkedProcess] = {}
        self._running: dict[int, ForkedProcess] = {}
        threading.Thread(target=self._listen, name="fork-server-client", daemon=True).start()

    def close(self) -> None:
        """Kill all processes that still run."""
        self._socket.close()

    def start(self, argv: Sequence[str], env: Mapping[str, str], cwd: Path, output: int | None = None) -> ForkedProcess:
        """Run `SCRIPT …` or `-m MODULE …`. `output` is a file for the output; without it `stdout` is a pipe.

        Raises ForkServerGone.
        """
        reading, writing = os.pipe() if output is None else (None, output)
        process = ForkedProcess(None if reading is None else os.fdopen(reading, "rb", buffering=0))
        ticket = next(self._tickets)
        request = {"ticket": ticket, "argv": [str(each) for each in argv], "env": dict(env), "cwd": str(cwd)}
        with self._lock:
            self._starting[ticket] = process
        try:
            socket.send_fds(self._socket, [json.dumps(request).encode()], [writing])
        except OSError as error:
            raise ForkServerGone("the fork server does not answer any more") from error
        finally:
            if output is None:
                os.close(writing)
        if not process._started.wait(START_LIMIT_SECONDS) or not process.pid:
            raise ForkServerGone("the fork server did not start the process")
        return process

    def _listen(self) -> None:
        while True:
            try:
                data = self._socket.recv(MAX_MESSAGE_BYTES)
            except OSError:
                data = b""
            if not data:
                self._lose_all()
                return
            message = json.loads(data)
            if "ticket" in message:
                self._has_started(message["ticket"], message["pid"])
            else:
                self._has_ended(message["ended"], message["exit_code"])

    def _has_started(self, ticket: int, pid: int) -> None:
        with self._lock:
            process = self._starting.pop(ticket)
            self._running[pid] = process
        process.pid = pid
        process._started.set()

    def _has_ended(self, pid: int, exit_code: int) -> None:
        with self._lock:
            process = self._running.pop(pid)
        process.returncode = exit_code
        process._ended.set()

    def _lose_all(self) -> None:
        """The server is gone, and with it every process that it started."""
        with self._lock:
            lost = [*self._starting.values(), *self._running.values()]
            self._starting.clear()
            self._running.clear()
        for process in lost:
            process.returncode = -9
            process._started.set()
            process._ended.set()
