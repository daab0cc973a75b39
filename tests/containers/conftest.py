"""Tests with containers: run by `tox -e docker` only, and counted as skipped elsewhere."""

import os
from pathlib import Path

import pytest

FOLDER = f"{Path(__file__).parent}/"
"""As a text: thousands of other tests are compared with it, and comparing paths takes a second."""
WANTED = "RAWK_WITH_DOCKER"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if str(item.path).startswith(FOLDER):
            item.add_marker(pytest.mark.docker)
            if not os.environ.get(WANTED):
                item.add_marker(pytest.mark.skip(reason="needs containers: `tox -e docker` runs it"))
