"""However a run ends, nothing of it goes on: interrupted in the middle of a jump, or killed with no time to tidy up."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import datetime

import psutil
import pytest

from .project import Project, end, living, that_name

A_YEAR = '''
    """Somebody waits for long.

    Claim: a year passes.
    """

    from sim import days


    def test_a_year(sim):
        sim.api.record(2)
        sim.run_for(days(365))
    '''
GRACE_SECONDS = 30.0


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


@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["by itself", "by a worker"])
@pytest.mark.parametrize("how", ["interrupted", "killed"])
def test_nothing_is_left_of_a_run_that_is_ended_in_the_middle_of_a_jump(
    project: Project, how: str, workers: list[str]
) -> None:
    project.write("test_a_year.py", A_YEAR)
    run = project.start("scenarios", *workers)
    try:
        wait_until(lambda: in_the_middle_of_jumping(project), seconds=120)
        processes = everything_of(run, project)
        assert len(processes) > 5, "LocalStack, Postgres, OpenAI's simulator, the API, a fork server"

        if how == "interrupted":
            os.killpg(run.pid, signal.SIGINT)  # as a terminal does on Ctrl-C
            output, _ = run.communicate(timeout=GRACE_SECONDS * 2)
            assert run.returncode == 2, output
        else:
            run.kill()

        ends_at = time.monotonic() + GRACE_SECONDS
        while left := living([*processes, *that_name(project.top)]):
            assert time.monotonic() < ends_at, left
            time.sleep(0.1)
    finally:
        end(run)
