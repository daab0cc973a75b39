"""Each condition that lessons wait for, when it is true and when it is not."""

from types import SimpleNamespace
from typing import Any

import pytest

from sim.demo.feed.tally import Tally
from sim.demo.lessons.conditions import CONDITIONS


def moved(*moves: tuple[str, str | None], violations: tuple[dict[str, Any], ...] = (), **more: Any) -> dict[str, Any]:
    return {"kind": "places", "accepted": len(moves), "moves": list(moves), "violations": list(violations), **more}


def message(event: str, queue: str = "jobs", name: str = "m", **more: Any) -> dict[str, Any]:
    return {"kind": "event", "sqs": {"event": event, "message": name, "queue": queue, **more}}


def run_of(*events: dict[str, Any], alarm: bool = False, triggered: int = 0, dead_api: bool = False) -> Any:
    tally = Tally()
    tally.take(events)
    board = SimpleNamespace(times_triggered=triggered, active=["api.killed"] if dead_api else [])
    return SimpleNamespace(tally=tally, alarm_is_on=alarm, board=board)


COMPLETE = moved(("a", "complete"), ("b", "complete"))
MIXED = moved(("a", "complete"), ("b", "readable"))
DEAD = moved(("a", "dead-lettered"))
DEAD_LETTER = message("dead_lettered", "dead")


@pytest.mark.parametrize(
    ("name", "count", "run", "expected"),
    [
        ("all complete", 2, run_of(COMPLETE), True),
        ("all complete", 3, run_of(COMPLETE), False),
        ("all complete", 1, run_of(MIXED), False),
        ("all complete", 1, run_of(), False),
        ("all with a transcript", 2, run_of(MIXED), True),
        ("all with a transcript", 1, run_of(DEAD), False),
        ("all dead-lettered", 1, run_of(DEAD), True),
        ("all dead-lettered", 1, run_of(COMPLETE), False),
        ("none unfinished", 1, run_of(), True),
        ("none unfinished", 1, run_of(DEAD, COMPLETE), True),
        ("none unfinished", 1, run_of(COMPLETE, moved(("c", "returned"))), False),
        ("none unfinished", 1, run_of(moved(("c", "outbox")), moved(("c", None))), True),
        ("in flight", 1, run_of(moved(("a", "in flight"))), True),
        ("in flight", 2, run_of(moved(("a", "in flight"))), False),
        ("returned", 1, run_of(moved(("a", "returned"))), True),
        ("in the outbox", 1, run_of(moved(("a", "queued"))), False),
        ("in the outbox", 1, run_of(moved(("a", "outbox"))), True),
        ("complete", 1, run_of(MIXED), True),
        ("dead letters", 1, run_of(DEAD_LETTER), True),
        ("dead letters", 2, run_of(DEAD_LETTER, DEAD_LETTER), False),
        ("dead letters", 1, run_of(DEAD_LETTER, message("redriven", name="n", source_message="m")), False),
        ("no dead letters", 1, run_of(DEAD_LETTER, message("deleted", "dead")), True),
        ("no dead letters", 1, run_of(DEAD_LETTER), False),
        ("receives of one message", 2, run_of(message("received"), message("received", name="n")), False),
        ("receives of one message", 2, run_of(message("received"), message("received")), True),
        ("receives of one message", 1, run_of(message("received", "dead")), False),
        ("alarm on", 1, run_of(alarm=True), True),
        ("alarm off", 1, run_of(alarm=True), False),
        ("alarm off", 1, run_of(), True),
        ("a fault triggered", 5, run_of(triggered=4), False),
        ("a fault triggered", 5, run_of(triggered=5), True),
        ("a violation", 1, run_of(COMPLETE), False),
        ("a violation", 1, run_of(moved(("a", "lost"), violations=({"kind": "lost"},))), True),
        ("API alive", 1, run_of(), True),
        ("API alive", 1, run_of(dead_api=True), False),
    ],
)
def test_a_condition(name: str, count: int, run: Any, expected: bool) -> None:
    assert CONDITIONS[name](run, count) is expected


def test_violations_derived_anew_replace_the_earlier_ones() -> None:
    tally = Tally()

    tally.take([moved(("a", "lost"), violations=({"kind": "lost"},))])
    tally.take([moved(("a", "complete"), all_violations=True)])

    assert tally.violations == []


def test_what_happens_to_recordings_is_counted_and_the_relay_is_not() -> None:
    tally = Tally()

    tally.take([COMPLETE, message("sent"), {"kind": "event", "invocation": {"function": "relay"}}, {"kind": "step"}])

    assert tally.changes == 2
