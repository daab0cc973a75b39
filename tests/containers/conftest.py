"""Tests with containers: run by `tox -e docker` only, and counted as skipped elsewhere."""

import os
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
WANTED = "RAWK_WITH_DOCKER"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker(pytest.mark.docker)
            if not os.environ.get(WANTED):
                item.add_marker(pytest.mark.skip(reason="needs containers: `tox -e docker` runs it"))
