"""Each invariant of scenarios accepts a healthy run and refuses runs that were changed on purpose.

The last tests check the table of these runs: every invariant has entries, every `raise` of an invariant is reached, and
an invariant that returns at once is noticed.
"""

import ast
import inspect
import traceback
from collections.abc import Mapping
from pathlib import Path

import psycopg
import pytest

from sim import invariants
from sim.conservation import Missing
from sim.invariants import InvariantNotKnown, InvariantViolated
from sim.scenario.simulation import Simulation, WaitTimeout
from tests.unit.invariants.doctored_runs import ACCEPTED, DOCTORED, Invariant
from tests.unit.invariants.runs import healthy_run


def name_of(invariant: Invariant) -> str:
    return invariant.__name__


def cases(table: Mapping[Invariant, Mapping[str, object]]) -> list[object]:
    return [
        pytest.param(invariant, name, id=f"{name_of(invariant)}-{name}")
        for invariant, runs in table.items()
        for name in runs
    ]


def refuse(invariant: Invariant, name: str, folder: Path, declared: Invariant) -> InvariantViolated:
    """The refusal of a doctored run. Fails the test if the invariant accepts it."""
    change, text = DOCTORED[declared][name]
    run = healthy_run(folder)
    change(run)
    with pytest.raises(InvariantViolated, match=text) as refused:
        invariant(run.simulation())
    return refused.value


@pytest.mark.parametrize("invariant", invariants.ALL, ids=name_of)
def test_a_healthy_run_is_accepted(invariant: Invariant, tmp_path: Path) -> None:
    invariant(healthy_run(tmp_path).simulation())


@pytest.mark.parametrize(("invariant", "name"), cases(DOCTORED))
def test_a_doctored_run_is_refused(invariant: Invariant, name: str, tmp_path: Path) -> None:
    refuse(invariant, name, tmp_path, invariant)


@pytest.mark.parametrize(("invariant", "name"), cases(ACCEPTED))
def test_an_unusual_run_is_accepted(invariant: Invariant, name: str, tmp_path: Path) -> None:
    run = healthy_run(tmp_path)
    ACCEPTED[invariant][name](run)

    invariant(run.simulation())


@pytest.mark.parametrize(("invariant", "name"), cases(DOCTORED))
def test_a_doctored_run_fails_its_scenario(invariant: Invariant, name: str, tmp_path: Path) -> None:
    """What the plugin calls after every scenario raises for it."""
    run = healthy_run(tmp_path)
    DOCTORED[invariant][name][0](run)

    with pytest.raises((InvariantViolated, WaitTimeout)):
        run.simulation().verify()


def test_a_healthy_run_passes_its_scenario(tmp_path: Path) -> None:
    healthy_run(tmp_path).simulation().verify()


@pytest.mark.parametrize("invariant", invariants.ALL, ids=name_of)
def test_a_scenario_checks_each_invariant(
    invariant: Invariant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all other invariants silenced, a run that this one refuses still fails."""
    run = healthy_run(tmp_path)
    next(iter(DOCTORED[invariant].values()))[0](run)
    monkeypatch.setattr(invariants, "ALL", (invariant,))

    with pytest.raises((InvariantViolated, WaitTimeout)):
        run.simulation().verify()


# the table


def test_every_invariant_has_doctored_and_unusual_runs() -> None:
    assert set(DOCTORED) == set(invariants.ALL)
    assert set(ACCEPTED) == set(invariants.ALL)
    assert [name_of(each) for each, runs in DOCTORED.items() if len(runs) < 2] == []


@pytest.mark.parametrize("invariant", invariants.ALL, ids=name_of)
def test_every_refusal_of_an_invariant_is_reached(invariant: Invariant, tmp_path: Path) -> None:
    """A `raise` that no doctored run reaches may be wrong, or removed, without a failure here."""
    reached = {
        frame.lineno
        for name in DOCTORED[invariant]
        for frame in traceback.extract_tb(refuse(invariant, name, tmp_path, invariant).__traceback__)
        if frame.name == invariant.__name__
    }
    lines, first = inspect.getsourcelines(invariant)
    tree = ast.parse("".join(lines))
    raises = [node for node in ast.walk(tree) if isinstance(node, ast.Raise)]

    assert raises
    assert [
        first + node.lineno - 1
        for node in raises
        if not reached & set(range(first + node.lineno - 1, first + (node.end_lineno or node.lineno)))
    ] == []


@pytest.mark.parametrize("invariant", invariants.ALL, ids=name_of)
def test_an_invariant_that_returns_at_once_is_noticed(invariant: Invariant, tmp_path: Path) -> None:
    def silenced(sim: Simulation) -> None:
        del sim

    for name in DOCTORED[invariant]:
        with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
            refuse(silenced, name, tmp_path, invariant)


def test_conservation_is_not_known_when_events_are_missing_or_a_service_does_not_answer(tmp_path: Path) -> None:
    run = healthy_run(tmp_path)
    assert run.events is not None
    run.events.append(Missing(99, "queue", begins=True))
    with pytest.raises(InvariantNotKnown, match="events of the queue are missing"):
        invariants.conservation(run.simulation())

    simulation = healthy_run(tmp_path).simulation()

    def no_answer() -> None:
        raise psycopg.OperationalError("the server closed\nthe connection")

    simulation.record.derive = no_answer  # type: ignore[method-assign,assignment]
    with pytest.raises(InvariantNotKnown, match="the server closed the connection"):
        invariants.conservation(simulation)
