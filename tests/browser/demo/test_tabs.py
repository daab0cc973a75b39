"""What stands above the pipeline is up to date whichever tab is open."""

import pytest

from tests.browser.demo.screens import LESSON
from tests.browser.demo.states import FeedOf


@pytest.mark.parametrize("tab", ["lessons", "break", "recordings", "checks", "sabotage"])
def test_the_caption_of_a_lesson_does_not_depend_on_the_tab(show, tab):
    page = show()
    page.browser.click(f"#tab-{tab}")
    page.demo.update(lesson=LESSON)
    page.browser.page.locator(".caption-text", has_text=LESSON["steps"][1]["caption"]).wait_for()


def test_a_tab_shows_what_happened_while_it_was_closed(show):
    page = show()
    page.browser.wait_for("document.body.dataset.phase === 'ready'")
    feed = FeedOf()
    feed.accept(1, "a")
    page.demo.push(*feed.events)
    page.browser.wait_for("document.querySelector('#equation').innerText.includes('Accepted 1')")
    page.browser.click("#tab-recordings")
    page.browser.page.locator(".recording-list li").wait_for()
