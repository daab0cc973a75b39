"""A browser for each test; without one on the machine these tests are skipped, and say so."""

from collections.abc import Iterator

import pytest

from tests.browser.chromium import Chromium, find_chromium


@pytest.fixture
def browser() -> Iterator[Chromium]:
    program = find_chromium()
    if program is None:
        pytest.skip("no chromium on this machine (apt-get install chromium)")
    with Chromium(program) as browser:
        browser.look_like(1280, 900)
        yield browser
