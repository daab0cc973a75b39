"""Every lesson goes to its end, and every sabotage turns the strip red at the very event, and only with its bug."""

import pytest

from sim.demo.lessons.files import lessons, sabotages

from .conftest import Demo, Event, summary, violations

OWN = [each.id for each in lessons().values() if each.sabotage is None]
KIND = {"lost": "lost", "replaced": "replaced", "paid twice": "duplicated"}
"""What the page calls it → what the reducer calls it."""


def give(demo: Demo, lesson_id: str) -> Event:
    """Give a lesson by itself, without time for reading; returns its state at the end."""
    run = demo.act("lesson", id=lesson_id, automatic=True, reading=0)["run"]
    state = demo.wait(lambda state: state["lesson"] is not None and state["lesson"]["finished"], within_seconds=150)
    assert state["run"] == run
    return dict(state["lesson"])


def feed_of(demo: Demo) -> list[Event]:
    return demo.feed(lambda events: events[-1]["kind"] == "invariants")


@pytest.mark.parametrize("lesson_id", OWN)
def test_a_lesson_goes_to_its_end_and_the_invariants_hold(demo: Demo, lesson_id: str) -> None:
    ended = give(demo, lesson_id)

    events = feed_of(demo)
    assert ended["verdict"] == "passed", (ended, summary(events))
    assert all(step["done"] for step in ended["steps"])
    assert [event["text"] for event in events if event["kind"] == "step"] == [
        step.caption for step in lessons()[lesson_id].steps
    ]
    assert {each["verdict"] for each in events[-1]["results"]} == {"passed"}
    assert violations(events) == []


@pytest.mark.parametrize("sabotage_id", list(sabotages()))
def test_a_sabotage_turns_red_at_the_very_event(demo: Demo, sabotage_id: str) -> None:
    sabotage = sabotages()[sabotage_id]

    ended = give(demo, sabotage.lesson.id)

    assert demo.state()["sabotage"] == sabotage_id
    events = feed_of(demo)
    found = violations(events)
    assert ended["verdict"] == "failed", (ended, summary(events))
    assert KIND[sabotage.turns_red] in {each["kind"] for each in found}, summary(events)
    at_its_event = [
        each
        for event in events
        if event["kind"] == "places"
        for each in event["violations"]
        if each["at"] == event["at"]
    ]
    assert at_its_event
    conservation = next(each for each in events[-1]["results"] if each["name"] == "conservation")
    assert conservation["verdict"] == "failed"
    assert set(conservation["text"].splitlines()) <= {each["text"] for each in found}
