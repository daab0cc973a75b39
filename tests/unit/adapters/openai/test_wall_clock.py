"""Whatever a call reads, writes or connects to gets what is left of the call's time, and no more."""

from dataclasses import dataclass, field
from ssl import SSLContext, create_default_context
from typing import Any

import httpcore2
import pytest

from rawk.adapters.openai.call_deadline import LONGEST_CONNECT_SECONDS, WRITE_BYTES, _Backend, http_client, limit
from tests.unit.api.world import StandingClock


@dataclass
class FakeNetwork(httpcore2.NetworkBackend, httpcore2.NetworkStream):
    """A backend and its one stream: notes the timeouts it is given, and takes its time."""

    clock: StandingClock
    takes_seconds: float = 0.0
    timeouts: list[float | None] = field(default_factory=list)
    written: bytes = b""
    fails: Exception | None = None

    def _pass(self, timeout: float | None) -> None:
        self.timeouts.append(timeout)
        self.clock.sleep(self.takes_seconds)
        if self.fails is not None:
            raise self.fails

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, *_: Any) -> httpcore2.NetworkStream:  # noqa: ARG002
        self._pass(timeout)
        return self

    def start_tls(
        self,
        ssl_context: SSLContext,  # noqa: ARG002
        server_hostname: str | None = None,  # noqa: ARG002
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        self._pass(timeout)
        return self

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        self._pass(timeout)
        return b"data"

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._pass(timeout)
        self.written += buffer

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


def test_the_client_speaks_through_our_backend(clock):
    """httpx2 keeps its pool to itself: should its insides change, this fails before a worker hangs."""
    with http_client(clock) as client:
        assert isinstance(client._transport._pool._network_backend, _Backend)


def test_each_read_gets_what_is_left(backend, network, clock):
    network.takes_seconds = 4.0
    with limit(clock, 10):
        stream = backend.connect_tcp("host", 443, 30)
        stream.read(100, 30)
        with pytest.raises(httpcore2.ReadTimeout):
            stream.read(100, 30)  # begins with 2 seconds left and takes 4

    assert network.timeouts == [LONGEST_CONNECT_SECONDS, 6, 2]


def test_a_shorter_timeout_stays_as_it_is(backend, network, clock):
    with limit(clock, 10):
        stream = backend.connect_tcp("host", 443, 3)
        stream.read(100, 2)
        stream.write(b"x", 1)

    assert network.timeouts == [3, 2, 1]


def test_connecting_gets_what_is_left_when_that_is_less(backend, network, clock):
    with limit(clock, 2):
        backend.connect_tcp("host", 443, None)

    assert network.timeouts == [2]


def test_a_large_write_is_cut_so_that_each_part_gets_what_is_left(backend, network, clock):
    network.takes_seconds = 1.0
    body = bytes(range(256)) * (WRITE_BYTES // 256 * 2) + b"end"
    with limit(clock, 10):
        backend.connect_tcp("host", 443).write(body, 30)

    assert network.timeouts[1:] == [9, 8, 7]
    assert network.written == body


def test_a_write_ends_with_the_time(backend, network, clock):
    network.takes_seconds = 1.0
    with limit(clock, 3):
        stream = backend.connect_tcp("host", 443)
        with pytest.raises(httpcore2.WriteTimeout):
            stream.write(b"x" * WRITE_BYTES * 10, 30)

    assert len(network.written) == 2 * WRITE_BYTES


def test_tls_is_limited_and_so_is_what_goes_through_it(backend, network, clock):
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
def test_once_the_time_is_used_up_nothing_is_begun(backend, network, clock, use, error):
    with limit(clock, 3):
        stream = backend.connect_tcp("host", 443)
        clock.sleep(3)
        with pytest.raises(error):
            use(stream)

    assert len(network.timeouts) == 1


def test_nor_is_a_connection(backend, network, clock):
    with limit(clock, 3):
        clock.sleep(3)
        with pytest.raises(httpcore2.ConnectTimeout):
            backend.connect_tcp("host", 443)

    assert network.timeouts == []


def test_a_connection_that_breaks_after_the_end_was_too_slow(backend, network, clock):
    with limit(clock, 3):
        stream = backend.connect_tcp("host", 443)
        network.fails, network.takes_seconds = httpcore2.ReadError("reset"), 3
        with pytest.raises(httpcore2.ReadTimeout):
            stream.read(1)


def test_a_connection_that_breaks_before_the_end_is_broken(backend, network, clock):
    with limit(clock, 3):
        stream = backend.connect_tcp("host", 443)
        network.fails, network.takes_seconds = httpcore2.ReadError("reset"), 1
        with pytest.raises(httpcore2.ReadError):
            stream.read(1)


def test_outside_of_a_limit_timeouts_pass_as_they_are(backend, network, clock):
    with limit(clock, 1):
        clock.sleep(2)

    stream = backend.connect_tcp("host", 443, 3)
    stream.read(100, 30)
    stream.read(100)

    assert network.timeouts == [3, 30, None]


def test_the_inner_limit_gives_way_to_the_outer_one_again(backend, network, clock):
    with limit(clock, 10):
        with limit(clock, 2):
            stream = backend.connect_tcp("host", 443)
        stream.read(1)

    assert network.timeouts == [2, 10]
