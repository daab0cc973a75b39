"""All invariants are checked, whatever one of them finds, and each says how much it looked at."""

import json
from pathlib import Path

import pytest

from sim import invariants
from sim.invariants import InvariantNotKnown, InvariantViolated
from sim.invariants.checking import FAILED, INCONCLUSIVE, PASSED, Check, Result
from sim.invariants.violation import Numbers
from sim.scenario.simulation import Simulation
from tests.unit.invariants.doctored_runs import DOCTORED
from tests.unit.invariants.runs import healthy_run


def holds(sim: Simulation) -> Numbers:
    """It holds.

    Always.
    """
    del sim
    return {"things": 3}


def violated(sim: Simulation) -> Numbers:
    """It does not."""
    raise InvariantViolated(f"wrong for {sim}")


def not_known(sim: Simulation) -> Numbers:
    """Nothing is known."""
    raise InvariantNotKnown(f"not known of {sim}")


def unreachable(sim: Simulation) -> Numbers:
    """A service is down."""
    raise ConnectionError(f"no answer to {sim}")


def checked(*each: object) -> Check:
    check = Check()
    check.run("the simulation", each)  # type: ignore[arg-type]
    return check


def test_each_result_has_name_sentence_and_numbers() -> None:
    check = checked(holds, violated, not_known)
    assert check.results == [
        Result("holds", "It holds.", PASSED, "", {"things": 3}),
        Result("violated", "It does not.", FAILED, "wrong for the simulation"),
        Result("not known", "Nothing is known.", INCONCLUSIVE, "not known of the simulation"),
    ]


def test_a_violation_counts_more_than_what_is_not_known() -> None:
    assert checked(holds).error is None
    assert isinstance(checked(not_known, holds).error, InvariantNotKnown)
    assert isinstance(checked(not_known, violated).error, InvariantViolated)


def test_a_service_that_does_not_answer_hides_no_violation() -> None:
    assert isinstance(checked(violated, unreachable, holds).error, InvariantViolated)
    with pytest.raises(ConnectionError):
        checked(holds, unreachable)


def test_what_is_known_is_not_checked_again() -> None:
    check = Check()
    check.run("the simulation", (violated, holds), {violated: {"jobs": 0}})  # type: ignore[arg-type]
    assert check.results[0] == Result("violated", "It does not.", PASSED, "", {"jobs": 0})
    assert check.error is None


def test_the_journal_has_the_results_of_a_healthy_run(tmp_path: Path) -> None:
    run = healthy_run(tmp_path)
    run.simulation().verify()
    lines = [json.loads(text) for text in run.journal.path.read_text(encoding="utf-8").splitlines()]
    (line,) = [each for each in lines if each["kind"] == "invariants_checked"]
    assert [each["verdict"] for each in line["results"]] == [PASSED] * len(invariants.ALL)
    assert all(each["numbers"] for each in line["results"])
    numbers = {each["name"]: each["numbers"] for each in line["results"]}
    assert numbers["nothing lost"]["recordings accepted"] == len(run.accepted) > 0
    assert numbers["no secret in a log"]["characters"] > 0


def test_the_journal_has_the_results_of_a_violated_run_too(tmp_path: Path) -> None:
    run = healthy_run(tmp_path)
    next(iter(DOCTORED[invariants.no_transcript_erased].values()))[0](run)
    with pytest.raises(InvariantViolated):
        run.simulation().verify()
    assert '"name": "no transcript erased"' in run.journal.path.read_text(encoding="utf-8")
    assert '"verdict": "failed"' in run.journal.path.read_text(encoding="utf-8")
