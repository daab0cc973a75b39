"""The demo's page for each test."""

from collections.abc import Iterator

import pytest

from tests.browser.chromium import Chromium
from tests.browser.demo.shown_page import Show, showing


@pytest.fixture
def show(browser: Chromium) -> Iterator[Show]:
    with showing(browser) as show:
        yield show
