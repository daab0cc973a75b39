"""Finds one scenario of the catalogue, as pytest collects it: its function, with the values of its parameters."""

import inspect
import io
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sim.picture.formatting import title_of
from sim.platform.paths import REPOSITORY
from sim.report.verdicts import claim_of
from sim.scenario.steps import Step, steps_in

SCENARIOS = REPOSITORY / "scenarios"


class NoSuchScenario(Exception):
    """No scenario has that name, or several have; the text says which."""


@dataclass(frozen=True)
class ChosenScenario:
    """`give` calls the function with a simulation."""

    name: str
    title: str
    claim: str
    function: Callable[..., None]
    arguments: dict[str, Any]
    steps: tuple[Step, ...]
    source: str
    """Of its file."""

    def give(self, simulation: object) -> None:
        """Raises what the scenario raises."""
        self.function(sim=simulation, **self.arguments)


class _Collected:
    """A plugin of pytest that keeps what was collected."""

    def __init__(self) -> None:
        self.items: list[pytest.Function] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.items = [each for each in session.items if isinstance(each, pytest.Function)]


def choose(name: str, folder: Path = SCENARIOS) -> ChosenScenario:
    """The scenario whose name contains the text, or is it; of several variants the first. Raises NoSuchScenario."""
    items = _collect(folder)
    exact = [each for each in items if name in (each.nodeid, each.name, each.originalname)]
    found = exact or [each for each in items if name in each.nodeid]
    functions = sorted({each.nodeid.partition("[")[0] for each in found})
    if not functions:
        raise NoSuchScenario(f"there is no scenario {name!r}: `tox -e sim -- list` shows all")
    if len(functions) > 1:
        raise NoSuchScenario(f"{name!r} is in the names of {len(functions)} scenarios: {', '.join(functions[:8])} …")
    return _chosen(found[0])


def _collect(folder: Path) -> list[pytest.Function]:
    collected = _Collected()
    options = ["-c", str(folder / "pytest.ini"), "--rootdir", str(folder), "--collect-only", "-q", "--variants", "all"]
    with redirect_stdout(io.StringIO()):
        pytest.main([*options, str(folder)], plugins=[collected])
    return [each for each in collected.items if "sim" in each.fixturenames]


def _chosen(item: pytest.Function) -> ChosenScenario:
    """Raises NoSuchScenario for one that needs more than a simulation."""
    callspec = getattr(item, "callspec", None)
    arguments = dict(callspec.params) if callspec is not None else {}
    if needed := set(inspect.signature(item.obj).parameters) - {"sim", *arguments}:
        raise NoSuchScenario(f"{item.nodeid} needs {', '.join(sorted(needed))}, which the demo does not have")
    module, title = inspect.getmodule(item.obj), title_of(item.name)
    claim = claim_of(module.__doc__ if module else None, item.obj.__doc__)
    return ChosenScenario(
        item.nodeid,
        title,
        claim,
        item.obj,
        arguments,
        tuple(steps_in(*inspect.getsourcelines(item.obj))),
        item.path.read_text(encoding="utf-8"),
    )
