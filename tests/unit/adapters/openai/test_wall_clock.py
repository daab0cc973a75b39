"""Every read, write and connection of a call gets the remaining time of the call, and no more."""

from dataclasses import dataclass, field
from ssl import SSLContext, create_default_context
from typing import Any

import httpcore2
import pytest

from rawk.adapters.openai.call_deadline import LONGEST_CONNECT_SECONDS, WRITE_BYTES, _Backend, http_client, limit
from tests.unit.api.world import StandingClock


@dataclass
class FakeNetwork(httpcore2.NetworkBackend, httpcore2.NetworkStream):
    """A backend and its one stream: records its timeouts and what else the last call asked for, and takes time."""

    clock: StandingClock
    takes_seconds: float = 0.0
    timeouts: list[float | None] = field(default_factory=list)
    asked: tuple[Any, ...] = ()
    written: bytes = b""
    fails: Exception | None = None

    def _pass(self, timeout: float | None, *asked: Any) -> None:
        self.timeouts.append(timeout)
        self.asked = asked
        self.clock.sleep(self.takes_seconds)
        if self.fails is not None:
            raise self.fails

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, *more: Any) -> httpcore2.NetworkStream:
        self._pass(timeout, host, port, *more)
        return self

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        self._pass(timeout, ssl_context, server_hostname)
        return self

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._pass(timeout, max_bytes)
        return b"data"

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._pass(timeout)
        self.written += buffer

    def get_extra_info(self, info: str) -> Any:
        return f"{info} of the network"

    def close(self) -> None: ...


@pytest.fixture
def clock():
    return StandingClock()


@pytest.fixture
def network(clock):
    return FakeNetwork(clock)


@pytest.fixture
def backend(network, clock):
    return _Backend(network, clock)


def test_everything_but_the_timeout_reaches_the_network_unchanged(backend, network):
    options = [(1, 2, 3)]
    stream = backend.connect_tcp("host", 443, 3, "10.0.0.1", options)
    assert network.asked == ("host", 443, "10.0.0.1", options)

    context = create_default_context()
    stream.start_tls(context, "name", 3)
    assert network.asked == (context, "name")

    assert stream.read(100) == b"data"
    assert network.asked == (100,)
    assert stream.get_extra_info("socket") == "socket of the network"


def test_the_client_uses_our_network_backend(clock):
    """The pool of httpx2 is private: if it changes, this test fails before a worker hangs."""
    with http_client(clock) as client:
        assert isinstance(client._transport._pool._network_backend, _Backend)


def test_each_read_gets_the_remaining_time(backend, network, clock):
    network.takes_seconds = 4.0
    with limit(clock, 10):
        stream = backend.connect_tcp("host", 443, 30)
        stream.read(100, 30)
        with pytest.raises(httpcore2.ReadTimeout):
            stream.read(100, 30)  # begins with 2 seconds left and takes 4

    assert network.timeouts == [LONGEST_CONNECT_SECONDS, 6, 2]


def test_a_shorter_timeout_is_kept(backend, network, clock):
    with limit(clock, 10):
        stream = backend.connect_tcp("host", 443, 3)
        stream.read(100, 2)
        stream.write(b"x", 1)
        stream.start_tls(create_default_context(), "host", 4)

    assert network.timeouts == [3, 2, 1, 4]


def test_connecting_gets_the_remaining_time_if_that_is_less(backend, network, clock):
    with limit(clock, 2):
        backend.connect_tcp("host", 443, None)

    assert network.timeouts == [2]


def test_a_large_write_is_split_so_that_each_part_gets_the_remaining_time(backend, network, clock):
    network.takes_seconds = 1.0
    body = bytes(range(256)) * (WRITE_BYTES // 256 * 2) + b"end"
    with limit(clock, 10):
        backend.connect_tcp("host", 443).write(body, 30)

    assert network.timeouts[1:] == [9, 8, 7]
    assert network.written == body


def test_a_write_times_out_at_the_deadline(backend, network, clock):
    network.takes_seconds = 1.0
    with limit(clock, 3):
        stream = backend.connect_tcp("host", 443)
        with pytest.raises(httpcore2.WriteTimeout):
            stream.write(b"x" * WRITE_BYTES * 10, 30)

    assert len(network.written) == 2 * WRITE_BYTES


def test_tls_and_its_reads_and_writes_have_the_deadline(backend, network, clock):
    network.takes_seconds = 1.0
    with limit(clock, 3):
        stream = backend.connect_tcp("host", 443).start_tls(create_default_context(), "host", 30)
        with pytest.raises(httpcore2.ReadTimeout):
            stream.read(100, 30)

    assert network.timeouts == [3, 2, 1]


@pytest.mark.parametrize(
    ("use", "error"),
    [
        (lambda stream: stream.read(1), httpcore2.ReadTimeout),
        (lambda stream: stream.write(b"x"), httpcore2.WriteTimeout),
        (lambda stream: stream.start_tls(create_default_context()), httpcore2.ConnectTimeout),
    ],
    ids=["read", "write", "TLS"],
)
def test_after_the_deadline_no_read_or_write_starts(backend, network, clock, use, error):
    with limit(clock, 3):
        stream = backend.connect_tcp("host", 443)
        clock.sleep(3)
        with pytest.raises(error):
            use(stream)

    assert len(network.timeouts) == 1


def test_after_the_deadline_no_connection_starts(backend, network, clock):
    with limit(clock, 3):
        clock.sleep(3)
        with pytest.raises(httpcore2.ConnectTimeout):
            backend.connect_tcp("host", 443)

    assert network.timeouts == []


def test_a_connection_that_breaks_after_the_deadline_is_a_timeout(backend, network, clock):
    with limit(clock, 3):
        stream = backend.connect_tcp("host", 443)
        network.fails, network.takes_seconds = httpcore2.ReadError("reset"), 3
        with pytest.raises(httpcore2.ReadTimeout):
            stream.read(1)


def test_a_connection_that_breaks_before_the_deadline_is_a_connection_error(backend, network, clock):
    with limit(clock, 3):
        stream = backend.connect_tcp("host", 443)
        network.fails, network.takes_seconds = httpcore2.ReadError("reset"), 1
        with pytest.raises(httpcore2.ReadError):
            stream.read(1)


def test_without_a_limit_timeouts_are_unchanged(backend, network, clock):
    with limit(clock, 1):
        clock.sleep(2)

    stream = backend.connect_tcp("host", 443, 3)
    stream.read(100, 30)
    stream.read(100)

    assert network.timeouts == [3, 30, None]


def test_after_an_inner_limit_the_outer_one_applies_again(backend, network, clock):
    with limit(clock, 10):
        with limit(clock, 2):
            stream = backend.connect_tcp("host", 443)
        stream.read(1)

    assert network.timeouts == [2, 10]
