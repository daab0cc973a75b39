"""Clients without a key: chunks of one byte, connections that send nothing or little, and one that never reads."""

import json
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from benchmarks.api.servers import IN_MEMORY, Server, bare, bounded
from benchmarks.figures import Figure

PATIENCE_SECONDS = 5.0
"""What /healthz gets before the measurement gives up; a load balancer waits as long."""
LIMITS = {"head_seconds": 2, "unread_seconds": 2, "refusal_seconds": 1}
"""Shorter than the product's (10 s, 20 s, 2 s), so that a measurement does not take a minute."""
LONGEST_SECONDS = 15.0

CHUNKED = (
    b"POST /api/v1/memories HTTP/1.1\r\nHost: rawk\r\nTransfer-Encoding: chunked\r\n"
    b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
)
CRUMBS = b"1\r\nx\r\n" * 10_000
DOCUMENT = b"GET /openapi.json HTTP/1.1\r\nHost: rawk\r\n\r\n"


def measure(folder: Path, quick: bool) -> list[Figure]:
    asked = 10 if quick else 30
    half_open, slow = (600, 60) if quick else (1_100, 200)
    found: list[tuple[str, str, float, Callable[[Server], float]]] = [
        (f"slowest /healthz of {asked} while 4 clients send chunks of one byte", "ms", 250, _while_crumbs_come(asked)),
        (f"slowest /healthz of {asked} beside {half_open} silent connections", "ms", 250, _beside(half_open, asked)),
        (f"connections kept of {half_open} silent ones", "", 512, _kept_of(half_open)),
        (f"{slow} connections with slow heads: until all have ended (limit 2 s)", "s", 5, _slow_heads(slow)),
        ("5 clients that never read: until all have been reset (limit 2 s)", "s", 5, _never_read(5)),
    ]
    with _more_files():
        with bounded(IN_MEMORY, folder, limits=json.dumps(LIMITS)) as server:
            ours = [each(server) for *_, each in found]
        theirs = []
        for *_, each in found:  # a server each: what one of them leaves behind would count for the next
            with bare(IN_MEMORY, folder) as server:
                theirs.append(each(server))
    return [
        Figure(name, unit, target, measured, beside, "uvicorn with h11")
        for (name, unit, target, _), measured, beside in zip(found, ours, theirs, strict=True)
    ]


def _slowest(server: Server, asked: int) -> float:
    """Ends early at the first request that gets no answer."""
    slowest = 0.0
    for _ in range(asked):
        slowest = max(slowest, server.milliseconds("/healthz", PATIENCE_SECONDS))
        if slowest >= PATIENCE_SECONDS * 1000:
            break
    return slowest


def _while_crumbs_come(asked: int) -> Callable[[Server], float]:
    def measure_(server: Server) -> float:
        ended = threading.Event()
        senders = [threading.Thread(target=_send_crumbs, args=(server, ended)) for _ in range(4)]
        for each in senders:
            each.start()
        try:
            return _slowest(server, asked)
        finally:
            ended.set()
            for each in senders:
                each.join()

    return measure_


def _send_crumbs(server: Server, ended: threading.Event) -> None:
    while not ended.is_set():
        with suppress(OSError), server.connect() as connection:
            connection.settimeout(1)
            connection.sendall(CHUNKED)
            while not ended.is_set():
                connection.sendall(CRUMBS)


def _silent(server: Server, count: int) -> Iterator[socket.socket]:
    for number in range(count):
        with suppress(OSError):
            yield server.connect(f"127.0.0.{2 + number % 50}")


def _beside(count: int, asked: int) -> Callable[[Server], float]:
    def measure_(server: Server) -> float:
        with ExitStack() as held:
            for each in _silent(server, count):
                held.enter_context(each)
            return _slowest(server, asked)

    return measure_


def _kept_of(count: int) -> Callable[[Server], float]:
    def measure_(server: Server) -> float:
        with ExitStack() as held:
            for each in _silent(server, count):
                held.enter_context(each)
            server.milliseconds("/healthz", PATIENCE_SECONDS)  # by its answer all before it are accepted
            return float(server.connections)

    return measure_


def _slow_heads(count: int) -> Callable[[Server], float]:
    def measure_(server: Server) -> float:
        with ExitStack() as held:
            slow = [held.enter_context(each) for each in _silent(server, count)]
            return _until_all_have_ended(server, lambda: _send_one_byte(slow))

    return measure_


def _send_one_byte(connections: list[socket.socket]) -> None:
    for each in connections:
        with suppress(OSError):
            each.send(b"G")


def _never_read(count: int) -> Callable[[Server], float]:
    def measure_(server: Server) -> float:
        with ExitStack() as held:
            for each in _silent(server, count):
                connection = held.enter_context(each)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                connection.settimeout(0.2)
                with suppress(OSError):  # it takes no more
                    for _ in range(10):
                        connection.sendall(DOCUMENT * 20)
            return _until_all_have_ended(server, lambda: None)

    return measure_


def _until_all_have_ended(server: Server, meanwhile: Callable[[], None]) -> float:
    """In seconds; LONGEST_SECONDS where some have not."""
    server.milliseconds("/healthz", PATIENCE_SECONDS)  # by its answer all before it are accepted
    began = time.monotonic()
    while server.connections and time.monotonic() - began < LONGEST_SECONDS:
        meanwhile()
        time.sleep(0.1)
    return min(LONGEST_SECONDS, time.monotonic() - began)


@contextmanager
def _more_files() -> Iterator[None]:
    """This process may open 4,000 files meanwhile; the servers keep the usual limit."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(4_000, before[0]), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
