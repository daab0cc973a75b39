"""The machine's Chromium with one page, driven by Playwright, and what tests ask of the page.

Playwright brings waiting, input, network and emulation. Its own browsers are not downloaded: the machine's package is
the browser, as users have it.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize

FLAGS = [
    "--no-sandbox",  # a container's root has no user namespaces
    "--disable-dev-shm-usage",
    "--use-fake-ui-for-media-stream",  # the permission for the microphone is granted
    "--use-fake-device-for-media-stream",  # and the microphone beeps
]
WAIT_MILLISECONDS = 60_000
POLL_MILLISECONDS = 20


def find_chromium() -> str | None:
    """The path of the browser; None if it is not installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def started(program: str, *flags: str) -> Iterator["Browser"]:
    """A running browser without pages."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*FLAGS, *flags])
        try:
            yield browser
        finally:
            browser.close()


class Chromium:
    """A page in a context of its own: no cookies and no storage of other tests."""

    def __init__(self, browser: "Browser", **options: Any) -> None:
        self._context = browser.new_context(**options)
        self._context.set_default_timeout(WAIT_MILLISECONDS)
        self.errors: list[str] = []
        """Exceptions of the page's scripts, and errors and warnings of the browser."""
        self.requested: list[str] = []
        """Every address that the page requested."""
        self.page = self.new_page()

    def new_page(self) -> "Page":
        """Another page of the same context, whose errors and requests are recorded, too."""
        page = self._context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._record)
        page.on("request", lambda request: self.requested.append(request.url))
        return page

    def stop(self) -> None:
        """Close all pages."""
        self._context.close()

    def open(self, address: str) -> None:
        """Open a page and wait until it has loaded. It is loaded anew even if only the address's fragment changes."""
        self.page.goto("about:blank")
        self.page.goto(address)

    def emulate(self, width: int, height: int, scheme: str = "light", **media: str) -> None:
        """Set the size of the window in pixels, the colour scheme, and other features of the medium."""
        size: ViewportSize = {"width": width, "height": height}
        self.page.set_viewport_size(size)
        self.page.emulate_media(**{"color_scheme": scheme, **media})  # type: ignore[arg-type]

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression. Raises playwright's Error if it throws."""
        return self.page.evaluate(script)

    def wait_for(self, condition: str) -> None:
        """Wait until a JavaScript expression is true. Raises AssertionError after WAIT_MILLISECONDS.

        Playwright's own `wait_for_function` evaluates inside the page, which a page's security policy may forbid.
        """
        self.until(lambda: bool(self.run(f"Boolean({condition})")), condition)

    def until(self, is_true: Callable[[], bool], condition: str) -> None:
        """Wait until something of the test's own is true. Raises AssertionError after WAIT_MILLISECONDS."""
        deadline = time.monotonic() + WAIT_MILLISECONDS / 1000
        while not is_true():
            assert time.monotonic() < deadline, f"not true within {WAIT_MILLISECONDS} ms: {condition}"
            self.page.wait_for_timeout(POLL_MILLISECONDS)

    def draw(self, frames: int = 2) -> None:
        """Wait until the page has drawn so many frames: for what must not change, which no condition can show."""
        self.run(
            f"new Promise((done) => {{ let left = {frames};"
            " const next = () => (left-- ? requestAnimationFrame(next) : done()); next(); })"
        )

    def press(self, key: str) -> None:
        """Press and release a key: a letter, or a name such as Escape."""
        self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Press the keys of a text."""
        self.page.keyboard.type(text)

    def click(self, selector: str) -> None:
        """Click the centre of the first element that matches."""
        self.page.locator(selector).first.click()

    def screenshot(self, path: Path, full: bool = False) -> None:
        """Write the visible part of the page, or all of it, as PNG."""
        self.page.screenshot(path=path, full_page=full)

    def _record(self, message: "ConsoleMessage") -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)
