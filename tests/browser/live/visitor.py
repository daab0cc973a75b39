"""What a visitor of the demo does and sees."""

import re
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.browser.chromium import Chromium
from tests.integration.demo.conftest import Demo

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

LONGEST_SECONDS = 150.0
REFUSED = re.compile(r"Failed to load resource: the server responded with a status of (4\d\d|503)")


class Visitor:
    def __init__(self, browser: Chromium, demo: Demo) -> None:
        self.browser = browser
        self.demo = demo
        self.expects_refusals = False
        """Whether the test makes the API or the server refuse something: the browser logs such answers."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.demo.port}/?token={self.demo.token}"

    @property
    def page(self) -> "Page":
        return self.browser.page

    def open(self) -> None:
        self.browser.open(self.address)
        self.browser.wait_for("document.body.dataset.phase === 'ready'")

    def errors(self) -> list[str]:
        return [each for each in self.browser.errors if not (self.expects_refusals and REFUSED.match(each))]

    # what is seen

    @property
    def equation(self) -> str:
        return self.page.locator("#equation").get_attribute("aria-label") or ""

    def sees(self, *terms: str, page: "Page | None" = None, within_seconds: float = LONGEST_SECONDS) -> None:
        """Waits until the sum has each of the terms, such as `complete 5`."""
        seen = (page or self.page).locator("#equation")

        def has_all() -> bool:
            text = seen.get_attribute("aria-label") or ""
            return all(re.search(rf"\b{term}(?!\d)", text) for term in terms)

        self.until(has_all, within_seconds)

    def until(self, condition: Callable[[], bool], within_seconds: float = LONGEST_SECONDS) -> None:
        give_up_at = time.monotonic() + within_seconds
        while not condition():
            assert time.monotonic() < give_up_at, self._everything()
            self.page.wait_for_timeout(50)

    def _everything(self) -> str:
        return "\n".join(
            [self.equation, self.page.locator("#lesson").inner_text(), self.page.locator("#log").inner_text()]
        )

    # what is done

    def card(self, name: str) -> "Locator":
        return self.page.locator(f".node.{name}")

    def samples(self, count: int = 1, sample: str = "dentist-reminder") -> None:
        self.page.get_by_label("Which sample").select_option(sample)
        for _ in range(count):
            self.page.get_by_role("button", name="Take a sample", exact=True).click()

    def switch(self, fault: str) -> None:
        self.page.locator("#tab-break").click()
        self.page.get_by_label("Find a fault").fill(fault)
        self.page.get_by_role("switch", name=fault, exact=True).click()

    def clock(self, label: str) -> None:
        self.page.locator("#transport").get_by_role("button", name=label, exact=True).click()

    def give(self, title: str) -> "Locator":
        """Take the lesson that was chosen to its end, by its button; returns its verdict."""
        from playwright.sync_api import TimeoutError  # only the environment `browser` has it

        lesson = self.page.locator("#lesson")
        verdict = lesson.locator(".verdict")
        lesson.get_by_role("heading", name=title).wait_for()
        following = lesson.get_by_role("button", name="Next", exact=True)

        def is_over() -> bool:
            if verdict.count():
                return True
            with suppress(TimeoutError):  # the lesson has ended meanwhile
                if lesson.get_by_text("It waits for you.").is_visible() and following.is_enabled(timeout=2000):
                    following.click(timeout=2000)
            return False

        self.until(is_over)
        return verdict
