"""What one can do on the page, and what the control channel is asked for it."""

import re

import pytest

from tests.browser.demo.screens import LESSON, with_recording
from tests.browser.demo.states import ACTIONS, CLOCK, FeedOf, recorded, state


def notice_of(page) -> str:
    page.browser.page.locator(".notice").first.wait_for()
    return page.browser.page.locator(".notice").first.inner_text()


def wait_until_asked(page, name: str, count: int = 1) -> list[dict]:
    page.browser.until(lambda: len(page.asked(name)) >= count, f"{name} is asked {count} times")
    return page.asked(name)


# recordings


def test_a_sample_is_taken_by_a_click(show):
    page = show()
    page.browser.page.get_by_role("button", name="Take a sample", exact=True).click()
    page.browser.page.locator(".capture select").select_option("lentil-soup")
    page.browser.page.get_by_role("button", name="Take a sample", exact=True).click()

    assert wait_until_asked(page, "sample", 2) == [{"count": 1}, {"sample": "lentil-soup", "count": 1}]


def test_two_hundred_clicks_are_two_hundred_recordings_in_few_requests(show):
    page = show()
    page.browser.page.locator(".capture .primary").wait_for()
    page.browser.wait_for("!document.querySelector('.capture .primary').disabled")
    page.browser.run("for (let click = 0; click < 200; click += 1) document.querySelector('.capture .primary').click()")
    page.browser.until(lambda: sum(each["count"] for each in page.asked("sample")) >= 200, "200 samples are asked for")

    counts = [each["count"] for each in page.asked("sample")]
    assert sum(counts) == 200
    assert max(counts) <= 20
    assert len(counts) <= 12


def test_recordings_that_the_api_did_not_accept_are_said(show):
    page = show()
    page.demo.answers["sample"] = (200, {"accepted": [], "refused": [{"status": 503}]})
    page.browser.page.get_by_role("button", name="Take a sample", exact=True).click()

    assert "did not accept 1 recording: it answered 503" in notice_of(page).replace("\xa0", " ")


def test_a_microphone_records(show):
    page = show()
    record = page.browser.page.locator(".record")
    record.click()
    page.browser.page.locator(".record", has_text=re.compile(r"Stop ([1-9]|\d\d) s")).wait_for()
    record.click()
    page.browser.until(lambda: bool(page.demo.recorded), "the recording is uploaded")

    [(title, audio)] = page.demo.recorded
    assert title == "Spoken 1"
    assert audio.startswith(b"\x1a\x45\xdf\xa3")  # WebM
    assert record.inner_text() == "Record"


def test_a_browser_without_a_microphone_says_so(show):
    page = show()
    page.browser.run("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
    page.browser.click(".record")

    assert "no microphone" in notice_of(page)


def test_a_refused_microphone_says_what_to_do(show):
    page = show()
    page.browser.run(
        "void (navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError')))"
    )
    page.browser.click(".record")

    assert "Permit it in the address bar" in notice_of(page)


DRAG = """(() => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File(['RIFF'], 'my memo.wav', { type: 'audio/wav' }));
  document.body.dispatchEvent(new DragEvent('%s', { dataTransfer, bubbles: true }));
})()"""


def test_a_file_is_dropped_or_chosen(show):
    page = show()
    page.browser.wait_for("!document.querySelector('.capture .primary').disabled")
    page.browser.run(DRAG % "dragenter")
    assert page.browser.run("document.body.classList.contains('dropping')")
    page.browser.run(DRAG % "drop")
    page.browser.until(lambda: bool(page.demo.recorded), "the dropped file is uploaded")
    page.browser.page.locator("input[type=file]").set_input_files(
        {"name": "other.mp3", "mimeType": "audio/mpeg", "buffer": b"ID3"}
    )
    page.browser.until(lambda: len(page.demo.recorded) >= 2, "both files are uploaded")

    assert page.demo.recorded == [("my memo", b"RIFF"), ("other", b"ID3")]
    assert not page.browser.run("document.body.classList.contains('dropping')")


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (
            (415, {"title": "Unsupported Media Type", "detail": "These bytes are no audio.", "status": 415}),
            "The API answered 415: These bytes are no audio.",
        ),
        ((413, {"title": "Content Too Large", "status": 413}), "The API answered 413: Content Too Large"),
        ((500, {}), "The demo answered 500."),
    ],
)
def test_a_refused_recording_says_what_the_api_said(show, answer, text):
    page = show()
    page.demo.answers["recordings"] = answer
    page.browser.page.locator("input[type=file]").set_input_files(
        {"name": "letter.txt", "mimeType": "text/plain", "buffer": b"no audio"}
    )

    assert text in notice_of(page)


# faults and kills


def test_a_fault_is_switched_on_with_its_options_and_off(show):
    page = show()
    page.browser.click("#tab-break")
    page.browser.page.get_by_label("Options: OpenAI answers 503").click()
    page.browser.page.get_by_label("endpoint").first.select_option(label="chat")
    page.browser.page.get_by_role("switch", name="OpenAI answers 503").click()
    assert wait_until_asked(page, "fault_on") == [{"fault": "openai.down", "options": {"endpoint": "chat"}}]

    faults = [{**each, "active": each["id"] == "openai.down", "times_triggered": 1} for each in state()["faults"]]
    page.demo.update(faults=faults)
    page.browser.page.locator(".active-faults li", has_text="triggered 1 time").wait_for()
    assert page.browser.page.get_by_role("switch", name="OpenAI answers 503").get_attribute("aria-checked") == "true"
    assert page.browser.run("document.querySelector('#tab-break').dataset.mark") == "1"
    page.browser.page.get_by_role("button", name="End: OpenAI answers 503").click()
    assert wait_until_asked(page, "fault_off") == [{"fault": "openai.down"}]


def test_an_empty_option_is_the_default(show):
    page = show()
    page.browser.click("#tab-break")
    page.browser.page.get_by_label("Options: OpenAI is slow").click()
    page.browser.page.get_by_label("delay (s)").fill("")
    page.browser.page.get_by_role("switch", name="OpenAI is slow").click()

    assert wait_until_asked(page, "fault_on") == [{"fault": "openai.slow", "options": {}}]


def test_a_fault_that_happens_once_is_a_button(show):
    page = show()
    page.browser.click("#tab-break")
    page.browser.page.locator("[data-family=clients] > summary").click()
    page.browser.page.locator(".once").click()

    assert wait_until_asked(page, "fault_on") == [{"fault": "clients.wrong_key", "options": {}}]


def test_a_refusal_is_a_notice_in_the_servers_words(show):
    page = show()
    page.demo.answers["fault_on"] = (409, {"error": "OpenAI answers 503 already; end it first."})
    page.browser.click("#tab-break")
    page.browser.page.get_by_role("switch", name="OpenAI answers 503").click()

    assert "end it first" in notice_of(page)
    assert page.browser.run("document.querySelector('#notices').getAttribute('role')") == "status"


def test_a_fault_is_found_by_words(show):
    page = show()
    page.browser.click("#tab-break")
    page.browser.page.get_by_label("Find a fault").fill("postgres")

    names = page.browser.page.locator(".fault-name").all()
    assert [each.inner_text() for each in names if each.is_visible()] == ["Postgres is down"]


@pytest.mark.parametrize(
    ("card", "label", "name"),
    [
        ("sqs", "Poison", "poison"),
        ("workers", "Kill", "kill_worker"),
        ("api", "Kill", "kill_api"),
        ("postgres", "Restart", "restart_postgres"),
        ("dead", "Redrive all", "redrive"),
    ],
)
def test_a_card_has_what_one_does_to_it(show, card, label, name):
    page = show()
    page.browser.page.locator(f".node.{card}").get_by_role("button", name=label).click()

    assert wait_until_asked(page, name) == [{}]


def test_what_is_not_possible_cannot_be_clicked(show):
    page = show(actions=["start_api", "clock"])
    page.browser.wait_for("document.querySelector('.node.api').classList.contains('down')")

    assert page.browser.page.locator(".node.dead").get_by_role("button", name="Redrive all").is_disabled()
    assert page.browser.page.locator(".node.api .caption").inner_text() == "down"


def test_without_an_answer_the_notice_says_what_to_do(show):
    page = show()
    page.browser.wait_for("!document.querySelector('.node.sqs button').disabled")
    page.browser.page.route("**/actions/*", lambda route: route.abort())
    page.browser.page.locator(".node.sqs").get_by_role("button", name="Poison").click()

    assert "does not answer" in notice_of(page)


# the clock


def test_the_clock_has_its_buttons(show):
    page = show()
    for count, label in enumerate(("Pause", "×60", "Next event", "+30 min"), 1):
        page.browser.page.locator("#transport").get_by_role("button", name=label).click()
        wait_until_asked(page, "clock", count)  # requests of one page may overtake each other

    assert page.asked("clock") == [
        {"do": "pause"},
        {"do": "rate", "rate": 60},
        {"do": "next"},
        {"do": "skip", "seconds": 1800},
    ]


def test_the_clock_goes_on_between_two_messages_and_stands_while_paused(show):
    page = show(clock={**CLOCK, "at": 100.0, "rate": 60, "next_due_in": None})
    page.browser.wait_for("document.querySelector('.time').textContent > '2:00'")
    page.demo.update(clock={**CLOCK, "at": 300.0, "rate": 60, "playing": False})
    page.browser.wait_for("document.querySelector('.time').textContent === '5:00'")
    page.browser.draw(frames=20)

    assert page.browser.page.locator(".time").inner_text() == "5:00"
    assert page.browser.page.locator("#transport .play").inner_text() == "Play"


def test_the_clock_does_not_pass_an_event_that_is_due(show):
    page = show(clock={**CLOCK, "at": 100.0, "rate": 60, "next_due_in": 20.0})
    page.browser.wait_for("document.querySelector('.time').textContent === '2:00'")
    page.browser.draw(frames=20)
    assert page.browser.page.locator(".time").inner_text() == "2:00"

    jump = {"from": 100, "to": 7200, "text": "2 h in 8 s", "seconds_left": 8}
    page.demo.update(clock={**CLOCK, "at": 120.0, "jumping": jump, "next_due_in": 60.0})
    page.browser.wait_for("document.querySelector('.time').textContent === '3:00'")
    page.browser.draw(frames=20)
    assert page.browser.page.locator(".time").inner_text() == "3:00"


def test_a_jump_says_how_far_and_how_fast(show):
    page = show()
    page.demo.update(clock={**CLOCK, "jumping": {"from": 0, "to": 7200, "text": "2 h in 8 s", "seconds_left": 8}})
    page.browser.wait_for("document.querySelector('.speed').textContent === '2 h in 8 s'")
    page.demo.update(clock={**CLOCK, "factor": 412.4})
    page.browser.wait_for("document.querySelector('.speed').textContent === '412 × faster than real time'")


# recordings and dead letters


def test_a_recording_is_read_and_heard(show):
    page = with_recording(show)
    detail = page.browser.page.locator(".detail")
    detail.locator("blockquote").wait_for()

    assert detail.locator("blockquote").inner_text() == "Buy lentils & <b>rice</b>."
    assert detail.locator("h3").inner_text() == "Shopping"
    assert "What to buy." in detail.inner_text()
    assert "received for the 1st time" in detail.locator(".events").inner_text()
    detail.get_by_role("button", name="Hear it").click()
    detail.locator("audio[src^=blob]").wait_for()
    page.browser.wait_for("document.querySelector('.detail audio').duration > 1")


def test_a_recording_is_deleted(show):
    page = with_recording(show)
    page.browser.page.locator(".detail").get_by_role("button", name="Delete").click()

    assert wait_until_asked(page, "delete_memory") == [{"memory": "a"}]


def test_one_looks_into_a_dead_letter_and_redrives_it_alone(show):
    page = with_recording(show, "dead-lettered")
    page.demo.answers["letter"] = (
        200,
        {"body": '{"memory_id": "a"}', "attributes": {"ApproximateReceiveCount": 3}, "reason": "OpenAI answered 503."},
    )
    detail = page.browser.page.locator(".detail")
    detail.get_by_role("button", name="Look into the dead letter").click()
    detail.locator(".letter pre").wait_for()
    assert detail.locator(".letter pre").inner_text() == '{"memory_id": "a"}'
    assert "OpenAI answered 503." in detail.inner_text()
    detail.get_by_role("button", name="Redrive this one").click()

    assert wait_until_asked(page, "redrive") == [{"message": "m"}]


@pytest.mark.parametrize(("subject", "is_possible"), [("poison", True), ("memory", False)])
def test_poison_is_purged_where_there_is_some(show, subject, is_possible):
    feed = FeedOf()
    if subject == "memory":
        feed.accept(1, "a", place="dead-lettered")
    feed.happened(2, "DLQ", "moved", "a", sqs={"event": "dead_lettered", "message": "m", "queue": "dead"})
    page = show(feed.events)
    purge = page.browser.page.locator(".node.dead").get_by_role("button", name="Purge poison")
    page.browser.wait_for("!document.querySelector('[data-action=redrive]').disabled")
    assert purge.is_visible() == is_possible
    if is_possible:
        purge.click()
        assert wait_until_asked(page, "purge_poison") == [{}]


def test_a_term_of_the_sum_shows_its_recordings(show):
    page = show(recorded("outage-and-redrive")[:285])
    page.browser.page.locator("#equation button", has_text="dead letters").click()

    assert page.browser.page.locator(".list-head span").inner_text() == "dead letters: 5"
    assert page.browser.page.locator(".recording-list li").count() == 5


# checks, lessons, sabotage


def test_the_invariants_are_checked_with_their_numbers(show):
    page = show()
    page.browser.click("#tab-checks")
    page.browser.page.get_by_role("button", name="Check now").click()
    assert wait_until_asked(page, "check") == [{}]
    results = [
        {
            "name": "conservation",
            "about": "Every accepted recording is in a place.",
            "verdict": "passed",
            "text": "holds",
            "numbers": {"accepted": 5, "events": 388},
        },
        {
            "name": "no_secret_in_a_log",
            "about": "No secret.",
            "verdict": "failed",
            "text": "a key is in the log of the API",
            "numbers": {},
        },
    ]
    page.demo.push({"at": 5, "kind": "invariants", "results": results})
    page.browser.page.locator(".invariants li").first.wait_for()

    assert page.browser.page.locator(".check-summary").inner_text() == "1 of 2 passed, 1 failed"
    assert "388" in page.browser.page.locator(".invariants").inner_text()
    assert "a key is in the log of the API" in page.browser.page.locator(".invariants").inner_text()
    assert (
        page.browser.page.get_by_role("link", name="Save as a scenario").get_attribute("href")
        == f"/scenario.py?token={page.demo.token}"
    )


def test_a_lesson_is_chosen_stepped_and_left(show):
    page = show()
    page.browser.page.get_by_role("button", name="Fair weather").click()
    assert wait_until_asked(page, "lesson") == [{"id": "fair"}]
    steps = [
        {"caption": "Take a sample.", "done": True, "look_at": None},
        {"caption": "It becomes complete.", "done": False, "look_at": "The dot."},
    ]
    lesson = {
        "id": "fair",
        "title": "Fair weather",
        "step": 1,
        "steps": steps,
        "waiting_for": "you",
        "finished": False,
        "verdict": None,
        "automatic": False,
    }
    page.demo.update(lesson=lesson)
    caption = page.browser.page.locator("#lesson")
    caption.locator(".caption-text", has_text="It becomes complete.").wait_for()
    assert "It waits for you." in caption.inner_text()
    assert page.browser.run("document.querySelector('.steps').getAttribute('aria-label')") == "Step 2 of 2"
    caption.get_by_role("button", name="Next").click()
    assert wait_until_asked(page, "lesson_next") == [{}]
    caption.get_by_role("button", name="By itself").click()
    assert wait_until_asked(page, "lesson_automatic") == [{"automatic": True}]
    page.demo.update(lesson={**lesson, "finished": True, "verdict": "passed"})
    caption.locator(".verdict.passed").wait_for()
    caption.get_by_role("button", name="Close").click()
    assert wait_until_asked(page, "lesson", 2)[-1] == {"id": None}


def test_two_clicks_on_next_are_one_step(show):
    steps = [{"caption": each, "done": False, "look_at": None} for each in ("One.", "Two.", "Three.")]
    lesson = {
        "id": "fair",
        "title": "Fair weather",
        "step": 0,
        "steps": steps,
        "waiting_for": "you",
        "finished": False,
        "verdict": None,
        "automatic": False,
    }
    page = show(lesson=lesson)
    following = page.browser.page.locator("#lesson").get_by_role("button", name="Next")
    following.dblclick()
    page.browser.press("ArrowRight")
    assert following.is_disabled()
    assert wait_until_asked(page, "lesson_next") == [{}]
    page.demo.update(lesson={**lesson, "step": 1})
    page.browser.page.locator(".caption-text", has_text="Two.").wait_for()
    page.browser.press("ArrowRight")

    assert wait_until_asked(page, "lesson_next", 2) == [{}, {}]


def test_a_scenario_that_runs_by_itself_has_no_button_for_the_next_step(show):
    possible = [each for each in ACTIONS if each not in ("lesson_next", "lesson_automatic")]
    page = show(lesson={**LESSON, "automatic": True, "waiting_for": "the pipeline"}, actions=possible)
    lesson = page.browser.page.locator("#lesson")
    lesson.get_by_role("button", name="Leave the lesson").wait_for()

    assert lesson.get_by_role("button").count() == 1


def test_sabotage_has_a_banner_that_takes_it_out(show):
    page = show()
    page.browser.click("#tab-sabotage")
    page.browser.page.get_by_role("switch", name="Acknowledge on failure").click()
    assert wait_until_asked(page, "sabotage") == [{"id": "acknowledge-on-failure"}]
    page.demo.update(sabotage="acknowledge-on-failure")
    banner = page.browser.page.locator(".banner.sabotaged")
    banner.wait_for()
    assert "Acknowledge on failure" in banner.inner_text()
    banner.get_by_role("button", name="Take it out").click()

    assert wait_until_asked(page, "sabotage", 2)[-1] == {"id": None}


# the keyboard


@pytest.mark.parametrize(
    ("key", "name", "body"),
    [
        ("s", "sample", {"count": 1}),
        (" ", "clock", {"do": "pause"}),
        ("6", "clock", {"do": "rate", "rate": 60}),
        ("1", "clock", {"do": "rate", "rate": 1}),
        ("n", "clock", {"do": "next"}),
        ("+", "clock", {"do": "skip", "seconds": 1800}),
        ("k", "kill_worker", {}),
        ("p", "poison", {}),
        ("d", "redrive", {}),
        ("ArrowRight", "lesson_next", {}),
        ("c", "check", {}),
    ],
)
def test_a_key_does_it(show, key, name, body):
    page = show(lesson=LESSON)
    page.browser.wait_for("!document.querySelector('.capture .primary').disabled")
    page.browser.press(key)

    assert wait_until_asked(page, name) == [body]


def test_keys_type_in_a_field_and_do_nothing_when_switched_off_or_not_possible(show):
    page = show(actions=[each for each in ACTIONS if each != "poison"])
    page.browser.wait_for("!document.querySelector('.capture .primary').disabled")
    page.browser.press("p")
    page.browser.press("b")
    page.browser.page.get_by_label("Find a fault").focus()
    page.browser.type("ks")
    page.browser.page.get_by_label("Find a fault").blur()
    page.browser.press("?")
    page.browser.page.get_by_label("Single-key shortcuts are on").uncheck()
    page.browser.press("Escape")
    page.browser.press("k")
    click = page.browser.page.get_by_role("button", name="Take a sample", exact=True).click
    click()
    wait_until_asked(page, "sample")
    assert [name for name, _ in page.demo.asked] == ["sample"], "the click alone"

    page.browser.page.reload()
    page.browser.wait_for("!document.querySelector('.capture .primary').disabled")
    page.browser.press("k")
    click()
    wait_until_asked(page, "sample", 2)
    assert [name for name, _ in page.demo.asked] == ["sample", "sample"]


def test_tabs_are_moved_with_the_arrow_keys_and_every_control_can_be_reached(show):
    page = show()
    page.browser.wait_for("!document.querySelector('.capture .primary').disabled")
    page.browser.press("l")
    page.browser.press("ArrowRight")
    assert page.browser.run("document.activeElement.textContent") == "Break"
    assert page.demo.asked == []
    names = set()
    page.browser.run("document.querySelector('.skip').focus()")
    for _ in range(60):
        page.browser.press("Tab")
        names.add(
            page.browser.run(
                "document.activeElement.textContent.trim() || document.activeElement.getAttribute('aria-label')"
            )
        )
    assert {
        "Take a sample",
        "Record",
        "Kill",
        "Poison",
        "Redrive all",
        "Pause",
        "Next event",
        "+30 min",
        "Choose a file",
    } <= names
