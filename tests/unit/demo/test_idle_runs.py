"""Runs of the relay that move nothing are one line in a row, and nothing that happened is left out."""

from itertools import pairwise
from typing import Any

import pytest

from sim.demo.feed.idle_runs import IdleRuns

type Event = dict[str, Any]


def invocation(
    at: float, event: str, run: str, function: str = "relay", outcome: str = "success", **about: Any
) -> Event:
    facts = {"id": run, "function": function, "messages": [], "event": event, **about}
    return {"kind": "event", "at": at, "invocation": facts | ({"outcome": outcome} if event == "ended" else {})}


def runs(begin: float, count: int, **about: Any) -> list[Event]:
    return [
        invocation(begin + 60 * number + (event == "ended"), event, f"{begin}/{number}", **about)
        for number in range(count)
        for event in ("started", "ended")
    ]


def happened(at: float) -> Event:
    return {"kind": "event", "at": at, "text": "something"}


def texts(events: list[Event]) -> list[str]:
    return [event.get("text") or event["invocation"]["event"] for event in events]


def test_idle_runs_in_a_row_are_one_line_before_what_comes_next() -> None:
    folded = IdleRuns().fold([*runs(0, 12), happened(1000)])

    assert texts(folded) == ["relay: nothing to send, 12 times", "something"]
    assert folded[0]["at"] == 661
    assert (folded[0]["lane"], folded[0]["tone"]) == ("Lambda", "ok")


def test_they_are_counted_over_several_looks_at_the_feed_and_from_one_again() -> None:
    idle = IdleRuns()
    assert [idle.fold([event]) for event in runs(0, 3)] == [[]] * 6
    assert texts(idle.fold([happened(300)])) == ["relay: nothing to send, 3 times", "something"]
    assert texts(idle.fold([happened(301)])) == ["something"]
    assert texts(idle.fold([*runs(400, 2), happened(600)])) == ["relay: nothing to send, 2 times", "something"]


def test_a_single_one_is_no_news() -> None:
    [line, _] = IdleRuns().fold([*runs(0, 1), happened(100)])

    assert (line["text"], line["tone"]) == ("relay: nothing to send", "minor")


def test_a_run_that_sent_something_is_shown_as_it_was() -> None:
    begin, end = runs(60, 1)
    folded = IdleRuns().fold([*runs(-600, 3), begin, happened(60.5), end, *runs(120, 1), happened(200)])

    assert texts(folded) == [
        *("relay: nothing to send, 3 times", "started", "something", "ended"),
        *("relay: nothing to send", "something"),
    ]


@pytest.mark.parametrize(
    "events",
    [
        [invocation(0, "started", "a"), invocation(1, "ended", "a", outcome="error")],
        [invocation(0, "started", "a"), invocation(30, "ended", "a", outcome="timeout")],
        [invocation(0, "throttled", "a")],
        [invocation(0, "ended", "a")],
        [invocation(0, "started", "a", "worker"), invocation(1, "ended", "a", "worker")],
        [invocation(0, "started", "a"), invocation(1, "started", "b"), invocation(2, "ended", "a")],
    ],
    ids=["failed", "timed out", "throttled", "an end alone", "of another function", "two at a time"],
)
def test_what_is_not_idle_is_left_alone(events: list[Event]) -> None:
    assert IdleRuns().fold([*events, happened(100)]) == [*events, happened(100)]


def test_no_event_is_lost_and_the_order_stays() -> None:
    mixed = [
        *runs(0, 2),
        *runs(200, 1, function="worker"),
        happened(300),
        invocation(310, "started", "x"),
        happened(320),
    ]
    folded = IdleRuns().fold(mixed)

    assert all(one["at"] <= other["at"] for one, other in pairwise(folded))
    assert [event for event in folded if event in mixed] == [
        *(
            event
            for event in mixed
            if event.get("text") or event["invocation"]["function"] == "worker" or event["invocation"]["id"] == "x"
        )
    ]
