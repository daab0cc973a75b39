"""However a run ends, no process of it stays: interrupted at any moment, or killed without time to clean up."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import psutil
import pytest

from .project import Project, end, living, that_name

A_YEAR = '''
    """A year passes.

    Claim: nothing is claimed.
    """

    from sim import days


    def test_a_year(sim):
        sim.api.record(2)
        sim.run_for(days(365))
    '''
ONE_RECORDING = '''
    """One recording.

    Claim: a recording becomes a memory.
    """

    from sim import minutes


    def test_one(sim):
        sim.run_until(sim.api.record(1).all_complete, within=minutes(5))
    '''
GRACE_SECONDS = 30.0
START_SECONDS = 300.0
"""For a world on a machine that is busy with other things."""


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    ends_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends_at, "it did not come"
        time.sleep(0.05)


def in_the_middle_of_jumping(project: Project) -> bool:
    """The scenario's world is more than an hour ahead of the machine."""
    if not project.runs:
        return False
    for line in project.journal.lines():
        if line["kind"] == "lambda" and "virtual_at" in line:
            ahead = datetime.fromisoformat(line["virtual_at"]) - datetime.fromisoformat(line["at"])
            if ahead.total_seconds() > 3600:
                return True
    return False


def everything_of(run: "subprocess.Popen[str]", project: Project) -> list[psutil.Process]:
    harness = psutil.Process(run.pid)
    return list({harness, *harness.children(recursive=True), *that_name(project.top)})


def assert_nothing_is_left(processes: list[psutil.Process], project: Project) -> None:
    ends_at = time.monotonic() + GRACE_SECONDS
    while left := living([*processes, *that_name(project.top)]):
        assert time.monotonic() < ends_at, left
        time.sleep(0.1)


@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["by itself", "by a worker"])
@pytest.mark.parametrize("how", ["interrupted", "terminated", "killed"])
def test_no_process_is_left_of_a_run_that_ends_in_the_middle_of_a_jump(
    project: Project, how: str, workers: list[str]
) -> None:
    project.write("test_a_year.py", A_YEAR)
    run = project.start("scenarios", *workers)
    try:
        wait_until(lambda: in_the_middle_of_jumping(project), seconds=START_SECONDS)
        processes = everything_of(run, project)
        assert len(processes) > 5, "LocalStack, Postgres, the OpenAI simulator, the API, a fork server"

        if how == "killed":
            run.kill()
        else:
            if how == "interrupted":
                os.killpg(run.pid, signal.SIGINT)  # as a terminal does on Ctrl-C
            else:
                run.terminate()  # as tox and CI systems do, to one process
            output, _ = run.communicate(timeout=GRACE_SECONDS * 2)
            assert run.returncode == 2, output
            assert_the_report_is_there(project, output)

        assert_nothing_is_left(processes, project)
    finally:
        end(run)


def assert_the_report_is_there(project: Project, output: str) -> None:
    (folder,) = project.runs
    assert "1 inconclusive · seed" in output
    assert "inconclusive: the run was interrupted before the scenario ended" in output
    assert (folder.parent / "latest").resolve() == folder
    assert f"report: {(folder / 'report.html').as_uri()}" in output
    (scenario,) = json.loads((folder / "summary.json").read_text())["scenarios"]
    assert scenario["verdict"] == "inconclusive"


def world_starts(_: Path, project: Project) -> bool:
    return any(project.top.glob(".sim/*/*/logs/localstack.log"))


def world_is_probed(_: Path, project: Project) -> bool:
    return bool(project.runs) and any("world up" in str(line.get("message")) for line in project.journal.lines())


def scenario_runs(output: Path, _: Project) -> bool:
    return "is up and works" in output.read_text()


def scenario_has_ended(output: Path, _: Project) -> bool:
    return "[1/1]" in output.read_text()


@pytest.mark.parametrize(
    ("moment", "times", "ran"),
    [
        (world_starts, 1, False),
        (world_is_probed, 1, False),
        (scenario_runs, 1, True),
        (scenario_runs, 3, True),
        (scenario_has_ended, 1, True),
    ],
    ids=["world starts", "steady-state probe", "scenario", "scenario, three times", "teardown"],
)
def test_a_run_with_two_workers_ends_in_order_whenever_it_is_interrupted(
    project: Project, moment: Callable[[Path, Project], bool], times: int, ran: bool, tmp_path: Path
) -> None:
    """Exit code 2, table and report of what ran, and no process left; nothing at all where nothing ran."""
    project.write("test_one.py", ONE_RECORDING)
    output = tmp_path / "output"
    with output.open("w") as writing:
        run = project.start("scenarios", "-n", "2", stdout=writing)
    try:
        wait_until(lambda: moment(output, project), seconds=START_SECONDS)
        processes = everything_of(run, project)

        for _ in range(times):
            os.killpg(run.pid, signal.SIGINT)
            time.sleep(0.2)
        run.wait(GRACE_SECONDS * 2)

        text = output.read_text()
        assert run.returncode == 2, text
        assert "Traceback" not in text
        assert "INTERNALERROR" not in text
        assert_nothing_is_left(processes, project)
        if ran:
            assert re.search(r"1 (passed|inconclusive) · seed \d+ · interrupted", text), text
            (folder,) = project.runs
            assert (folder / "report.html").exists()
        else:
            assert "interrupted before a scenario began: nothing ran" in text
            assert project.runs == []
    finally:
        end(run)
