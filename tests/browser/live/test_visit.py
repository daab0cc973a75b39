"""A visit without a lesson: record, break, look, repair; and what goes wrong on the way."""

import re
from pathlib import Path

from tests.browser.live.visitor import Visitor

OPENAI_DOWN = "OpenAI answers 503"


def test_an_outage_is_broken_watched_and_repaired(visitor: Visitor) -> None:
    visitor.switch(OPENAI_DOWN)
    visitor.card("openai").locator(".badge", has_text=OPENAI_DOWN).wait_for()
    visitor.samples(3)
    visitor.sees("Accepted 3")
    visitor.clock("×60")
    for _ in range(12):
        if "dead letters 3" in visitor.equation:
            break
        visitor.clock("+30 min")
        visitor.until(lambda: not visitor.demo.state()["clock"]["jumping"])
    visitor.sees("dead letters 3", "lost 0")
    visitor.card("dead").get_by_text("alarm").wait_for(timeout=60_000)

    visitor.page.locator("#equation").get_by_role("button", name=re.compile("dead letters")).click()
    visitor.page.locator(".recording-list button").first.click()
    visitor.page.get_by_role("button", name="Look into the dead letter").click()
    assert "memory_id" in visitor.page.locator(".letter pre").inner_text()

    visitor.page.locator("#tab-break").click()
    visitor.page.get_by_role("button", name=f"End: {OPENAI_DOWN}").click()
    visitor.page.locator("#tab-recordings").click()
    visitor.page.get_by_role("button", name="Redrive this one").click()
    visitor.sees("complete 1", "dead letters 2", "lost 0")
    visitor.card("dead").get_by_role("button", name="Redrive all").click()
    visitor.sees("complete 3", "dead letters 0", "lost 0", "paid twice 0")


def test_what_is_recorded_is_read_and_heard(visitor: Visitor) -> None:
    visitor.samples(1)
    visitor.sees("complete 1")
    visitor.page.locator("#tab-recordings").click()
    visitor.page.locator(".recording-list button").click()
    detail = visitor.page.locator(".detail")
    assert "dentist" in detail.locator("blockquote").inner_text().lower()
    detail.get_by_role("button", name="Hear it").click()
    detail.locator("audio[src^=blob]").wait_for()
    visitor.browser.wait_for("document.querySelector('.detail audio').duration > 3")
    detail.get_by_role("button", name="Delete").click()
    visitor.sees("deleted 1")


def test_a_microphone_records_through_the_whole_pipeline(visitor: Visitor) -> None:
    record = visitor.page.locator(".record")
    record.click()
    visitor.page.locator(".record", has_text=re.compile(r"Stop ([2-9]|\d\d) s")).wait_for()
    record.click()
    visitor.sees("Accepted 1", "complete 1")
    visitor.page.locator("#tab-recordings").click()
    visitor.page.locator(".row-name", has_text="Spoken 1").wait_for()


def test_what_is_no_audio_is_refused_in_the_words_of_the_api(visitor: Visitor) -> None:
    visitor.expects_refusals = True
    chooser = visitor.page.locator("input[type=file]")
    chooser.set_input_files(
        {"name": "letter.mp3", "mimeType": "audio/mpeg", "buffer": b"Dear operator, this is no audio."}
    )
    visitor.page.locator(".notice", has_text="The API answered 415").wait_for()
    chooser.set_input_files({"name": "long.wav", "mimeType": "audio/wav", "buffer": b"RIFF" + bytes(30 * 1024**2)})
    visitor.page.locator(".notice", has_text="The API answered 413").wait_for()
    assert "Accepted 0" in visitor.equation


def test_kills_and_restarts_lose_nothing(visitor: Visitor) -> None:
    visitor.expects_refusals = True
    visitor.demo.act("fault_on", fault="openai.slow", options={"seconds": 20})
    visitor.samples(3)
    visitor.sees("Accepted 3", "working 3")
    visitor.card("workers").get_by_role("button", name="Kill").click()
    visitor.sees("waiting 3")
    visitor.card("api").get_by_role("button", name="Kill").click()
    visitor.page.locator(".node.api.down").wait_for()
    visitor.browser.press("s")  # no sample can be taken now: the key does nothing
    visitor.page.locator(".node.api:not(.down)").wait_for()
    visitor.card("postgres").get_by_role("button", name="Restart").click()
    visitor.demo.act("fault_off", fault="openai.slow")
    visitor.clock("×60")
    visitor.sees("complete 3", within_seconds=240)

    assert "Accepted 3" in visitor.equation
    assert "lost 0" in visitor.equation


def test_poison_ends_in_the_dead_letters_and_is_no_recording(visitor: Visitor) -> None:
    visitor.card("sqs").get_by_role("button", name="Poison").click()
    visitor.page.locator("#log", has_text="poison").wait_for()
    visitor.clock("×60")
    visitor.card("dead").get_by_text("alarm").wait_for(timeout=120_000)
    assert "Accepted 0" in visitor.equation
    visitor.page.locator("#tab-recordings").click()
    visitor.page.locator(".row-place", has_text="a message, not a job").wait_for()
    visitor.card("dead").get_by_role("button", name="Purge poison").click()
    visitor.page.locator("#log", has_text="deleted from the dead-letter queue").wait_for()
    visitor.until(lambda: not visitor.demo.state()["alarm"])


def test_a_reload_in_the_middle_shows_the_same(visitor: Visitor) -> None:
    visitor.samples(2)
    visitor.sees("complete 2")
    before = visitor.equation
    visitor.page.reload()
    visitor.sees("complete 2")

    assert visitor.equation == before


def test_two_viewers_see_the_same(visitor: Visitor) -> None:
    other = visitor.browser.new_page()
    other.goto(visitor.address)
    visitor.samples(3)
    visitor.sees("complete 3")
    visitor.sees("complete 3", page=other)

    assert other.locator("#equation").get_attribute("aria-label") == visitor.equation
    visitor.page.locator("#facts", has_text="2 viewers").wait_for()


def test_with_the_keyboard_alone(visitor: Visitor) -> None:
    for key in "ss":
        visitor.browser.press(key)
    visitor.sees("Accepted 2")
    visitor.browser.press("6")
    visitor.page.locator("#transport [data-rate='60'][aria-pressed=true]").wait_for()
    visitor.sees("complete 2")
    visitor.browser.press("c")
    visitor.page.locator(".check-summary", has_text="passed").wait_for()
    visitor.browser.press("m")
    visitor.browser.press("Tab")
    visitor.browser.press("Tab")
    visitor.browser.press("Enter")
    visitor.page.locator(".detail blockquote").wait_for()
    visitor.browser.press("Escape")
    visitor.page.locator(".recording-list").wait_for()


def test_a_fault_that_is_on_already_is_refused_politely(visitor: Visitor) -> None:
    visitor.expects_refusals = True
    visitor.switch(OPENAI_DOWN)
    visitor.page.locator(".active-faults li").wait_for()
    status, text = visitor.demo.refused("fault_on", fault="openai.down")
    assert status == 409
    assert text


def test_the_run_is_saved_as_a_scenario_and_shared_as_one_file(visitor: Visitor, tmp_path: Path) -> None:
    visitor.samples(1)
    visitor.sees("complete 1")
    visitor.page.locator("#tab-checks").click()
    with visitor.page.expect_download() as scenario:
        visitor.page.get_by_role("link", name="Save as a scenario").click()
    with visitor.page.expect_download() as shared:
        visitor.page.get_by_role("link", name="Share as one file").click()
    assert "def test_" in Path(scenario.value.path()).read_text(encoding="utf-8")
    replay = tmp_path / "replay.html"
    shared.value.save_as(replay)
    visitor.browser.open(replay.as_uri())
    visitor.page.locator("#transport").get_by_role("button", name="×4").click()
    visitor.sees("complete 1")
    assert visitor.page.locator("#subtitle").inner_text() == "replay"
