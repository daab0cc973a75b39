"""An announcement costs a bounded time, whatever becomes of it, and nobody ever hears of its failure but the log."""

import threading
from threading import Event
from time import monotonic

import pytest

from rawk.adapters.redis import publisher
from rawk.adapters.redis.publisher import Publisher

LONG_SECONDS = 10


class Carrier:
    """What says it; each failure is raised once."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.asked = []
        self.go = Event()

    def publish(self, memory_id):
        self.asked.append(memory_id)
        if self.failures:
            raise self.failures.pop(0)


class Hanging(Carrier):
    """Says nothing until it is let go."""

    def publish(self, memory_id):
        super().publish(memory_id)
        assert self.go.wait(LONG_SECONDS)


@pytest.fixture
def patient(monkeypatch):
    """What is no matter of time does not fail on a slow machine."""
    monkeypatch.setattr(publisher, "TIMEOUT_SECONDS", LONG_SECONDS)


@pytest.fixture
def made(monkeypatch):
    """Gives an announcer for a carrier; when the test is over, its thread is."""
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


def test_what_is_announced_has_been_said_when_it_returns(patient, made, log_lines):  # noqa: ARG001
    carrier = Carrier()
    one = made(carrier)

    one.publish("one")
    one.publish("two")

    assert carrier.asked == ["one", "two"]
    assert log_lines() == []


def test_after_a_failure_nothing_is_tried_for_a_while(patient, made, log_lines):  # noqa: ARG001
    carrier = Carrier(ConnectionRefusedError("redis://:hunter2@h"))
    one = made(carrier)

    for memory_id in ("one", "two", "three"):
        one.publish(memory_id)

    assert carrier.asked == ["one"]
    assert events(log_lines) == [("WARNING", "redis_unavailable", "ConnectionRefusedError")]
    assert "hunter2" not in str(log_lines())


def test_an_outage_is_told_once_and_so_is_its_end(patient, made, log_lines, monkeypatch):  # noqa: ARG001
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


def test_what_hangs_costs_one_announcement_its_patience_and_the_next_ones_nothing(made, log_lines, monkeypatch):
    monkeypatch.setattr(publisher, "TIMEOUT_SECONDS", 0.2)
    hanging = Hanging()
    one = made(hanging)

    began = monotonic()
    for _ in range(50):
        one.publish("one")

    assert monotonic() - began < LONG_SECONDS / 2  # 50 times its patience is 10
    assert hanging.asked == ["one"]
    assert log_lines() == []  # it may still come


def test_what_came_too_late_is_an_outage(patient, made, log_lines, monkeypatch):  # noqa: ARG001
    times = iter([0, 0, LONG_SECONDS + 1, LONG_SECONDS + 1])
    monkeypatch.setattr(publisher, "monotonic", lambda: next(times))
    carrier = Carrier()

    made(carrier).publish("one")

    assert carrier.asked == ["one"]
    assert events(log_lines) == [("WARNING", "redis_unavailable", "TimeoutError")]


def test_only_so_many_wait(made, monkeypatch):
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


def test_a_closed_one_says_nothing_more_and_its_thread_is_over(patient, made):  # noqa: ARG001
    before = set(threading.enumerate())
    carrier = Carrier()
    one = made(carrier)
    one.publish("one")

    one.close()
    one.publish("two")

    assert carrier.asked == ["one"]
    assert set(threading.enumerate()) <= before
    one.close()


def test_closing_one_that_never_said_anything_is_fine():
    Publisher(Carrier().publish, (OSError,)).close()
