"""The report in a real browser: drawing, mouse, keyboard, no external requests."""

from itertools import pairwise
from pathlib import Path

import pytest

from sim.journal.reading import read_lines
from sim.report.page.page import page
from sim.report.run_record import run_of
from tests.browser.barriers import barriers
from tests.browser.chromium import Chromium
from tests.unit.report.journals import MEMORY, OTHER_MEMORY, PIPELINE, SCENARIO, JournalOf, dead_lettered_and_redriven
from tests.unit.report.test_conservation import ObservedJournal

EVIL = '</script><img src="http://127.0.0.1:9/" onerror="document.title=\'evil\'">'
FAILED = "a/test_a.py::test_a"
OPEN_BOARD = ".card[open] .board"


@pytest.fixture
def report(tmp_path: Path) -> str:
    """The address of a report with a failed scenario, whose texts contain markup, and a passed one."""
    failed = JournalOf(FAILED, "a").accepted(1).accepted(2, OTHER_MEMORY).own(2, "fault_started", fault=EVIL)
    failed.own(3, EVIL, memory_id=MEMORY).own(4, "memory", memory_id=MEMORY, status=EVIL, status_history=[])
    failed.verdict(9, "failed", claim=EVIL, reason=f"E   Failed: {EVIL}")
    texts = failed.texts + dead_lettered_and_redriven().verdict(5420, "passed").texts
    path = tmp_path / "report.html"
    path.write_text(page(run_of(read_lines(texts), "a-run")), encoding="utf-8")
    return path.as_uri()


def open_passed(browser: Chromium) -> None:
    browser.run("document.querySelector('.card.passed').open = true")
    browser.wait_for("document.querySelector('.card.passed svg')")


def test_it_opens_without_errors_and_without_requests(browser: Chromium, report: str) -> None:
    browser.open(report)
    open_passed(browser)
    assert browser.errors == []
    assert set(browser.requested) == {report, "about:blank"} or set(browser.requested) == {report}
    assert browser.run("document.title") == "RAWK · a-run"
    assert browser.run("document.querySelectorAll('img').length") == 0


def test_failed_scenarios_are_open_and_others_draw_their_timeline_when_opened(browser: Chromium, report: str) -> None:
    browser.open(report)
    assert browser.run("[...document.querySelectorAll('.card')].map(c => c.open)") == [True, False]
    assert browser.run("document.querySelectorAll('.board').length") == 1
    open_passed(browser)
    assert browser.run("document.querySelectorAll('.card.passed .strip .ring').length") == 4
    assert browser.run("document.querySelectorAll('.card.passed .cut').length") >= 2
    assert browser.run("document.querySelectorAll('.card.passed .band').length") == 1


def test_a_click_on_an_event_follows_its_memory(browser: Chromium, report: str) -> None:
    browser.open(report)
    open_passed(browser)
    browser.click(".card.passed .event .ring")
    assert browser.run("document.querySelector('.card.passed .full').textContent") == MEMORY
    events = browser.run("[...document.querySelectorAll('.card.passed .events .what')].map(e => e.textContent)")
    assert "moved to the dead-letter queue" in events
    assert "moved back to the queue by a redrive, as a new message" in events
    assert browser.run("document.querySelector('.card.passed .thread').getAttribute('points').length") > 20
    assert "follow=" + MEMORY in browser.run("location.hash")


def test_everything_works_by_keyboard(browser: Chromium, report: str) -> None:
    browser.open(report)
    browser.press("j")
    browser.press("j")
    assert browser.run("document.activeElement.closest('.card').classList.contains('passed')")
    browser.press("Enter")
    browser.wait_for("document.querySelector('.card.passed svg')")
    browser.press("n")
    browser.wait_for("document.querySelector('.card.passed .following')")
    browser.press("Escape")
    assert browser.run("document.querySelector('.card.passed .following')") is None
    width = browser.run("document.querySelector('.card.passed .strip svg').clientWidth")
    browser.press("+")
    assert browser.run("document.querySelector('.card.passed .strip svg').clientWidth") > 1.5 * width
    browser.press("k")
    assert browser.run("document.activeElement.closest('.card').classList.contains('failed')")
    browser.press("/")
    browser.type("redriven nothing")
    assert browser.run("document.getElementById('found').textContent") == "0 of 2"


def test_search_and_filters(browser: Chromium, report: str) -> None:
    browser.open(report)
    shown = "[...document.querySelectorAll('.card:not([hidden])')].map(c => c.dataset.verdict)"
    browser.click(".chip.passed")
    assert browser.run(shown) == ["passed"]
    browser.click(".chip.failed")
    assert browser.run(shown) == ["failed", "passed"]
    browser.click("#search")
    browser.type("openai down")
    assert browser.run(shown) == ["passed"]


def test_an_address_opens_one_memory(browser: Chromium, report: str) -> None:
    browser.open(f"{report}#scenario=queue/test_poison.py::test_it&follow={MEMORY}")
    assert browser.run("document.querySelector('.card.passed .full').textContent") == MEMORY
    browser.open(f"{report}#scenario=unknown&follow=unknown")
    assert browser.errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_uses_the_colour_scheme(browser: Chromium, report: str, scheme: str) -> None:
    browser.emulate(390, 844, scheme)
    browser.open(report)
    open_passed(browser)
    assert browser.run("document.documentElement.scrollWidth") == 390
    paper = browser.run("getComputedStyle(document.body).backgroundColor")
    is_dark = sum(int(part) for part in paper.removeprefix("rgb(").removesuffix(")").split(",")) < 300
    assert is_dark == (scheme == "dark")


def test_the_axis_is_paced_by_time_or_by_events(browser: Chromium, report: str) -> None:
    browser.open(report)
    open_passed(browser)
    assert browser.run("document.querySelectorAll('.card.passed .cut').length") >= 2
    browser.click(".card.passed .buttons button[aria-pressed=false]")
    assert browser.run("document.querySelectorAll('.card.passed .cut').length") == 0
    assert browser.run("document.querySelector('.card.passed [aria-pressed=true]').textContent") == "events"
    assert "pace=events" in browser.run("location.hash")
    rings = browser.run(
        "[...document.querySelectorAll('.card.passed .strip .ring')].map(e => e.getBoundingClientRect().x)"
    )
    assert all(later - earlier > 20 for earlier, later in pairwise(rings))
    browser.press("e")
    assert browser.run("document.querySelector('.card.passed [aria-pressed=true]').textContent") == "time"


def test_each_delivery_is_one_row_to_open(browser: Chromium, report: str) -> None:
    browser.open(f"{report}#scenario=queue/test_poison.py::test_it&follow={MEMORY}")
    rows = browser.run("[...document.querySelectorAll('.card.passed .group summary')].map(e => e.textContent)")
    assert len(rows) == 4
    assert rows[0].startswith("1st receive 0.1 s started +0 s (cold) · returned the message +6 s · 1")
    assert rows[0].endswith("OpenAI request · visible again +30 min")
    assert rows[3].endswith("deleted after processing +2 s")
    first = browser.run("document.querySelector('.card.passed .group li .what').textContent")
    assert first.startswith("received for the 1st time")  # and not what was sent in the same moment
    assert browser.run("document.querySelectorAll('.card.passed .group li').length") > 8


def test_two_sentences_say_what_happened(browser: Chromium, report: str) -> None:
    browser.open(report)
    open_passed(browser)
    assert browser.run("document.querySelector('.card.passed .sentences').textContent") == (
        "One recording was accepted before the fault “OpenAI is down”. "
        "It was received three times, dead-lettered at 1:30:07, redriven, and complete."
    )


def test_a_phone_has_the_legend_to_open(browser: Chromium, report: str) -> None:
    browser.emulate(390, 844)
    browser.open(report)
    open_passed(browser)
    key = "document.querySelector('.card.passed .key-list .key').checkVisibility()"
    assert not browser.run(key)
    browser.click(".card.passed .keys summary")
    assert browser.run(key)
    assert browser.run("document.documentElement.scrollWidth") == 390


def test_each_payment_is_shown_when_something_was_paid_for_twice(browser: Chromium, tmp_path: Path) -> None:
    journal = ObservedJournal().upload().processing()
    paid = {"endpoint": "transcription", "memory_id": MEMORY, "billed_seconds": 5.0, "outcome": "answered"}
    for at in (9, 10):
        journal.own(at, "openai_request", status_code=200, recording="standup-notes", **paid)
    path = tmp_path / "report.html"
    path.write_text(page(journal.ended().verdict(30, "failed", reason="E   paid twice").run()), encoding="utf-8")
    browser.open(path.as_uri())
    rows = browser.run("[...document.querySelectorAll('.payments li')].map(e => e.textContent)")
    assert [row.partition(",")[0] for row in rows] == ["8 s 5 s of audio", "9 s 5 s of audio"]


SOURCE = (
    "def test_it(sim):\n    # Given OpenAI is down.\n    sim.down()\n    # Then all is well.\n    assert sim.well\n"
)


@pytest.fixture
def stepped(tmp_path: Path) -> str:
    """The address of a report whose scenario has steps, checked invariants and a violation of conservation."""
    about = {"scenario": SCENARIO, "pipeline": PIPELINE, "source": SOURCE, "source_line": 7}
    journal = ObservedJournal(begin=False)
    journal.line(0, "scenario_started", **about).own(0.5, "step", name="Given", text="OpenAI is down", line=8)
    journal.upload().processing().own(13, "step", name="Then", text="all is well", line=10)
    result = {
        "name": "at rest",
        "about": "Nothing is left.",
        "verdict": "failed",
        "text": "1 job",
        "numbers": {"jobs": 1},
    }
    journal.sqs(13.3, "deleted", memory_id=MEMORY).own(14, "invariants_checked", results=[result])
    path = tmp_path / "report.html"
    path.write_text(page(journal.ended().verdict(30, "failed", reason="E   lost").run()), encoding="utf-8")
    return path.as_uri()


def test_steps_and_source_lines_lead_to_each_other(browser: Chromium, stepped: str) -> None:
    browser.open(stepped)
    labels = browser.run("[...document.querySelectorAll('.step text')].map(e => e.textContent)")
    assert [label.split()[0] for label in labels] == ["Given", "Then"]
    browser.click(".step[data-line='10'] text")
    assert browser.run("document.querySelector('.source .here').textContent") == "    # Then all is well.12 s\n"
    browser.run("document.querySelector('.reached[data-line=\"8\"]').focus()")
    browser.press("Enter")
    assert browser.run("document.querySelector('.step.here title').textContent") == "0 s, line 8: Given OpenAI is down"
    assert browser.errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_no_serious_barrier(browser: Chromium, stepped: str, report: str, scheme: str, width: int) -> None:
    for address in (stepped, report):
        browser.emulate(width, 900, scheme)
        browser.open(address)
        browser.run("document.querySelectorAll('details').forEach(each => { each.open = true; })")
        browser.press("n")
        assert barriers(browser.page) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_the_strip_of_places_has_its_names_its_sentence_and_its_violation(
    browser: Chromium, tmp_path: Path, width: int
) -> None:
    journal = ObservedJournal().upload().processing()
    journal.sqs(13.3, "deleted", memory_id=MEMORY)
    path = tmp_path / "report.html"
    path.write_text(page(journal.ended().verdict(30, "failed", reason="E   lost").run()), encoding="utf-8")
    browser.emulate(width, 900)
    browser.open(path.as_uri())
    text = "[...document.querySelectorAll('{}')].map(e => e.textContent)"
    violation = "12.3 s: recording 0fc2… was deleted from the queue while processing; nobody holds it"

    assert browser.run(text.format(".places .legend li")) == ["lost", "outbox", "queued", "in flight"]
    assert browser.run(text.format(".places .sentence")) == [
        "1 recording was accepted (at the end: 1 lost); 1 violation at 12.3 s."
    ]
    assert browser.run(text.format(".places .violations li")) == [violation]
    assert browser.run(text.format(".strip .violation title")) == [violation]
    assert browser.run(text.format(".labels .accepted, .labels .accepted-unit")) == ["1", "accepted"]
    fills = browser.run("[...document.querySelectorAll('.place-area')].map(e => e.getAttribute('fill').slice(5, -1))")
    assert browser.run(f"{fills}.every(id => document.getElementById(id))")
    assert browser.run("document.documentElement.scrollWidth") == width
    browser.run("document.querySelector('.place-area').dispatchEvent(new MouseEvent('mousemove', {bubbles: true}))")
    assert browser.run("document.getElementById('tip').textContent").startswith("since ")
    assert browser.errors == []
