"""A deadline for every whole call to OpenAI.

httpx2's timeouts are per read: a server that sends one byte now and then never exceeds them. Here each read and write
gets only the remaining time of the call, and an answer that comes after the deadline is not accepted.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from ssl import SSLContext
from typing import Any

import httpcore2
import httpx2

from rawk.adapters.openai.bounded_answers import BoundedClient
from rawk.ports import Clock

LONGEST_CONNECT_SECONDS = 5.0
"""The SDK's own default, for each address of the host name."""

WRITE_BYTES = 16 * 1024
"""Largest single write: one write of a whole upload could wait for a slow reader many times."""

_ends_at: ContextVar[datetime | None] = ContextVar("call_ends_at", default=None)


@contextmanager
def limit(clock: Clock, seconds: float) -> Iterator[None]:
    """All network reads and writes inside share these seconds; after that they raise a timeout."""
    token = _ends_at.set(clock.now() + timedelta(seconds=seconds))
    try:
        yield
    finally:
        _ends_at.reset(token)


def http_client(clock: Clock, *, for_tls: bool = True) -> httpx2.Client:
    """An HTTP client whose calls obey `limit`, whose answers are bounded, and which follows no redirect.

    A redirect would send people's audio, and the key, to an address that no operator has configured.
    Reading the trusted certificates takes 20 ms of a cold start, which a client without TLS saves.
    """
    transport = httpx2.HTTPTransport(verify=for_tls)
    # httpx2 cannot set the network backend of its pool, httpcore2 can; a test checks that this one is used.
    transport._pool._network_backend = _Backend(httpcore2.SyncBackend(), clock)
    return BoundedClient(transport=transport, follow_redirects=False)


class _Backend(httpcore2.NetworkBackend):
    def __init__(self, backend: httpcore2.NetworkBackend, clock: Clock) -> None:
        self._backend = backend
        self._clock = clock

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        timeout = LONGEST_CONNECT_SECONDS if timeout is None else min(timeout, LONGEST_CONNECT_SECONDS)
        shorter = _shorter(timeout, self._clock, httpcore2.ConnectTimeout)
        stream = self._backend.connect_tcp(host, port, shorter, local_address, socket_options)
        return _Stream(stream, self._clock)


class _Stream(httpcore2.NetworkStream):
    def __init__(self, stream: httpcore2.NetworkStream, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            data = self._stream.read(max_bytes, _shorter(timeout, self._clock, httpcore2.ReadTimeout))
        except httpcore2.ReadError:
            _shorter(None, self._clock, httpcore2.ReadTimeout)
            raise
        _shorter(None, self._clock, httpcore2.ReadTimeout)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), WRITE_BYTES):
            shorter = _shorter(timeout, self._clock, httpcore2.WriteTimeout)
            self._stream.write(buffer[start : start + WRITE_BYTES], shorter)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        shorter = _shorter(timeout, self._clock, httpcore2.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, shorter), self._clock)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _shorter(timeout: float | None, clock: Clock, too_late: type[Exception]) -> float | None:
    """The smaller of the timeout and the remaining time of the call. Raises `too_late` when no time remains."""
    ends_at = _ends_at.get()
    if ends_at is None:
        return timeout
    left = (ends_at - clock.now()).total_seconds()
    if left <= 0:
        raise too_late("the call's time is used up")
    return left if timeout is None else min(timeout, left)
