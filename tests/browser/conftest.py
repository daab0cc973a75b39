"""A page for each test, in one browser. Without Playwright or Chromium these tests are skipped with a reason."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import Chromium, find_chromium, started

if TYPE_CHECKING:
    from playwright.sync_api import Browser


LONGEST = str(Path(__file__).parent / "live" / "test_export.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The export mostly waits, for minutes. It begins first, so that the others run beside it, and not before it."""
    items.sort(key=lambda item: str(item.path) != LONGEST)


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    """One browser for all tests of the process."""
    if find_spec("playwright") is None:
        pytest.skip("run by `tox -e browser`")
    program = find_chromium()
    if program is None:
        pytest.skip("no chromium on this machine (apt-get install chromium)")
    with started(program) as browser:
        yield browser


@pytest.fixture
def browser(chromium: "Browser") -> Iterator[Chromium]:
    page = Chromium(chromium)
    page.emulate(1280, 900)
    yield page
    page.stop()
