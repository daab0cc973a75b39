"""The keyboard goes on where it was: nothing that is drawn takes the focus away, and nothing waits for a frame."""

import pytest

from tests.browser.demo.screens import LESSON
from tests.browser.demo.states import ACTIONS, FeedOf, recorded, state

HOLD_FRAMES = "void (window.requestAnimationFrame = () => 0)"
READY = "!document.querySelector('.capture .primary').disabled"


def focused(page) -> str:
    """The words of what has the focus."""
    return page.browser.run(
        "document.activeElement === document.body ? 'nothing'"
        " : document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim()"
    )


def with_recordings(show, *places: str):
    feed = FeedOf()
    for number, place in enumerate(places, 1):
        feed.accept(number, f"take-{number}", place=place)
    page = show(feed.events)
    page.browser.wait_for(f"document.querySelector('#equation').innerText.includes('Accepted {len(places)}')")
    return page


def test_a_slow_machine_has_not_drawn_a_frame_when_the_next_keys_come(show):
    page = with_recordings(show, "complete", "complete")
    page.browser.run(HOLD_FRAMES)
    for key in ("m", "Tab", "Tab"):
        page.browser.press(key)
    assert focused(page) == "Take 2complete"

    page.browser.press("Enter")
    assert page.browser.page.locator(".detail h3").inner_text() == "Take 2"
    assert focused(page) == "‹ All recordings"
    page.browser.press("Escape")
    assert focused(page) == "Take 2complete"


@pytest.mark.parametrize(
    ("key", "first"),
    [("l", "Fair weather"), ("b", "Find a fault"), ("m", "Take 1complete")],
)
def test_an_opened_tab_is_drawn_at_once(show, key, first):
    page = with_recordings(show, "complete")
    page.browser.run(HOLD_FRAMES)
    for each in ("c", key, "Tab", "Tab"):
        page.browser.press(each)

    assert focused(page) == first


def test_the_row_that_has_the_focus_keeps_it_while_others_come_and_go(show):
    page = with_recordings(show, "queued", "queued", "queued", "queued")
    page.browser.page.locator("#equation button", has_text="waiting").click()
    page.browser.page.locator(".row-name", has_text="Take 2").wait_for()
    page.browser.page.locator(".recording-list button", has_text="Take 2").focus()
    feed = FeedOf()
    feed.accepted = 4
    feed.move(9, "complete", "take-3")
    feed.accept(10, "take-5")
    page.demo.push(*feed.events)
    page.browser.page.locator(".row-name", has_text="Take 5").wait_for()

    assert page.browser.page.locator(".row-name").all_inner_texts() == ["Take 5", "Take 4", "Take 2", "Take 1"]
    assert focused(page).startswith("Take 2")


def test_what_has_the_focus_and_goes_leaves_it_to_its_tab(show):
    active = [{**each, "active": each["id"] == "openai.down"} for each in state()["faults"]]
    page = show(faults=active)
    page.browser.click("#tab-break")
    page.browser.page.get_by_role("button", name="End: OpenAI answers 503").focus()
    page.demo.update(faults=state()["faults"])
    page.browser.page.locator(".active-faults li").wait_for(state="detached")

    assert page.browser.run("document.activeElement.id") == "panel-break"


def test_next_is_pressed_step_by_step(show):
    steps = [{"caption": each, "done": False, "look_at": None} for each in ("One.", "Two.", "Three.")]
    page = show(lesson={**LESSON, "step": 0, "steps": steps})
    page.browser.page.locator("#lesson").get_by_role("button", name="Next").focus()
    for number in (1, 2):
        page.browser.press("Enter")
        page.browser.press("Enter")  # nobody has read the next step yet
        page.browser.until(lambda count=number: len(page.asked("lesson_next")) == count, "a step is asked for")
        assert focused(page) == "Next"
        page.demo.update(lesson={**LESSON, "step": number, "steps": steps})
        page.browser.page.locator(".caption-text", has_text=steps[number]["caption"]).wait_for()

    assert len(page.asked("lesson_next")) == 2


@pytest.mark.parametrize(
    ("action", "card", "label"),
    [("redrive", "dead", "Redrive all"), ("kill_api", "api", "Kill"), ("sample", "app", "Take a sample")],
)
def test_what_is_not_possible_for_a_moment_keeps_the_focus_and_does_nothing(show, action, card, label):
    page = show()
    page.browser.wait_for(READY)
    button = page.browser.page.locator(f".node.{card}").get_by_role("button", name=label, exact=True)
    button.focus()
    page.demo.update(actions=[each for each in ACTIONS if each != action])
    page.browser.wait_for("document.activeElement.matches('[aria-disabled=true]')")
    page.browser.press("Enter")
    assert button.is_disabled()
    assert focused(page) == label
    page.demo.update(actions=ACTIONS)
    page.browser.wait_for("!document.activeElement.matches('[aria-disabled=true]')")
    page.browser.press("Enter")
    page.browser.until(lambda: bool(page.asked(action)), "the button works again")

    assert len(page.asked(action)) == 1


@pytest.mark.parametrize(("tab", "label"), [("sabotage", "Show it"), ("lessons", "Fair weather"), ("break", "Find a")])
def test_after_a_restart_the_focus_is_where_it_was(show, tab, label):
    sabotages = [{**each, "lesson": "fair"} for each in state()["sabotages"]]
    page = show(sabotages=sabotages)
    page.browser.click(f"#tab-{tab}")
    panel = page.browser.page.locator(f"#panel-{tab}")
    control = panel.get_by_label(label) if tab == "break" else panel.get_by_role("button", name=label)
    control.first.focus()
    name = focused(page)
    page.demo.update(phase="restarting", actions=[])
    page.browser.wait_for("document.body.dataset.phase === 'restarting'")
    page.browser.draw()
    page.demo.restart("run-2", phase="ready", actions=ACTIONS)
    page.browser.wait_for("document.body.dataset.phase === 'ready'")

    assert focused(page) == name != "nothing"


def test_a_letter_that_is_read_stays_in_hand_while_events_come(show):
    page = show(recorded("outage-and-redrive")[:285])
    page.demo.answers["letter"] = (200, {"body": "{}", "attributes": {}, "reason": "OpenAI answered 503."})
    page.browser.page.locator("#equation button", has_text="dead letters").click()
    page.browser.page.locator(".recording-list button").first.click()
    page.browser.page.get_by_role("button", name="Look into the dead letter").click()
    page.browser.page.locator(".letter pre").focus()
    chosen = page.browser.run("document.querySelector('.detail h3').textContent")
    [subject] = [each["id"] for each in page.demo.feed if each["kind"] == "subject" and each.get("title") == chosen][
        -1:
    ]
    page.demo.push(
        {
            "at": 9999,
            "kind": "event",
            "lane": "API",
            "text": "it was read",
            "tone": "ok",
            "glyph": "dot",
            "subjects": [subject],
        }
    )
    page.browser.page.locator(".detail .events", has_text="it was read").wait_for()

    assert focused(page) == "Body of the message"
