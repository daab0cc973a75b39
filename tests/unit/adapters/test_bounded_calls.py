"""A call that hangs delays its callers for a bounded time, and for a while nobody waits for the next one."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from itertools import count
from threading import Barrier, Event

import pytest

from rawk.adapters import bounded_calls
from rawk.adapters.bounded_calls import BoundedCalls, CallNotAnswered
from rawk.adapters.s3.bounded import BoundedAudioStore
from rawk.adapters.sqs.bounded import BoundedJobQueue
from rawk.domain.errors import QueueUnavailable, StorageUnavailable
from rawk.domain.messages import Job

LONG_SECONDS = 30

variable: ContextVar[str] = ContextVar("variable", default="none")


class HangingClient:
    """boto3's client of a service that does not answer before `answer` is set."""

    def __init__(self):
        self.answer = Event()
        self.calls = 0

    def send_message(self, **_):
        return self._hang()

    delete_object = send_message

    def _hang(self):
        self.calls += 1
        assert self.answer.wait(LONG_SECONDS)
        raise ConnectionError


@pytest.fixture
def clock(monkeypatch):
    """The monotonic clock of the module, in seconds; a test moves it."""

    class Clock:
        now = 1000.0

    monkeypatch.setattr(bounded_calls, "monotonic", lambda: Clock.now)
    return Clock


@pytest.fixture
def patient(monkeypatch):
    """A long timeout, so that tests without timing do not fail on a slow machine."""
    monkeypatch.setattr(bounded_calls, "TIMEOUT_SECONDS", LONG_SECONDS)


@pytest.fixture
def hasty(monkeypatch):
    monkeypatch.setattr(bounded_calls, "TIMEOUT_SECONDS", 0.01)


@pytest.fixture
def hanging():
    client = HangingClient()
    yield client
    client.answer.set()


@pytest.fixture
def calls():
    with_threads = BoundedCalls("test")
    yield with_threads
    with_threads.close()


def test_a_call_that_ends_in_time_is_made_with_its_arguments(patient, calls):  # noqa: ARG001
    made = []

    calls.run(made.append, "one")
    calls.run(lambda name, *, count: made.append((name, count)), "two", count=2)

    assert made == ["one", ("two", 2)]


def test_a_call_sees_the_context_of_its_caller(patient, calls):  # noqa: ARG001
    """The log adds the memory to each line of a call by a context variable."""
    seen = []
    variable.set("caller's")

    calls.run(lambda: seen.append(variable.get()))

    assert seen == ["caller's"]


def test_a_failure_is_raised_and_a_prompt_one_makes_no_pause(patient, clock, calls):  # noqa: ARG001
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            calls.run(lambda: 1 / 0)


def test_a_call_that_hangs_is_left_after_the_timeout_and_then_none_is_made_for_the_pause(
    hasty,  # noqa: ARG001
    clock,
    calls,
    hanging,
):
    for _ in range(3):
        with pytest.raises(CallNotAnswered):
            calls.run(hanging.send_message)
    clock.now += bounded_calls.PAUSE_SECONDS - 0.001
    with pytest.raises(CallNotAnswered):
        calls.run(hanging.send_message)
    assert hanging.calls == 1

    clock.now += 0.001
    with pytest.raises(CallNotAnswered):
        calls.run(hanging.send_message)
    with pytest.raises(CallNotAnswered):
        calls.run(hanging.send_message)
    assert hanging.calls == 2


@pytest.mark.parametrize(("took_seconds", "pauses"), [(0.499, False), (0.5, True), (1.4, True)])
def test_a_failure_that_took_long_makes_a_pause(patient, clock, calls, took_seconds, pauses):  # noqa: ARG001
    def fail_late():
        clock.now += took_seconds
        raise ConnectionError

    with pytest.raises(ConnectionError):
        calls.run(fail_late)

    with pytest.raises(CallNotAnswered if pauses else ConnectionError):
        calls.run(fail_late)


def test_a_success_that_took_long_makes_no_pause(patient, clock, calls):  # noqa: ARG001
    def succeed_late():
        clock.now += 1.4

    calls.run(succeed_late)
    calls.run(succeed_late)


def test_when_one_call_hangs_everybody_who_waits_is_released(patient, calls, hanging, monkeypatch):  # noqa: ARG001
    ready = Barrier(4)

    def waiting():
        ready.wait(LONG_SECONDS)
        with pytest.raises(CallNotAnswered):
            calls.run(hanging.send_message)

    with ThreadPoolExecutor(4) as threads:
        waiters = [threads.submit(waiting) for _ in range(3)]
        ready.wait(LONG_SECONDS)
        while hanging.calls < 3:
            Event().wait(0.001)
        monkeypatch.setattr(bounded_calls, "TIMEOUT_SECONDS", 0.01)
        with pytest.raises(CallNotAnswered):
            calls.run(hanging.send_message)
        for waiter in waiters:
            waiter.result(LONG_SECONDS)


def test_a_call_that_found_no_thread_in_time_is_never_made(hasty, hanging, monkeypatch):  # noqa: ARG001
    monkeypatch.setattr(bounded_calls, "CALLS_AT_ONCE", 1)
    monkeypatch.setattr(bounded_calls, "PAUSE_SECONDS", 0)
    calls, late = BoundedCalls("test"), count()

    with pytest.raises(CallNotAnswered):
        calls.run(hanging.send_message)
    with pytest.raises(CallNotAnswered):
        calls.run(lambda: next(late))
    hanging.answer.set()
    calls._threads.shutdown(wait=True)

    assert next(late) == 0


def test_a_call_that_waits_for_a_thread_is_not_made_after_the_end(patient, hanging, monkeypatch):  # noqa: ARG001
    monkeypatch.setattr(bounded_calls, "CALLS_AT_ONCE", 1)
    calls = BoundedCalls("test")

    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(calls.run, hanging.send_message)
        while not hanging.calls:
            Event().wait(0.001)
        waiting = calls._threads.submit(lambda: None)
        calls.close()
        assert waiting.cancelled()
        hanging.answer.set()
        assert isinstance(first.exception(LONG_SECONDS), ConnectionError)


def test_the_timeouts_keep_an_upload_within_three_seconds():
    assert bounded_calls.TIMEOUT_SECONDS == 1.5
    assert bounded_calls.SLOW_FAILURE_SECONDS == 0.5
    assert bounded_calls.PAUSE_SECONDS == 5
    assert bounded_calls.CALLS_AT_ONCE == 32


# the two adapters


def test_a_send_that_hangs_is_an_unavailable_queue(hasty, hanging):  # noqa: ARG001
    queue = BoundedJobQueue(hanging, "http://sqs/1/jobs")

    for _ in range(2):
        with pytest.raises(QueueUnavailable, match="SQS could not send a job"):
            queue.send(Job("m", "c"))

    assert hanging.calls == 1
    queue.close()


def test_a_removal_that_hangs_is_an_unavailable_store(hasty, hanging):  # noqa: ARG001
    audio = BoundedAudioStore(hanging, "bucket")

    for _ in range(2):
        with pytest.raises(StorageUnavailable, match="S3 could not delete"):
            audio.delete("audio/a/1")

    assert hanging.calls == 1
    audio.close()
