"""The steps of a scenario are recorded when it reaches them, each once."""

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sim.journal.journal import Journal
from sim.scenario.steps import TOOL_IDS, recorded_steps, steps_in

SCENARIO = '''
def test_it(sim):
    """Nothing is lost."""
    # Given OpenAI is down,
    # while S3 works.
    with sim.fault():
        # When a client records.
        for number in range(3):
            sim.note(number)
            # And asks again.
            sim.note("again")

    # Then all is well.
    assert sim.note("then") is None, "not well"

    # But nobody reaches this.
    if sim.never:
        sim.note("never")
'''


class Fault:
    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


def scenario(folder: Path, source: str = SCENARIO) -> Callable[[Any], None]:
    """The function of a file, as pytest imports it."""
    path = folder / "scenario.py"
    path.write_text(source, encoding="utf-8")
    names: dict[str, Any] = {}
    exec(compile(source, str(path), "exec"), names)
    return names["test_it"]  # type: ignore[no-any-return]


def run(function: Callable[[Any], None], folder: Path) -> list[str]:
    """Runs it and gives what the journal has then, in its order: steps, and what the scenario did."""
    path = folder / "journal.jsonl"
    path.unlink(missing_ok=True)
    journal = Journal(path, "a scenario")
    sim = SimpleNamespace(fault=Fault, note=lambda what: journal.write("note", what=what), never=False)
    with recorded_steps(function, journal):
        function(sim)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [each.get("what", f"{each.get('line')} {each.get('name')} {each.get('text')}") for each in lines]


EXPECTED = [
    "4 Given OpenAI is down, while S3 works",
    "7 When a client records",
    0,
    "10 And asks again",
    "again",
    1,
    "again",
    2,
    "again",
    "13 Then all is well",
    "then",
    "16 But nobody reaches this",
]


def test_each_step_is_written_when_its_first_line_is_reached(tmp_path: Path) -> None:
    assert run(scenario(tmp_path), tmp_path) == EXPECTED


def test_the_same_function_with_other_parameters_has_its_steps_again(tmp_path: Path) -> None:
    function = scenario(tmp_path)
    assert run(function, tmp_path) == run(function, tmp_path) == EXPECTED


def test_steps_after_the_failure_are_not_written(tmp_path: Path) -> None:
    function = scenario(tmp_path, SCENARIO.replace("is None", "is not None"))
    with suppress(AssertionError):
        run(function, tmp_path)
    steps = [line for line in (tmp_path / "journal.jsonl").read_text(encoding="utf-8").splitlines() if "step" in line]
    assert json.loads(steps[-1])["name"] == "Then"


def test_nothing_stays_registered_also_after_a_failure(tmp_path: Path) -> None:
    before = [sys.monitoring.get_tool(each) for each in range(6)]
    with pytest.raises(ZeroDivisionError):
        run(scenario(tmp_path, SCENARIO.replace("range(3)", "range(1 // 0)")), tmp_path)
    assert [sys.monitoring.get_tool(each) for each in range(6)] == before


def test_where_others_monitor_there_are_no_steps_and_the_scenario_runs(tmp_path: Path) -> None:
    function = scenario(tmp_path)
    for tool in TOOL_IDS:
        sys.monitoring.use_tool_id(tool, "another tool")
    try:
        assert run(function, tmp_path) == [0, "again", 1, "again", 2, "again", "then"]
    finally:
        for tool in TOOL_IDS:
            sys.monitoring.free_tool_id(tool)


def test_a_function_without_source_or_without_steps_runs(tmp_path: Path) -> None:
    assert run(lambda sim: sim.note("ran"), tmp_path) == ["ran"]
    with recorded_steps(len, Journal(tmp_path / "none.jsonl")):
        assert not len("")


@pytest.mark.parametrize(
    ("comment", "step"),
    [
        ("# Given a worker.", "Given a worker"),
        ("    # When, after an hour, it dies", "When after an hour, it dies"),
        ("# And 5 clients", "And 5 clients"),
        ("# Then", "Then "),
        ("# Whenever it rains", None),
        ("# given in small letters", None),
        ("x = 1  # Given beside code", None),
        ("'# Given in a text'", None),
    ],
)
def test_what_is_a_step(comment: str, step: str | None) -> None:
    found = [f"{each.name} {each.text}" for each in steps_in([comment], 1)]
    assert found == ([] if step is None else [step])
