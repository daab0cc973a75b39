"""What lessons wait for, by the events of a run."""

from types import SimpleNamespace
from typing import Any

import pytest

from sim.demo.feed.tally import Tally
from sim.demo.lessons.conditions import CONDITIONS


def sqs(event: str, message: str = "message", queue: str = "jobs", **more: Any) -> dict[str, Any]:
    return {"kind": "event", "sqs": {"event": event, "message": message, "queue": queue, **more}}


def places(**moves: str | None) -> dict[str, Any]:
    return {"kind": "places", "accepted": len(moves), "moves": list(moves.items()), "violations": []}


def holds(condition: str, *events: dict[str, Any], needed: int = 1) -> bool:
    tally = Tally()
    tally.take(events)
    run: Any = SimpleNamespace(tally=tally)
    return CONDITIONS[condition](run, needed)


@pytest.mark.parametrize(
    ("events", "is_empty"),
    [
        ([], True),
        ([sqs("sent")], False),
        ([sqs("sent"), sqs("received")], False),
        ([sqs("sent"), sqs("received"), sqs("visible_again")], False),
        ([sqs("sent"), sqs("received"), sqs("deleted")], True),
        ([sqs("sent"), sqs("sent", "other"), sqs("deleted")], False),
        ([sqs("sent"), sqs("expired")], True),
        ([sqs("sent"), sqs("purged")], True),
        ([sqs("sent"), sqs("dead_lettered", queue="dead")], True),
        ([sqs("sent"), sqs("dead_lettered", queue="dead"), sqs("redriven", "again", source_message="message")], False),
        ([sqs("sent", queue="dead")], True),
    ],
)
def test_no_jobs_means_that_no_message_is_in_the_jobs_queue(events: list[dict[str, Any]], is_empty: bool) -> None:
    assert holds("no jobs", *events) is is_empty


def test_a_redriven_letter_is_none_any_more() -> None:
    assert holds("dead letters", sqs("dead_lettered", queue="dead"))
    assert holds(
        "no dead letters",
        sqs("dead_lettered", queue="dead"),
        sqs("redriven", "again", source_message="message"),
    )


@pytest.mark.parametrize(
    ("condition", "place"),
    [
        ("deleted", "deleted by its owner"),
        ("readable", "readable"),
        ("complete", "complete"),
        ("in flight", "in flight"),
        ("returned", "returned"),
        ("in the outbox", "outbox"),
    ],
)
def test_so_many_recordings_are_in_a_place(condition: str, place: str) -> None:
    assert holds(condition, places(a=place, b="queued"))
    assert not holds(condition, places(a=place, b="queued"), needed=2)
    assert not holds(condition, places(a=place), places(a="lost"))
    assert not holds(condition, places(a=place), places(a=None))


def test_what_was_accepted_stays_accepted() -> None:
    assert holds("accepted", places(a="queued", b="queued"), needed=2)
    assert not holds("accepted", places(a="queued", b="queued"), needed=3)


def test_all_means_at_least_so_many_and_no_other_one() -> None:
    assert holds("all complete", places(a="complete", b="complete"), needed=2)
    assert not holds("all complete", places(a="complete"), needed=2)
    assert not holds("all complete", places(a="complete", b="complete", c="queued"), needed=2)
