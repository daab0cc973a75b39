"""The page while there is nothing to show, or no server, or another run."""

import pytest

from tests.browser.demo.fake_server import Demo, serving
from tests.browser.demo.screens import with_recording
from tests.browser.demo.states import FeedOf, recorded, state


def covered(browser, text: str) -> None:
    """Wait until the cover has the text: it first says that the pipeline starts, until the server's state has come."""
    browser.page.locator("#cover", has_text=text).wait_for()


def test_the_token_leaves_the_address_and_a_reload_works(show):
    page = show(recorded("outage-and-redrive"))
    page.browser.wait_for("document.querySelector('#equation').innerText.includes('complete 5')")
    assert "token" not in page.browser.run("location.href")

    page.browser.page.reload()
    page.browser.wait_for("document.querySelector('#equation').innerText.includes('complete 5')")
    assert page.browser.errors == []


def test_while_the_pipeline_starts_its_progress_is_shown_and_then_the_pipeline(show):
    page = show(phase="starting", progress=["starting LocalStack …"])
    covered(page.browser, "starting LocalStack …")

    page.demo.update(progress=["starting LocalStack …", "starting the pipeline …"])
    page.browser.wait_for("document.querySelectorAll('.progress li').length === 2")
    page.demo.update(phase="ready", progress=[])
    page.browser.wait_for("document.querySelector('#cover').hidden")


def test_a_failed_start_says_why_and_what_to_do(show):
    page = show(phase="failed", error="Postgres could not start: the disk is full")

    covered(page.browser, "the disk is full")
    covered(page.browser, "tox -e demo")


@pytest.mark.parametrize(
    ("query", "text"), [("?token=yesterday", "This page is from an earlier run"), ("", "The address is not complete")]
)
def test_without_the_right_token_the_page_says_what_to_do(browser, query, text):
    demo = Demo(state(), [])
    with serving(demo) as address:
        browser.open(address.partition("?")[0] + query)
        covered(browser, text)
        assert demo.viewers == 0


def test_a_page_of_an_earlier_run_says_so_when_its_token_is_no_longer_right(show):
    page = show()
    page.browser.wait_for("document.body.dataset.phase === 'ready'")
    page.demo.token = "another"
    page.demo.disconnect(accepts=True)

    covered(page.browser, "This page is from an earlier run")


def test_a_lost_connection_is_said_and_made_again_without_counting_twice(show):
    feed = recorded("outage-and-redrive")
    page = show(feed[:285])
    page.browser.wait_for("document.querySelector('#equation').innerText.includes('dead letters 5')")
    page.demo.disconnect()
    page.browser.wait_for("document.querySelector('.banner.lost')")
    page.demo.push(*feed[285:])
    page.demo.reconnect()
    page.browser.wait_for("!document.querySelector('.banner.lost')")
    page.browser.wait_for("document.querySelector('#equation').innerText.includes('complete 5')")

    assert page.browser.page.locator(".api .answers").inner_text().split() == ["202", "×", "5"]


def test_a_server_that_is_not_there_yet_is_waited_for(show):
    page = show()
    page.demo.disconnect()
    page.browser.page.reload()
    covered(page.browser, "does not answer")
    page.demo.reconnect()
    page.browser.wait_for("document.body.dataset.phase === 'ready'")


def test_a_new_run_begins_anew(show):
    page = show(recorded("outage-and-redrive"))
    page.browser.wait_for("document.querySelector('#equation').innerText.includes('complete 5')")
    page.browser.click("#tab-recordings")
    page.browser.click(".recording-list button")
    page.demo.restart("run-2")
    page.browser.wait_for("document.querySelector('#equation').innerText.includes('Accepted 0')")
    assert page.browser.page.locator(".recording-list li").count() == 0
    feed = FeedOf()
    feed.accept(1, "a")
    page.demo.push(*feed.events)
    page.browser.wait_for("document.querySelector('#equation').innerText.includes('Accepted 1')")


def test_several_hundred_events_at_once_after_a_sleep_end_in_the_right_places(show):
    page = show([])
    page.browser.wait_for("document.body.dataset.phase === 'ready'")
    page.demo.push(*recorded("outage-and-redrive"))
    page.browser.wait_for("document.querySelector('#equation').innerText.includes('complete 5')")
    assert page.browser.errors == []


def test_a_recording_that_could_not_be_read_is_asked_for_again(show):
    page = with_recording(show)
    page.browser.page.locator(".detail blockquote").wait_for()
    page.browser.press("Escape")
    page.browser.page.route("**/memories/*", lambda route: route.fulfill(status=409, body="{}"), times=1)
    page.browser.page.locator(".recording-list button").click()
    page.browser.page.locator(".detail .pending").wait_for()
    page.browser.until(lambda: page.demo.update() or page.browser.page.locator(".detail blockquote").count(), "read")
