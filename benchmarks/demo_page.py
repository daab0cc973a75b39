"""The demo's page with 200 recordings that move: frames a second, beside an empty page in the same browser.

Needs what `tox -e browser` needs. The page is the demo's own; a server of the tests feeds it.
"""

import threading
from pathlib import Path

from benchmarks.figures import Figure
from tests.browser.chromium import Chromium, find_chromium, started
from tests.browser.demo.fake_server import Demo, serving
from tests.browser.demo.states import state
from tests.browser.demo.traffic import Traffic

RECORDINGS = 200
MOVES_A_STEP, STEP_SECONDS = 20, 0.1
SECONDS = 6

FRAMES = """(seconds) => new Promise((resolve) => {
  const times = [];
  const take = (time) => {
    times.push(time);
    if (time - times[0] < seconds * 1000) requestAnimationFrame(take);
    else resolve(times);
  };
  requestAnimationFrame(take);
})"""


def measure(_: Path) -> list[Figure]:
    with started(find_chromium() or "chromium") as browser:
        page = Chromium(browser)
        page.emulate(1440, 900)
        page.open("about:blank")
        empty = _frames_a_second(page)
        still, moving = _demo(page)
    beside = "an empty page"
    return [
        Figure("demo's page, 200 recordings at rest", "frames/s", 57, still, empty, beside, more_is_better=True),
        Figure(
            "demo's page, 200 moves a second of 200 recordings",
            "frames/s",
            57,
            moving,
            empty,
            beside,
            more_is_better=True,
        ),
    ]


def _demo(page: Chromium) -> tuple[float, float]:
    traffic, demo = Traffic(RECORDINGS), Demo(state(), [])
    with serving(demo) as address:
        demo.push(*traffic.begin())
        page.open(address)
        page.wait_for(f"document.querySelector('#equation').innerText.includes('{RECORDINGS}')")
        still = _frames_a_second(page)
        stopped = threading.Event()
        feeder = threading.Thread(target=_feed, args=(demo, traffic, stopped))
        feeder.start()
        try:
            return still, _frames_a_second(page)
        finally:
            stopped.set()
            feeder.join()


def _feed(demo: Demo, traffic: Traffic, stopped: threading.Event) -> None:
    while not stopped.wait(STEP_SECONDS):
        demo.push(*traffic.step(MOVES_A_STEP))


def _frames_a_second(page: Chromium) -> float:
    times = page.page.evaluate(FRAMES, SECONDS)
    return (len(times) - 1) / (times[-1] - times[0]) * 1000.0
