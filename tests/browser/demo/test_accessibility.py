"""axe-core finds no serious barrier, in any state, scheme and width."""

from functools import partial

import pytest

from tests.browser.demo.states import CLOCK, FeedOf, recorded, state
from tests.browser.demo.test_controls import with_recording
from tests.browser.demo.test_picture import LESSON, SENTENCE

SERIOUS = {"serious", "critical"}


def violations(page) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page.browser.page).response["violations"]
    return [
        f"{each['id']}: {node['html'][:160]} {node['failureSummary']}"
        for each in found
        if each["impact"] in SERIOUS
        for node in each["nodes"]
    ]


def lost(show, **options):
    feed = FeedOf()
    feed.accept(1, "a", "b")
    feed.move(
        12.3,
        "lost",
        "a",
        violations=[{"kind": "lost", "part": "recording", "subject": "a", "at": 12.3, "text": SENTENCE}],
    )
    return show(feed.events, **options)


def with_tab(show, tab: str, **options):
    page = show(recorded("outage-and-redrive")[:285], **options)
    page.browser.click(f"#tab-{tab}")
    return page


def with_everything(show):
    faults = [{**each, "active": True, "times_triggered": 3} for each in state()["faults"]]
    page = show(
        recorded("outage-and-redrive")[:285],
        faults=faults,
        alarm=True,
        sabotage="paid-twice",
        lesson=LESSON,
        actions=["start_api", "sabotage"],
    )
    page.demo.answers["poison"] = (409, {"error": "not now"})
    return page


def with_help(show):
    page = show()
    page.browser.click("#open-help")
    return page


def with_notice(show):
    page = show()
    page.demo.answers["poison"] = (409, {"error": "It is not possible now."})
    page.browser.page.locator(".node.sqs").get_by_role("button", name="Poison").click()
    page.browser.page.locator(".notice").wait_for()
    return page


def checked(show):
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


SCREENS = {
    "starting": partial(lambda show: show(phase="starting", progress=["one", "two"])),
    "failed": lambda show: show(phase="failed", error="no disk"),
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_no_serious_finding(show, screen, scheme):
    page = SCREENS[screen](show)
    page.browser.emulate(1440, 900, scheme, reduced_motion="reduce")
    page.browser.page.wait_for_timeout(150)

    assert violations(page) == []


@pytest.mark.parametrize("screen", ["everything", "break", "lost"])
def test_no_serious_finding_on_a_phone(show, screen):
    page = SCREENS[screen](show)
    page.browser.emulate(390, 844, reduced_motion="reduce")
    page.browser.page.wait_for_timeout(150)

    assert violations(page) == []


def test_forced_colours_reach_the_dots(show):
    page = with_tab(show, "recordings")
    page.browser.emulate(1440, 900, forced_colors="active")
    page.browser.page.wait_for_timeout(150)

    assert page.browser.run("matchMedia('(forced-colors: active)').matches")
    assert violations(page) == []


def test_the_focus_is_visible_on_every_control(show):
    page = show()
    page.browser.wait_for("!document.querySelector('.capture .primary').disabled")
    for _ in range(40):
        page.browser.press("Tab")
        width = page.browser.run(
            "document.activeElement === document.body"
            " ? 3 : parseFloat(getComputedStyle(document.activeElement).outlineWidth)"
        )
        assert width >= 2, page.browser.run("document.activeElement.outerHTML")
