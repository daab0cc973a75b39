"""The workflow commands with which GitHub shows a scenario that did not pass."""

from pathlib import Path

from sim.pytest_plugin.annotations import annotations
from sim.report.verdicts import FAILED, INCONCLUSIVE, PASSED, SKIPPED, Verdict

REPOSITORY = Path("/repository")
NAME = "queue/test_poison.py::test_poison_is_kept"
ROOT = REPOSITORY / "scenarios"
PLACES = {NAME: ("queue/test_poison.py", 12)}


def verdict(
    kind: str, reason: str = "E   nothing is lost", claim: str = "Poison is kept.", name: str = NAME
) -> Verdict:
    return Verdict(name, claim, kind, 1.0, reason=reason)


def test_a_failure_is_an_error_at_its_file_and_line() -> None:
    assert list(annotations([verdict(FAILED)], PLACES, ROOT, REPOSITORY)) == [
        "::error file=scenarios/queue/test_poison.py,line=12,title=Poison is kept::Poison is kept. nothing is lost"
    ]


def test_an_inconclusive_scenario_is_a_warning() -> None:
    assert next(annotations([verdict(INCONCLUSIVE)], PLACES, ROOT, REPOSITORY)).startswith("::warning file=")


def test_a_scenario_that_passed_or_was_skipped_has_none() -> None:
    assert list(annotations([verdict(PASSED), verdict(SKIPPED)], PLACES, ROOT, REPOSITORY)) == []


def test_a_scenario_without_a_place_has_an_annotation_of_the_run() -> None:
    assert next(annotations([verdict(FAILED)], {}, ROOT, REPOSITORY)).startswith("::error title=Poison is kept::")


def test_a_file_outside_of_the_repository_keeps_its_path() -> None:
    (line,) = annotations([verdict(FAILED)], {NAME: ("/elsewhere/test_a.py", 1)}, ROOT, REPOSITORY)
    assert "file=/elsewhere/test_a.py," in line


def test_what_would_end_the_command_is_escaped() -> None:
    """As in actions/toolkit, packages/core/src/command.ts."""
    found = verdict(FAILED, reason="E   100 % lost::error::x\r", claim="a\nb", name="q/test_a.py::test_a[1,2:3%]")
    (line,) = annotations([found], {"q/test_a.py::test_a[1,2:3%]": ("a,b.py", 1)}, ROOT, REPOSITORY)
    head, _, message = line.removeprefix("::").partition("::")
    assert head == "error file=scenarios/a%2Cb.py,line=1,title=A (1%2C2%3A3%25)"
    assert message.startswith("a%0Ab 100 %25 lost::error::x")
    assert "\n" not in line
    assert "\r" not in line
