"""A function's call that a fault leaves unanswered: the socket's own timeout ends it, in virtual time."""

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

import pytest

from sim.localstack.extension.rawk_emulator.chaos.unanswered import unanswered
from sim.localstack.extension.rawk_emulator.introspection.activity import Activity
from sim.localstack.extension.rawk_emulator.lambda_.runtime_api import Invocation, RuntimeApi
from sim.localstack.extension.rawk_emulator.time import clock, shared_offset

AN_HOUR = 3600.0
REAL_SECONDS = 20.0


class Function:
    """A client in this process whose sockets wait as a function's do, and the platform that it asks."""

    def __init__(self, api: RuntimeApi, jump: Callable[[float], None]) -> None:
        self.jump = jump
        self.activity = Activity("an invocation")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = ThreadPoolExecutor(1)
        api.offer(Invocation("1", "arn", b"{}"), 0, self.activity)

    def call(self, timeout_seconds: float | None) -> tuple[Future[bytes], socket.socket]:
        """Send a request; returns what it will receive, and the server's end."""
        client = http.client.HTTPConnection(*self._listener.getsockname(), timeout=timeout_seconds)
        client.request("GET", "/")
        server, (_, self.port) = self._listener.accept()
        server.recv(65_536)
        return self._thread.submit(_answer_of, client), server

    def falls_asleep(self) -> bool:
        ends_at = time.monotonic() + REAL_SECONDS
        while not self.activity.sleeping and time.monotonic() < ends_at:
            threading.Event().wait(0.01)
        return bool(self.activity.sleeping)

    def close(self) -> None:
        self._thread.shutdown()
        self._listener.close()


def _answer_of(client: http.client.HTTPConnection) -> bytes:
    with closing(client), client.getresponse() as answer:
        return answer.read()


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Iterator[Function]:
    ahead = [0.0]

    def jump(seconds: float) -> None:
        ahead[0] += seconds
        clock.wake()

    monkeypatch.setattr(clock, "now_seconds", lambda: time.time() + ahead[0])
    monkeypatch.setattr(socket.socket, "recv_into", shared_offset.receive_in_virtual_time, raising=False)
    api = RuntimeApi()
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", api.address)
    function = Function(api, jump)
    yield function
    api.close()
    function.close()


ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone"


def test_the_timeout_of_an_unanswered_call_comes_by_a_jump_of_virtual_time(function: Function) -> None:
    received, server = function.call(AN_HOUR)
    with server, unanswered(function.port):
        assert function.falls_asleep()
        function.jump(AN_HOUR - 60)
        with pytest.raises(TimeoutError):
            received.result(0.5)  # a minute is left
        assert not received.done()

        function.jump(61)
        with pytest.raises(TimeoutError, match=r"^timed out$"):
            received.result(REAL_SECONDS)
    assert function.activity.sleeping == 0


def test_the_clock_knows_when_the_timeout_comes(function: Function) -> None:
    received, server = function.call(AN_HOUR)
    with server, unanswered(function.port):
        assert function.falls_asleep()
        due = clock.next_due_seconds()
        assert due is not None
        assert AN_HOUR - REAL_SECONDS < due - clock.now_seconds() <= AN_HOUR
        server.sendall(ANSWER)
    assert received.result(REAL_SECONDS) == b"done"


def test_a_call_that_someone_works_on_is_waited_for_in_real_time(function: Function) -> None:
    received, server = function.call(AN_HOUR)
    with server:
        with pytest.raises(TimeoutError):
            received.result(3 * shared_offset.UNANSWERED_AFTER_SECONDS)
        function.jump(2 * AN_HOUR)
        with pytest.raises(TimeoutError):
            received.result(3 * shared_offset.UNANSWERED_AFTER_SECONDS)
        assert not received.done()
        assert function.activity.sleeping == 0
        server.sendall(ANSWER)
        assert received.result(REAL_SECONDS) == b"done"


def test_a_function_wakes_when_the_fault_ends(function: Function) -> None:
    received, server = function.call(AN_HOUR)
    with server:
        with unanswered(function.port):
            assert function.falls_asleep()
        server.sendall(ANSWER)
        assert received.result(REAL_SECONDS) == b"done"
    assert function.activity.sleeping == 0


def test_another_functions_unanswered_call_changes_nothing(function: Function) -> None:
    received, server = function.call(AN_HOUR)
    with server, unanswered(function.port + 1):
        function.jump(2 * AN_HOUR)
        with pytest.raises(TimeoutError):
            received.result(3 * shared_offset.UNANSWERED_AFTER_SECONDS)
        assert not received.done()
        server.sendall(ANSWER)
        assert received.result(REAL_SECONDS) == b"done"


def test_without_a_jump_the_timeout_comes_in_real_time(function: Function) -> None:
    received, server = function.call(0.5)
    with server, pytest.raises(TimeoutError, match=r"^timed out$"):
        received.result(REAL_SECONDS)


def test_a_reset_in_place_of_an_answer_is_seen_at_once(function: Function) -> None:
    received, server = function.call(AN_HOUR)
    with unanswered(function.port):
        assert function.falls_asleep()
    server.close()
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        received.result(REAL_SECONDS)


def test_a_socket_without_a_timeout_waits_for_ever(function: Function) -> None:
    received, server = function.call(None)
    with server, unanswered(function.port):
        function.jump(AN_HOUR)
        with pytest.raises(TimeoutError):
            received.result(3 * shared_offset.UNANSWERED_AFTER_SECONDS)
        assert not received.done()
        server.sendall(ANSWER)
    assert received.result(REAL_SECONDS) == b"done"


def test_other_processes_wait_in_real_time(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_LAMBDA_RUNTIME_API")
    received, server = function.call(AN_HOUR)
    with server, unanswered(function.port):
        function.jump(2 * AN_HOUR)
        with pytest.raises(TimeoutError):
            received.result(3 * shared_offset.UNANSWERED_AFTER_SECONDS)
        assert not received.done()
        server.sendall(ANSWER)
    assert received.result(REAL_SECONDS) == b"done"
