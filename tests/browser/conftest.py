"""A browser for each test. Without Chromium on the machine these tests are skipped with a reason."""

from collections.abc import Iterator

import pytest

from tests.browser.chromium import Chromium, find_chromium


@pytest.fixture
def browser() -> Iterator[Chromium]:
    program = find_chromium()
    if program is None:
        pytest.skip("no chromium on this machine (apt-get install chromium)")
    with Chromium(program) as browser:
        browser.emulate(1280, 900)
        yield browser
