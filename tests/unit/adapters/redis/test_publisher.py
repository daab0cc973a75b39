"""A notification takes a bounded time in every case, and its failure is only logged."""

import threading
from threading import Event
from time import monotonic

import pytest

from rawk.adapters.redis import publisher
from rawk.adapters.redis.publisher import Publisher

LONG_SECONDS = 10


class Carrier:
    """Sends the notifications; each failure is raised once."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.asked = []
        self.go = Event()

    def publish(self, memory_id):
        self.asked.append(memory_id)
        if self.failures:
            raise self.failures.pop(0)


class Hanging(Carrier):
    """Sends nothing until it is released; then the failures are raised."""

    def publish(self, memory_id):
        self.asked.append(memory_id)
        assert self.go.wait(LONG_SECONDS)
        if self.failures:
            raise self.failures.pop(0)


@pytest.fixture
def patient(monkeypatch):
    """A long timeout, so that tests without timing do not fail on a slow machine."""
    monkeypatch.setattr(publisher, "TIMEOUT_SECONDS", LONG_SECONDS)


@pytest.fixture
def made(monkeypatch):
    """Makes publishers; their threads end with the test."""
    made = []

    def make(carrier):
        made.append((carrier, Publisher(carrier.publish, (OSError,))))
        return made[-1][1]

    yield make
    monkeypatch.setattr(publisher, "TIMEOUT_SECONDS", LONG_SECONDS)
    for carrier, one in made:
        carrier.go.set()
        one.close()


def events(log_lines):
    return [(line["level"], line["event"], line.get("error")) for line in log_lines()]


def test_publish_returns_after_the_notification_was_sent(patient, made, log_lines):  # noqa: ARG001
    carrier = Carrier()
    one = made(carrier)

    one.publish("one")
    one.publish("two")

    assert carrier.asked == ["one", "two"]
    assert log_lines() == []


def test_after_a_failure_nothing_is_published_for_a_while(patient, made, log_lines):  # noqa: ARG001
    carrier = Carrier(ConnectionRefusedError("redis://:hunter2@h"))
    one = made(carrier)

    for memory_id in ("one", "two", "three"):
        one.publish(memory_id)

    assert carrier.asked == ["one"]
    assert events(log_lines) == [("WARNING", "redis_unavailable", "ConnectionRefusedError")]
    assert "hunter2" not in str(log_lines())


def test_an_outage_and_its_end_are_logged_once_each(patient, made, log_lines, monkeypatch):  # noqa: ARG001
    monkeypatch.setattr(publisher, "PAUSE_SECONDS", 0)
    carrier = Carrier(ConnectionRefusedError(), TimeoutError(), ConnectionResetError())
    one = made(carrier)

    for _ in range(6):
        one.publish("one")

    assert len(carrier.asked) == 6
    assert events(log_lines) == [
        ("WARNING", "redis_unavailable", "ConnectionRefusedError"),
        ("INFO", "redis_available_again", None),
    ]


def test_a_hanging_redis_delays_one_notification_by_the_timeout_and_the_next_ones_not_at_all(
    made, log_lines, monkeypatch
):
    monkeypatch.setattr(publisher, "TIMEOUT_SECONDS", 0.2)
    hanging = Hanging()
    one = made(hanging)

    began = monotonic()
    for _ in range(50):
        one.publish("one")

    assert monotonic() - began < LONG_SECONDS / 2  # 50 timeouts would take 10
    assert hanging.asked == ["one"]
    assert log_lines() == []  # the answer may still come


def test_a_late_answer_is_an_outage(patient, made, log_lines, monkeypatch):  # noqa: ARG001
    times = iter([0, 0, LONG_SECONDS + 1, LONG_SECONDS + 1])
    monkeypatch.setattr(publisher, "monotonic", lambda: next(times))
    carrier = Carrier()

    made(carrier).publish("one")

    assert carrier.asked == ["one"]
    assert events(log_lines) == [("WARNING", "redis_unavailable", "TimeoutError")]


def test_an_answer_at_the_very_end_of_the_timeout_is_in_time(patient, made, log_lines, monkeypatch):  # noqa: ARG001
    times = iter([0, 0, LONG_SECONDS])
    monkeypatch.setattr(publisher, "monotonic", lambda: next(times))
    carrier = Carrier()

    made(carrier).publish("one")

    assert carrier.asked == ["one"]
    assert log_lines() == []


def test_the_queue_of_notifications_is_bounded(made, monkeypatch):
    monkeypatch.setattr(publisher, "TIMEOUT_SECONDS", 0.001)
    monkeypatch.setattr(publisher, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(publisher, "QUEUE_SIZE", 3)
    hanging = Hanging()
    one = made(hanging)

    for number in range(20):
        one.publish(str(number))
    monkeypatch.setattr(publisher, "TIMEOUT_SECONDS", LONG_SECONDS)
    hanging.go.set()
    one.publish("last")

    assert len(hanging.asked) <= 5


def test_a_closed_publisher_publishes_nothing_and_its_thread_has_ended(patient, made):  # noqa: ARG001
    before = set(threading.enumerate())
    carrier = Carrier()
    one = made(carrier)
    one.publish("one")

    one.close()
    one.publish("two")

    assert carrier.asked == ["one"]
    assert set(threading.enumerate()) <= before
    one.close()


def test_the_thread_does_not_keep_the_process_alive_and_has_a_name_of_its_own(patient, made):  # noqa: ARG001
    before = set(threading.enumerate())

    made(Carrier()).publish("one")

    [thread] = set(threading.enumerate()) - before
    assert (thread.name, thread.daemon) == ("status publisher", True)


def test_closing_waits_for_a_hanging_redis_for_the_timeout_at_most(made, monkeypatch):
    monkeypatch.setattr(publisher, "TIMEOUT_SECONDS", 0.05)
    hanging = Hanging()
    one = made(hanging)
    one.publish("one")

    closing = threading.Thread(target=one.close)
    closing.start()
    closing.join(LONG_SECONDS / 2)

    assert not closing.is_alive()
    assert not hanging.go.is_set()


def test_closing_drops_the_notifications_that_wait(made, monkeypatch):
    monkeypatch.setattr(publisher, "TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(publisher, "PAUSE_SECONDS", 0)
    hanging = Hanging()
    one = made(hanging)
    for number in range(5):
        one.publish(str(number))

    one.close()
    hanging.go.set()
    one._thread.join(LONG_SECONDS)

    assert not one._thread.is_alive()
    assert hanging.asked == ["0"]


def test_after_a_failure_the_notifications_that_wait_are_dropped_and_their_publishers_go_on(patient, made):  # noqa: ARG001
    hanging = Hanging(ConnectionResetError())
    one = made(hanging)
    publishers = [threading.Thread(target=one.publish, args=("one",)) for _ in range(5)]
    for each in publishers:
        each.start()
    while one._queue.qsize() < len(publishers) - 1:
        assert any(each.is_alive() for each in publishers)

    hanging.go.set()
    for each in publishers:
        each.join(LONG_SECONDS / 2)

    assert [each.is_alive() for each in publishers] == [False] * len(publishers)
    assert hanging.asked == ["one"]


def test_an_unused_publisher_can_be_closed():
    Publisher(Carrier().publish, (OSError,)).close()
