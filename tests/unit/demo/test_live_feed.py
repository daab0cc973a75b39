"""The order of a live feed: by virtual time, and nothing before everything older is known."""

from typing import Any

import pytest

from sim.demo.feed.due_messages import DueMessages
from sim.demo.feed.live import LONGEST_GAP_SECONDS, LiveFeed
from sim.journal.reading import Line


class Kinds:
    """Derives one event of each line."""

    def add(self, line: Line) -> list[dict[str, Any]]:
        return [{"kind": line.kind, "at": line.virtual_at}]


class Source:
    """A machine's time, a journal, and services that may be down."""

    def __init__(self) -> None:
        self.now = 100.0
        self.lines: list[Line] = []
        self.is_down = False
        self.number = 0
        self.feed = LiveFeed(self._read, lambda: not self.is_down, Kinds(), lambda real: real, lambda: self.now)

    def _read(self) -> list[Line]:
        lines, self.lines = self.lines, []
        return lines

    def write(self, kind: str, at: float) -> None:
        self.number += 1
        self.lines.append(Line(self.number, kind, at, at, "demo", {}))

    def pumped(self) -> list[str]:
        return [event["kind"] for event in self.feed.pump()]


@pytest.fixture
def source() -> Source:
    return Source()


def test_lines_wait_until_everything_older_has_been_read(source: Source) -> None:
    source.write("deleted", at=100.0)
    assert source.pumped() == []
    source.write("commit, copied later", at=99.99)
    source.now = 100.115
    assert source.pumped() == ["commit, copied later"]
    source.now = 100.5

    assert source.pumped() == ["deleted"]


def test_lines_are_in_the_order_of_virtual_time(source: Source) -> None:
    for kind, at in (("c", 99.3), ("a", 99.1), ("b", 99.2), ("d", 99.3)):
        source.write(kind, at)

    assert source.pumped() == ["a", "b", "c", "d"]


def test_without_the_commits_of_a_dead_database_nothing_is_judged(source: Source) -> None:
    source.is_down = True
    source.now = 103.0
    source.write("deleted", at=101.0)
    assert source.pumped() == []

    source.is_down = False
    source.write("commit", at=100.9)

    assert source.pumped() == ["commit", "deleted"]


def test_what_was_copied_before_a_crash_is_enough_until_the_database_is_back(source: Source) -> None:
    source.now = 101.0
    source.write("commit", at=100.9)
    source.feed.copy_all()
    source.is_down = True
    source.now = 103.0
    source.write("deleted", at=102.0)

    assert source.pumped() == ["commit", "deleted"]

    source.is_down = False
    assert source.pumped() == []
    source.is_down = True
    source.now = 105.0
    source.write("next", at=104.0)
    assert source.pumped() == []


def test_a_crash_of_what_could_not_be_copied_is_waited_for(source: Source) -> None:
    source.is_down = True
    source.feed.copy_all()
    source.now = 103.0
    source.write("deleted", at=101.0)

    assert source.pumped() == []


def test_after_a_long_time_the_feed_goes_on_without_them(source: Source) -> None:
    source.is_down = True
    source.write("sent", at=101.0)
    source.now = 101.0 + LONGEST_GAP_SECONDS + 1

    assert source.pumped() == ["sent"]


def sqs(at: float, event: str, **fields: Any) -> dict[str, Any]:
    return {"at": at, "sqs": {"event": event, "message": "m", **fields}}


def test_the_next_message_is_due_at_the_end_of_its_visibility_timeout() -> None:
    due = DueMessages()
    due.take([sqs(1, "sent"), sqs(2, "received", visibility_seconds=1800), {"at": 3}])
    assert due.next_due() == 1802

    due.take([sqs(5, "visibility_changed", visibility_seconds=600)])
    assert due.next_due() == 605

    due.take([{"at": 6, "sqs": {"event": "sent", "message": "other", "delay_seconds": 30}}])
    assert due.next_due() == 36


@pytest.mark.parametrize("event", ["deleted", "visible_again", "delay_ended", "dead_lettered", "expired", "purged"])
def test_a_message_that_waits_no_more_is_not_due(event: str) -> None:
    due = DueMessages()

    due.take([sqs(2, "received", visibility_seconds=1800), sqs(3, event)])

    assert due.next_due() is None


def test_a_message_that_is_made_visible_at_once_is_not_due() -> None:
    due = DueMessages()

    due.take([sqs(2, "received", visibility_seconds=1800), sqs(3, "visibility_changed", visibility_seconds=0)])

    assert due.next_due() is None
