"""Where things stand: the clock covers nothing, and what does not fit can be reached."""

import pytest

from tests.browser.demo.screens import LESSON
from tests.browser.demo.states import recorded, state

CAPTION = (
    "The last receive has failed: SQS moved every message to the dead-letter queue, the memories say why they failed,"
    " and the alarm is on."
)
IN_A_LESSON = {**LESSON, "steps": [LESSON["steps"][0], {**LESSON["steps"][1], "caption": CAPTION}]}
COST = {"dollars": 0.0123, "date": "2026-05-04", "sources": {"gpt-transcribe": "https://openai"}}
COVERED = """(() => {
  const bar = document.querySelector('#transport').getBoundingClientRect();
  const region = document.querySelector('.pipeline').getBoundingClientRect();
  const scrolls = getComputedStyle(document.querySelector('.pipeline')).overflowY === 'auto';
  return [...document.querySelectorAll('.node, .log li, #panel')].filter((each) => each.offsetParent).map((each) => {
    const { left, right, top, bottom } = each.getBoundingClientRect(), isCut = scrolls && each.matches('.node');
    const from = isCut ? Math.max(top, region.top) : top, to = isCut ? Math.min(bottom, region.bottom) : bottom;
    const isBeside = left >= bar.right - 1 || right <= bar.left + 1 || from >= bar.bottom - 1 || to <= bar.top + 1;
    return isBeside || to <= from ? null : each.className || each.id;
  }).filter(Boolean);
})()"""
SIZES = [(1280, 720), (1280, 800), (1366, 768), (1440, 900), (1536, 864), (1920, 1080), (1100, 700), (1024, 768)]
ABOVE = {
    "nothing": {},
    "a lesson": {"lesson": IN_A_LESSON},
    "a lesson about a bug": {"lesson": IN_A_LESSON, "sabotage": "paid-twice"},
}


def shown(show, width: int, height: int, **changes):
    faults = [{**each, "active": each["id"] == "openai.down", "times_triggered": 12} for each in state()["faults"]]
    feed = recorded("outage-and-redrive")[:285]
    page = show(feed, width=width, height=height, faults=faults, alarm=True, cost=COST, **changes)
    page.browser.wait_for("document.querySelector('#equation').innerText.includes('dead letters 5')")
    page.browser.wait_for("document.querySelector('.openai').classList.contains('faulty')")
    page.browser.draw()
    return page


@pytest.mark.parametrize("above", ABOVE)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_clock_covers_nothing(show, size, above):
    page = shown(show, *size, **ABOVE[above])

    assert page.browser.run(COVERED) == []
    bar = page.browser.page.locator("#transport").bounding_box()
    assert bar is not None
    assert bar["y"] + bar["height"] <= size[1], "the clock is on the screen"


@pytest.mark.parametrize("above", ["nothing", "a lesson"])
@pytest.mark.parametrize(
    "size", [(1280, 720), (1280, 800), (1440, 900), (1920, 1080)], ids=lambda size: f"{size[0]}x{size[1]}"
)
def test_the_whole_pipeline_is_seen_at_once(show, size, above):
    page = shown(show, *size, **ABOVE[above])

    room = page.browser.run(
        "(({ clientHeight, scrollHeight }) => clientHeight - scrollHeight)(document.querySelector('.pipeline'))"
    )
    assert room >= 0
    for card in page.browser.page.locator(".node").all():
        if box := card.bounding_box():
            assert box["y"] + box["height"] <= size[1]


@pytest.mark.parametrize(
    "size", [(390, 844), (768, 1024), (844, 390), (1280, 600)], ids=lambda size: f"{size[0]}x{size[1]}"
)
def test_where_the_page_scrolls_its_end_is_not_covered(show, size):
    page = shown(show, *size, lesson=IN_A_LESSON)
    page.browser.run("scrollBy(0, document.querySelector('.stage').getBoundingClientRect().bottom - innerHeight + 10)")
    page.browser.draw()

    assert page.browser.run(COVERED) == []


def test_what_does_not_fit_scrolls_within_the_pipeline(show):
    page = shown(show, 1100, 640, lesson=IN_A_LESSON)
    assert page.browser.run("document.documentElement.scrollHeight") == 640
    restart = page.browser.page.locator(".node.postgres").get_by_role("button", name="Restart")
    restart.click()
    page.browser.until(lambda: bool(page.asked("restart_postgres")), "the last card is reached")

    assert page.browser.run(COVERED) == []


@pytest.mark.parametrize(
    ("cost", "text"),
    [
        (COST, "at list price of 2026‑05‑04 ≈ $0.0123"),
        ({**COST, "dollars": 1.5}, "≈ $1.50"),
        ({"dollars": None, "unknown": ["gpt-9"]}, "cost not known"),
        (None, "tokens 0"),
    ],
)
def test_what_openai_would_cost_is_an_estimate_with_its_date(show, cost, text):
    page = show(cost=cost)
    figures = page.browser.page.locator(".figures")

    page.browser.until(lambda: figures.inner_text().replace("\n", " ").endswith(text), text)
