"""`--repeat N`: what is said about scenarios that ran several times."""

from sim.pytest_plugin.repetitions import comparison
from sim.report.verdicts import FAILED, PASSED, Verdict

NAME = "queue/test_poison.py::test_poison"


def verdicts(*ends: tuple[str, dict[str, int]], name: str = NAME) -> list[Verdict]:
    return [
        Verdict(f"{name}[time {number}]", "", kind, 1.0, outcomes=outcomes)
        for number, (kind, outcomes) in enumerate(ends, 1)
    ]


def test_equal_ends_are_counted_together() -> None:
    assert list(comparison(verdicts(*[(PASSED, {"complete": 3})] * 20))) == [
        f"{NAME}: 20 times, all alike",
        "    20 × passed, 3 complete",
    ]


def test_a_verdict_that_differs_is_counted_by_itself() -> None:
    ends = [(PASSED, {"complete": 1}), (FAILED, {"complete": 1}), (PASSED, {"complete": 1})]
    assert list(comparison(verdicts(*ends))) == [
        f"{NAME}: 3 times, NOT ALIKE",
        "     2 × passed, 1 complete",
        "     1 × failed, 1 complete",
    ]


def test_outcomes_that_differ_are_counted_by_themselves_though_every_run_passed() -> None:
    ends = [(PASSED, {"complete": 2}), (PASSED, {"complete": 1, "failed": 1})]
    first, *rest = comparison(verdicts(*ends))
    assert first == f"{NAME}: 2 times, NOT ALIKE"
    assert rest == ["     1 × passed, 2 complete", "     1 × passed, 1 complete, 1 failed"]


def test_variants_are_scenarios_of_their_own() -> None:
    parametrized = [
        Verdict(f"{NAME}[{variant}-time {number}]", "", PASSED, 1.0) for variant in "xy" for number in (1, 2)
    ]
    assert list(comparison(parametrized)) == [
        f"{NAME}[x]: 2 times, all alike",
        "     2 × passed, no memory",
        f"{NAME}[y]: 2 times, all alike",
        "     2 × passed, no memory",
    ]


def test_scenarios_that_ran_once_are_not_compared() -> None:
    assert list(comparison([Verdict(NAME, "", PASSED, 1.0), Verdict("a.py::test_other", "", FAILED, 1.0)])) == []
    assert list(comparison(verdicts((PASSED, {})))) == []
