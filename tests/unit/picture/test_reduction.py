"""A reduced feed keeps the events of those that had problems, and counts the others."""

from typing import Any

from sim.picture.feed import feed_of
from sim.picture.reduction import PARTS, reduced, size_of
from tests.unit.picture.recorded_journals import lines_of
from tests.unit.report.test_payload import many_memories


def omitted(feed: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    return [event for event in feed if event["kind"] == "omitted" and key in event]


def test_a_feed_within_its_budget_stays_as_it_is() -> None:
    feed = feed_of(lines_of("outage-and-redrive"))
    assert reduced(feed, size_of(feed)) == feed


def test_the_memories_that_failed_keep_their_events() -> None:
    feed = many_memories("a", 100, failing=3).feed()
    small = reduced(feed, budget=80)
    assert size_of(small) <= 80
    status = {event["id"]: event["status"] for event in feed if event["kind"] == "subject" and "status" in event}
    shown = {subject for event in small if event["kind"] == "event" for subject in event["subjects"]}
    assert [status[each] for each in shown].count("failed") == 3


def test_every_event_is_shown_or_counted() -> None:
    feed = many_memories("a", 100, failing=3).feed()
    small = reduced(feed, budget=80)
    assert size_of(small) + sum(event["events"] for event in omitted(small, "lane")) == size_of(feed)
    assert size_of(small) + sum(event["events"] for event in omitted(small, "subject")) == size_of(feed)
    assert len({event["at"] for event in omitted(small, "lane")}) <= PARTS


def test_counts_of_a_reduced_feed() -> None:
    feed = feed_of(lines_of("outage-and-redrive"))
    (*_, one) = omitted(reduced(feed, budget=0), "subject")
    assert (one["receives"], one["calls"], one["failed_calls"]) == (4, 17, 15)
    assert (len(one["dead_at"]), len(one["redriven_at"]), len(one["payments"])) == (1, 1, 1)


def test_a_reduced_feed_is_in_the_order_of_time() -> None:
    small = reduced(many_memories("a", 100, failing=3).feed(), budget=80)
    assert [event["at"] for event in small] == sorted(event["at"] for event in small)


def test_counted_events_stand_in_the_middle_of_their_part() -> None:
    event = {"kind": "event", "lane": "SQS", "text": "", "tone": "ok", "glyph": "dot", "subjects": ["m"]}
    subject = {"kind": "subject", "at": 0, "id": "m", "subject_kind": "memory"}
    feed = [subject, *({**event, "at": at} for at in range(3 * PARTS))]
    counted = omitted(reduced(feed, budget=0), "lane")
    assert [(each["at"], each["events"]) for each in counted] == [(3 * part + 1, 3) for part in range(PARTS)]
