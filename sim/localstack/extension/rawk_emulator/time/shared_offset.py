"""Virtual time: real time plus an offset that all processes of a world share.

The offset is one number in a small file that every process maps into its memory; only the harness writes it. After
`travel`, a process reads virtual time from `time.time`, `datetime.now` and their relatives; monotonic clocks stay real.
Where the variable is not set, time is the machine's.
"""

import mmap
import os
import select
import socket
import struct
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CLOCK_VARIABLE = "SIM_CLOCK_FILE"
"""Names the file that holds the offset."""

UNANSWERED_AFTER_SECONDS = 0.1
"""In real time: a function whose call has no answer by then asks the platform whether there will be one."""

_NUMBER = struct.Struct("=d")


class SharedOffset:
    """Seconds that virtual time is ahead of the machine's clock."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Opens the file; creates it, with no offset, where there is none."""
        if not path.exists():
            path.write_bytes(_NUMBER.pack(0.0))
        access = mmap.ACCESS_READ if read_only else mmap.ACCESS_WRITE
        with path.open("rb" if read_only else "r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _NUMBER.size, access=access)

    def read(self) -> float:
        return float(_NUMBER.unpack_from(self._memory)[0])

    def write(self, seconds: float) -> None:
        # Eight aligned bytes: the processor writes them at once, so no reader sees half a number.
        self._memory[:] = _NUMBER.pack(seconds)


def travel(environment: Mapping[str, str] = os.environ) -> None:
    """Put this process, and its forks, into virtual time, if the environment names an offset file."""
    path = environment.get(CLOCK_VARIABLE)
    if not path:
        return
    import _time_machine  # type: ignore[import-not-found]
    import time_machine

    offset = SharedOffset(Path(path), read_only=True)
    global _machine_seconds
    _machine_seconds = _time_machine.original_time
    traveller = time_machine.travel(time.time()).start()
    traveller.time_ns = lambda: int(_time_machine.original_time_ns() + offset.read() * 1e9)  # type: ignore[method-assign]
    _keep_reactor_real()


def machine_seconds() -> float:
    """Seconds since 1970 by the machine's clock, also in a process that is in virtual time."""
    return _machine_seconds()


def sleep_in_virtual_time(seconds: float) -> None:
    """`time.sleep` of a function: the emulator lets the time pass (see clock.py), so that the virtual clock can skip
    it.
    """
    address = os.environ.get("AWS_LAMBDA_RUNTIME_API")
    if not address:
        _real_sleep(seconds)
        return
    request = urllib.request.Request(f"http://{address}/rawk/sleep?seconds={seconds}", data=b"", method="POST")
    with _NO_PROXY.open(request):
        pass


def receive_in_virtual_time(sock: Any, *arguments: Any) -> int:
    """`recv_into` of a function: while a fault leaves its call unanswered, its timeout passes in virtual time.

    The timeout is the socket's own, and ends in the same error. Any other answer is waited for in real time.
    """
    timeout, address = sock.gettimeout(), os.environ.get("AWS_LAMBDA_RUNTIME_API")
    if timeout and address and sock.family == socket.AF_INET:
        gives_up_at = time.monotonic() + timeout
        while not _has_data(sock, min(UNANSWERED_AFTER_SECONDS, left := gives_up_at - time.monotonic())):
            query = f"port={sock.getsockname()[1]}&seconds={left}"
            request = urllib.request.Request(f"http://{address}/rawk/answer?{query}", data=b"", method="POST")
            with _NO_PROXY.open(request) as answer:
                if answer.read() or left <= 0:
                    raise TimeoutError("timed out")
    return _real_receive(sock, *arguments)


def _has_data(sock: Any, within_seconds: float) -> bool:
    """Whether there is an answer, or an end or an error in its place."""
    poller = select.poll()
    poller.register(sock, select.POLLIN)
    return bool(poller.poll(max(0.0, within_seconds) * 1000))


def wait_through_platform() -> None:
    """From now on `time.sleep`, and sockets that wait for an answer, are in virtual time, for functions."""
    time.sleep = sleep_in_virtual_time  # type: ignore[assignment]
    socket.socket.recv_into = receive_in_virtual_time  # type: ignore[method-assign, assignment]


_real_sleep = time.sleep
_real_receive = socket.socket.recv_into
_machine_seconds = time.time
_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _keep_reactor_real() -> None:
    """Twisted measures idle connections by `time.time`; a jump would close every one of them."""
    try:
        from twisted.internet import base  # type: ignore[import-not-found]
        from twisted.python import runtime  # type: ignore[import-not-found]
    except ImportError:
        return
    runtime.seconds = base.runtimeSeconds = time.monotonic
    runtime.platform.seconds = base.ReactorBase.seconds = staticmethod(time.monotonic)
