"""The page about the plugin names everything there is."""

from pathlib import Path

import pytest

from sim.engines.base.engine import Capability
from sim.engines.registry import ENGINES
from sim.pytest_plugin.options import add_options
from sim.report.verdicts import SIGNS

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "pytest-plugin.md"


class Options:
    """What a parser is asked to add."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def getgroup(self, _: str) -> "Options":
        return self

    def addoption(self, name: str, **_: object) -> None:
        self.names.append(name)

    def addini(self, name: str, _: str) -> None:
        self.names.append(name)


@pytest.fixture
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_every_option_need_engine_and_verdict_is_on_the_page(page: str) -> None:
    add_options(options := Options())  # type: ignore[arg-type]
    needs = [f"needs.{each}" for each in Capability]

    assert len(options.names) >= 6
    assert [name for name in (*options.names, *needs, *ENGINES, *SIGNS) if name not in page] == []
