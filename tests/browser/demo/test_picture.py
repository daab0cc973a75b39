"""What the page shows of a feed: the sum, the strip, the dots, violations, the log."""

import itertools

import pytest

from tests.browser.demo.screens import LESSON, SENTENCE
from tests.browser.demo.states import FeedOf, recorded, state


def test_it_opens_without_errors_and_asks_nobody_else(show):
    page = show(recorded("outage-and-redrive"))
    page.browser.wait_for("document.querySelector('#equation').innerText.includes('complete 5')")

    assert page.browser.errors == []
    origin = page.address.partition("/?")[0]
    assert [each for each in page.browser.requested if not each.startswith((origin, "about:", "data:"))] == []


def test_the_sum_is_on_top_and_holds_after_every_event(show):
    page = show(recorded("outage-and-redrive")[:285])
    page.browser.wait_for("document.querySelector('#equation').innerText.includes('dead letters 5')")
    assert (
        page.equation
        == "Accepted 5 = waiting 0 + working 0 + dead letters 5 + transcript 0 + complete 0 lost 0 paid twice 0"
    )

    page.demo.push(*recorded("outage-and-redrive")[285:])
    page.browser.wait_for("document.querySelector('#equation').innerText.includes('complete 5')")
    assert (
        page.equation
        == "Accepted 5 = waiting 0 + working 0 + dead letters 0 + transcript 0 + complete 5 lost 0 paid twice 0"
    )


@pytest.mark.parametrize(
    ("place", "term"), [("failed", "failed 1"), ("deleted by its owner", "deleted 1"), ("not known", "not known 1")]
)
def test_a_rare_place_is_a_term_of_the_sum_when_it_occurs(show, place, term):
    feed = FeedOf()
    feed.accept(1, "a", "b")
    feed.move(2, place, "a")
    page = show(feed.events)
    page.browser.wait_for(f"document.querySelector('#equation').innerText.includes('{term}')")

    assert "Accepted 2 = waiting 1" in page.equation


def test_a_lost_recording_turns_sum_strip_and_dot_red_with_the_sentence_of_the_event(show):
    feed = FeedOf()
    feed.accept(1, "a", "b")
    feed.move(
        12.3,
        "lost",
        "a",
        violations=[{"kind": "lost", "part": "recording", "subject": "a", "at": 12.3, "text": SENTENCE}],
    )
    page = show(feed.events)
    page.browser.wait_for("document.querySelector('.alarm.lost').classList.contains('wrong')")

    assert page.equation.startswith("Accepted 2 ≠ waiting 1")
    spoken = page.browser.page.locator("#equation").get_attribute("aria-label")
    assert spoken == page.equation.replace("complete 0 lost", "complete 0 · lost").replace(
        "lost 1 paid", "lost 1 · paid"
    )
    assert page.browser.run("[...document.querySelectorAll('#violations li')].map(e => e.textContent)") == [SENTENCE]
    page.browser.page.locator("#strip .violation").wait_for(state="attached")  # it is drawn a few times a second
    assert page.browser.run("document.querySelector('#strip .violation title').textContent") == SENTENCE
    assert page.browser.page.locator(".node.lost").is_visible()
    assert page.browser.run("[...document.querySelectorAll('#strip [data-place]')].map(e => e.dataset.place)") == [
        "queued",
        "lost",
    ]


def test_what_was_lost_for_a_while_stays_red(show):
    feed = FeedOf()
    feed.accept(1, "a", place="dead-lettered")
    feed.move(
        12.3,
        "lost",
        "a",
        violations=[{"kind": "lost", "part": "recording", "subject": "a", "at": 12.3, "text": SENTENCE}],
    )
    feed.move(12.4, "queued", "a")
    page = show(feed.events)
    page.browser.page.locator(".alarm.lost-for-a-while.wrong").wait_for()

    assert page.equation == (
        "Accepted 1 = waiting 1 + working 0 + dead letters 0 + transcript 0 + complete 0"
        " lost 0 lost for a while 1 paid twice 0"
    )


def test_replaced_and_paid_twice_have_numbers_of_their_own(show):
    feed = FeedOf()
    feed.accept(1, "a")
    feed.move(
        2,
        "queued",
        "a",
        violations=[
            {"kind": "replaced", "part": "audio", "subject": "a", "at": 2, "text": "2 s: recording a was replaced"}
        ],
    )
    for at in (3, 4):
        feed.happened(
            at,
            "OpenAI",
            "transcription: 200",
            "a",
            openai={
                "endpoint": "transcription",
                "attempt": 1,
                "seconds": 1,
                "status": 200,
                "outcome": "answered",
                "usable": True,
                "billed_seconds": 6.0,
            },
        )
    page = show(feed.events)
    page.browser.wait_for("document.querySelector('#equation').innerText.includes('paid twice 1')")

    assert "replaced 1" in page.equation
    assert page.browser.page.locator(".openai .figures").inner_text().split() == [
        "calls",
        "2",
        "failed",
        "0",
        "audio",
        "paid",
        "12",
        "s",
        "tokens",
        "0",
    ]


def test_the_newest_events_are_written_out_and_spoken(show):
    page = show(recorded("worker-killed"))
    page.browser.wait_for("document.querySelectorAll('#log li').length === 5")

    newest = page.browser.page.locator("#log li").first
    lane, text = newest.locator(".lane-of").inner_text(), newest.locator(".text").inner_text()
    page.browser.page.locator("#live", has_text=f"{lane}: {text}").wait_for(state="attached")

    assert page.browser.run("document.querySelector('#live').getAttribute('aria-live')") == "polite"


def test_every_answer_to_a_client_is_counted_at_the_api(show):
    page = show(recorded("outage-and-redrive"))
    page.browser.wait_for("document.querySelector('.api .answers').innerText.includes('202')")

    assert page.browser.page.locator(".api .answers").inner_text().split() == ["202", "×", "5"]


def test_a_card_says_what_is_broken_and_the_alarm_is_on_the_dead_letters(show):
    page = show(recorded("outage-and-redrive")[:285], alarm=True)
    faults = [{**each, "active": each["id"] == "openai.down", "times_triggered": 12} for each in state()["faults"]]
    page.demo.update(faults=faults)
    page.browser.wait_for("document.querySelector('.openai').classList.contains('faulty')")

    assert page.browser.page.locator(".openai .badge").inner_text() == "OpenAI answers 503 · 12×"
    assert "alarm" in page.browser.page.locator(".node.dead .caption").inner_text()
    page.browser.click(".openai .badge")
    assert page.browser.page.locator("#panel-break").is_visible()


def test_a_click_on_a_dot_opens_its_recording(show):
    feed = FeedOf()
    feed.accept(1, "a-recording", place="complete")
    page = show(feed.events)
    page.browser.wait_for("document.querySelector('#equation').innerText.includes('complete 1')")
    slot = page.browser.page.locator(".slot[data-place=complete]").bounding_box()
    assert slot is not None
    places = itertools.cycle((slot["x"] + 12, slot["x"] + 13))

    def is_under_the_mouse() -> bool:
        page.browser.page.mouse.move(next(places), slot["y"] + 14)
        return page.browser.page.locator("#tip").is_visible()

    page.browser.until(is_under_the_mouse, "the dot has arrived under the mouse")
    assert page.browser.page.locator("#tip").inner_text() == "A recording: complete"
    page.browser.page.mouse.click(slot["x"] + 12, slot["y"] + 14)

    assert page.browser.page.locator(".detail h3").inner_text() == "A recording"


@pytest.mark.parametrize("width", [390, 620, 768, 1024, 1280, 1440, 1920])
def test_nothing_is_wider_than_the_window(show, width):
    page = show(recorded("outage-and-redrive"), width=width, sabotage="paid-twice", lesson=LESSON)
    page.browser.wait_for("document.querySelector('#equation').innerText.includes('complete 5')")

    assert page.browser.run("document.documentElement.scrollWidth") == width
    for each in page.browser.page.locator(".node, .tabs button, .transport button").all():
        if box := each.bounding_box():
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width, each.inner_text()


@pytest.mark.parametrize("width", [390, 768, 1024, 1280, 1440, 1920])
def test_no_card_covers_another(show, width):
    page = show(recorded("outage-and-redrive")[:285], width=width, height=1200)
    page.demo.update(faults=[{**each, "active": True, "times_triggered": 3} for each in state()["faults"]], alarm=True)
    page.browser.wait_for("document.querySelector('.openai').classList.contains('faulty')")
    boxes = [
        (each.get_attribute("class"), each.bounding_box()) for each in page.browser.page.locator(".node, #panel").all()
    ]
    seen = [(name, box) for name, box in boxes if box]
    for number, (name, one) in enumerate(seen):
        for other_name, other in seen[number + 1 :]:
            beside = one["x"] + one["width"] <= other["x"] + 1 or other["x"] + other["width"] <= one["x"] + 1
            above = one["y"] + one["height"] <= other["y"] + 1 or other["y"] + other["height"] <= one["y"] + 1
            assert beside or above, f"{name} and {other_name}"


@pytest.mark.parametrize(("motion", "moves"), [("reduce", False), ("no-preference", True)])
def test_what_moves_does_not_for_those_who_want_no_motion(show, motion, moves):
    page = show([])
    page.browser.emulate(1440, 900, reduced_motion=motion)
    page.browser.wait_for("document.querySelector('#equation').innerText.includes('Accepted 0')")
    page.browser.run(
        "void (Element.prototype.animate = () => { window.moved = true; },"
        " CanvasRenderingContext2D.prototype.arc = new Proxy(CanvasRenderingContext2D.prototype.arc,"
        " { apply: (draw, context, point) => { (window.drawn ??= new Set()).add(Math.round(point[0]));"
        " return draw.apply(context, point); } }))"
    )
    feed = FeedOf()
    feed.accept(1, "a", place="queued")
    page.demo.push(*feed.events)
    page.browser.wait_for("document.querySelector('#equation').innerText.includes('waiting 1')")
    feed = FeedOf()
    feed.accepted = 1
    feed.move(2, "complete", "a")
    page.demo.push(*feed.events)
    page.browser.wait_for("document.querySelector('#equation').innerText.includes('complete 1')")
    page.browser.draw(frames=45)  # a move takes less than 45 frames of a sixtieth of a second

    assert page.browser.run("Boolean(window.moved)") == moves
    assert (page.browser.run("window.drawn.size") > 3) == moves, "places on the dot's way"


def test_two_viewers_see_the_same(show):
    page = show(recorded("outage-and-redrive")[:200])
    other = page.browser.new_page()
    other.goto(page.address)
    page.demo.push(*recorded("outage-and-redrive")[200:])
    for each in (page.browser.page, other):
        each.locator("#equation", has_text="complete 5").wait_for()

    assert other.locator("#equation").inner_text() == page.browser.page.locator("#equation").inner_text()
    assert page.demo.viewers == 2


@pytest.mark.parametrize("width", [1280, 1440, 390])
def test_a_badge_with_long_words_stays_on_its_card(show, width):
    names = {
        "openai.down": "OpenAI answers 503 on chat completions",
        "openai.slow": "OpenAI answers after 20 s on transcriptions",
    }
    faults = [
        {**each, "name": names.get(each["id"], each["name"]), "active": True, "times_triggered": 1200}
        for each in state()["faults"]
    ]
    page = show(faults=faults, width=width)
    page.browser.page.locator(".openai .badge").first.wait_for()

    assert page.browser.run(
        "[...document.querySelectorAll('.node .badge')].every((badge) => badge.scrollWidth <= badge.clientWidth"
        " && badge.getBoundingClientRect().right <= badge.closest('.node').getBoundingClientRect().right)"
    )
