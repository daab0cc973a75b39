"""The demo's page in a browser, before a server that does what the test says."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from tests.browser.chromium import Chromium
from tests.browser.demo.fake_server import Demo, serving
from tests.browser.demo.states import state


class Page:
    """A page that shows a demo."""

    def __init__(self, browser: Chromium, demo: Demo, address: str) -> None:
        self.browser = browser
        self.demo = demo
        self.address = address

    @property
    def equation(self) -> str:
        return str(self.browser.page.locator("#equation").inner_text()).replace("\n", " ")

    def asked(self, name: str) -> list[dict[str, Any]]:
        """What an action was asked for, each time."""
        return [body for each, body in self.demo.asked if each == name]


type Show = Callable[..., Page]
"""Opens the page with a feed and a state."""


@contextmanager
def showing(browser: Chromium) -> Iterator[Show]:
    with ExitStack() as stack:

        def show(
            feed: list[dict[str, Any]] | None = None, *, width: int = 1440, height: int = 900, **changes: Any
        ) -> Page:
            demo = Demo(state(**changes), feed or [])
            address = stack.enter_context(serving(demo))
            browser.emulate(width, height)
            browser.open(address)
            return Page(browser, demo, address)

        yield show
