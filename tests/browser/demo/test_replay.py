"""A recorded run, shown again without a server."""

from pathlib import Path

from sim.demo.sharing import replay_of
from tests.browser.barriers import barriers
from tests.browser.chromium import Chromium
from tests.browser.demo.states import SABOTAGES, recorded, state

COMPLETE = "document.querySelector('#equation').innerText.includes('complete 5')"


def replayed(show, feed=None):
    page = show()
    page.browser.wait_for("document.body.dataset.phase === 'ready'")
    page.demo.feed = feed or recorded("outage-and-redrive")
    page.demo.asked.clear()
    page.browser.requested.clear()
    page.browser.open(page.address.partition("?")[0] + "replay")
    page.browser.wait_for("document.body.dataset.phase === 'ready'")
    return page


def with_steps():
    feed = recorded("outage-and-redrive")
    for position, text in (
        (0, "OpenAI is down."),
        (200, "Every message was received twice."),
        (330, "OpenAI is back."),
    ):
        feed.insert(position, {"at": feed[position]["at"], "kind": "step", "name": "Given", "text": text, "line": None})
    return [{**each, "n": number} for number, each in enumerate(feed, 1)]


def test_it_runs_by_itself_to_its_end_and_asks_nobody(show):
    page = replayed(show)
    page.browser.page.locator("#transport").get_by_role("button", name="×4").click()
    page.browser.wait_for(COMPLETE)
    page.browser.page.locator("#transport .play", has_text="Again").wait_for()

    assert page.browser.errors == []
    assert [each for each in page.browser.requested if "/state" in each or "/feed" in each] == []
    page.browser.page.locator("#transport .play").click()
    page.browser.wait_for("!document.querySelector('#equation').innerText.includes('complete 5')")


def test_what_needs_a_server_is_not_there(show):
    page = replayed(show)

    for selector in (".capture", "[data-action]", "#tab-break", "#tab-sabotage", "#copy-address", ".checks > button"):
        assert not any(each.is_visible() for each in page.browser.page.locator(selector).all()), selector
    assert page.browser.page.locator("#subtitle").inner_text() == "replay"


def test_one_scrubs_forth_and_back_and_steps(show):
    page = replayed(show)
    page.browser.press(" ")
    scrub = page.browser.page.get_by_label("Position in the run")
    scrub.fill(str(len(page.demo.feed)))
    page.browser.wait_for(COMPLETE)
    scrub.fill("285")
    page.browser.wait_for("document.querySelector('#equation').innerText.includes('dead letters 5')")
    assert "complete 0" in page.equation
    before = page.browser.page.locator("#transport .time").inner_text()
    for _ in range(40):
        page.browser.press("n")
    page.browser.wait_for("!document.querySelector('#equation').innerText.includes('dead letters 5')")
    assert page.browser.page.locator("#transport .time").inner_text() >= before


def test_two_hours_without_events_take_a_moment(show):
    page = replayed(show)
    seconds = page.browser.run(
        "import('/page/replay.js').then(({ pacedTimes }) => pacedTimes([{at: 0}, {at: 1}, {at: 7200}, {at: 7200.5}]))"
    )
    assert seconds == [0, 1, 2.2, 2.7]


def test_the_steps_of_a_lesson_are_its_captions(show):
    page = replayed(show, with_steps())
    caption = page.browser.page.locator("#lesson .caption-text")
    caption.wait_for()
    assert caption.inner_text() == "OpenAI is down."
    page.browser.page.get_by_label("Position in the run").fill("250")
    page.browser.page.locator("#lesson .caption-text", has_text="Every message was received twice.").wait_for()

    assert page.browser.run("document.querySelectorAll('.steps li').length") == 3
    assert page.browser.page.locator("#lesson button").count() == 0


def test_a_recording_of_a_replay_is_read_but_not_heard(show):
    page = show()
    page.demo.memories = {
        event["id"]: {
            "transcript": "It was quiet.",
            "analysis": None,
            "failure": None,
            "attempts": 1,
            "openai_calls": 2,
            "billed_seconds": 6.0,
            "updated_at": "",
            "status": "complete",
        }
        for event in recorded("outage-and-redrive")
        if event["kind"] == "subject"
    }
    page.demo.feed = recorded("outage-and-redrive")
    page.browser.open(page.address.partition("?")[0] + "replay")
    page.browser.page.get_by_label("Position in the run").fill(str(len(page.demo.feed)))
    page.browser.click("#tab-recordings")
    page.browser.page.locator(".recording-list button").first.click()
    page.browser.page.locator(".detail blockquote", has_text="It was quiet.").wait_for()

    assert page.browser.page.get_by_role("button", name="Hear it").count() == 0
    assert barriers(page.browser.page) == []


def test_one_file_replays_a_run_from_the_disk(browser: Chromium, tmp_path: Path) -> None:
    lessons = [
        {"id": "other", "title": "Another lesson", "about": "About.", "sabotage": "paid-twice", "href": "other.html"}
    ]
    title = "</script><b>Outage</b>"
    recording = {
        "title": title,
        "about": "Recorded.",
        "run": "run-1",
        "state": state(sabotage="paid-twice"),
        "feed": recorded("outage-and-redrive"),
        "memories": {},
        "lessons": lessons,
    }
    file = tmp_path / "replay.html"
    file.write_text(replay_of(recording), encoding="utf-8")
    browser.open(file.as_uri())
    browser.page.locator("#transport").get_by_role("button", name="×4").click()
    browser.wait_for(COMPLETE)

    assert browser.errors == []
    assert {each.partition(":")[0] for each in browser.requested} <= {"file", "about", "data"}
    assert title in browser.page.locator("#facts").inner_text()
    assert browser.page.get_by_role("link", name="Another lesson").get_attribute("href") == "other.html"
    assert browser.page.locator(".banner.sabotaged").inner_text() == f"Sabotaged: {SABOTAGES[1]['title']}"
