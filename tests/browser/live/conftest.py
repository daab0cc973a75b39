"""The demo as its visitors have it: the real server and pipeline behind the real page."""

from collections.abc import Iterator

import pytest

from tests.browser.chromium import Chromium
from tests.browser.live.visitor import Visitor
from tests.integration.demo.conftest import Demo


@pytest.fixture(scope="package")
def running_demo(chromium: object) -> Iterator[Demo]:  # noqa: ARG001 (without a browser no demo is started)
    demo = Demo()
    try:
        demo.wait_until_ready()
        yield demo
    finally:
        assert demo.stop() == 0


@pytest.fixture
def visitor(running_demo: Demo, browser: Chromium) -> Iterator[Visitor]:
    """Someone at a page with an empty pipeline. In the end the browser's console has no error that was not expected."""
    running_demo.act("sabotage", id=None)  # restarts the pipeline
    browser.emulate(1440, 900)
    visitor = Visitor(browser, running_demo)
    visitor.open()
    yield visitor
    assert visitor.errors() == []
