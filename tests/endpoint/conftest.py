"""Scenarios on another emulator, which take minutes: `tox -e endpoint` runs them, other environments skip them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from .ministack import MiniStack

FOLDER = f"{Path(__file__).parent}/"
"""As a text: thousands of other tests are compared with it, and comparing paths takes a second."""
WANTED = "RAWK_WITH_ENDPOINT"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if str(item.path).startswith(FOLDER) and not os.environ.get(WANTED):
            item.add_marker(pytest.mark.skip(reason="needs another emulator: `tox -e endpoint` runs it"))


@pytest.fixture(scope="session")
def ministack() -> Iterator[MiniStack]:
    with MiniStack() as running:
        yield running
