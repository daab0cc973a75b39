"""Every screen and state of the page, for the checks of its accessibility and for screenshots."""

from collections.abc import Callable
from typing import Any

from tests.browser.demo.shown_page import Page, Show
from tests.browser.demo.states import CLOCK, FeedOf, recorded, state

SENTENCE = "12.3 s: recording a was deleted from the queue while processing; nobody holds it"

LESSON = {
    "id": "outage",
    "title": "An outage longer than the tolerance",
    "step": 1,
    "automatic": False,
    "waiting_for": "you",
    "finished": False,
    "verdict": None,
    "steps": [
        {"caption": "Five recordings come in.", "done": True, "look_at": None},
        {"caption": "Every message was received three times.", "done": False, "look_at": "Lost stays 0."},
    ],
}

MEMORY = {
    "id": "a",
    "status": "complete",
    "transcript": "Buy lentils & <b>rice</b>.",
    "failure": None,
    "attempts": 2,
    "openai_calls": 3,
    "billed_seconds": 9.5,
    "updated_at": "now",
    "analysis": {"title": "Shopping", "summary": "What to buy.", "topics": ["food"], "people": ["Ada"], "mood": "calm"},
}


def with_recording(show: Show, place: str = "complete") -> Page:
    feed = FeedOf()
    feed.accept(1, "a", place=place)
    feed.happened(
        2,
        "SQS",
        "received for the 1st time",
        "a",
        sqs={"event": "received", "message": "m", "queue": "jobs", "receive_count": 1, "visibility_seconds": 360},
    )
    if place == "dead-lettered":
        feed.happened(
            3,
            "DLQ",
            "moved to the dead-letter queue",
            "a",
            sqs={"event": "dead_lettered", "message": "m", "queue": "dead"},
        )
    page = show(feed.events)
    page.demo.memories["a"] = MEMORY
    page.browser.click("#tab-recordings")
    page.browser.page.locator(".recording-list button").click()
    return page


def lost(show: Show, **options: Any) -> Page:
    feed = FeedOf()
    feed.accept(1, "a", "b")
    feed.move(
        12.3,
        "lost",
        "a",
        violations=[{"kind": "lost", "part": "recording", "subject": "a", "at": 12.3, "text": SENTENCE}],
    )
    return show(feed.events, **options)


def with_tab(show: Show, tab: str, **options: Any) -> Page:
    page = show(recorded("outage-and-redrive")[:285], **options)
    page.browser.click(f"#tab-{tab}")
    return page


def with_everything(show: Show) -> Page:
    faults = [{**each, "active": True, "times_triggered": 3} for each in state()["faults"]]
    return show(
        recorded("outage-and-redrive")[:285],
        faults=faults,
        alarm=True,
        sabotage="paid-twice",
        lesson=LESSON,
        actions=["start_api", "sabotage"],
    )


def with_help(show: Show) -> Page:
    page = show()
    page.browser.click("#open-help")
    return page


def with_notice(show: Show) -> Page:
    page = show()
    page.demo.answers["poison"] = (409, {"error": "It is not possible now."})
    page.browser.page.locator(".node.sqs").get_by_role("button", name="Poison").click()
    page.browser.page.locator(".notice").wait_for()
    return page


def checked(show: Show) -> Page:
    page = with_tab(show, "checks")
    page.demo.push(
        {
            "at": 9999,
            "kind": "invariants",
            "results": [
                {"name": each, "about": "It holds.", "verdict": each, "text": "a text", "numbers": {"events": 388}}
                for each in ("passed", "failed", "inconclusive")
            ],
        }
    )
    page.browser.page.locator(".invariants li").first.wait_for()
    return page


SCREENS: dict[str, Callable[[Show], Page]] = {
    "starting": lambda show: show(phase="starting", progress=["starting LocalStack …", "starting the pipeline …"]),
    "failed": lambda show: show(phase="failed", error="Postgres could not start: the disk is full"),
    "empty": lambda show: show(),
    "lost": lost,
    "everything": with_everything,
    "break": lambda show: with_tab(show, "break"),
    "recordings": lambda show: with_tab(show, "recordings"),
    "recording": with_recording,
    "dead letter": lambda show: with_recording(show, "dead-lettered"),
    "checks": checked,
    "sabotage": lambda show: with_tab(show, "sabotage"),
    "paused": lambda show: show(clock={**CLOCK, "playing": False}),
    "help": with_help,
    "notice": with_notice,
}
