"""A crash of the product is *failed*, with exception, file and line first; *inconclusive* is for the world alone."""

import json
import re

import pytest

from .project import Project

SCENARIO = '''
    """Nothing goes wrong.

    Claim: a recording becomes a memory.
    """

    from pathlib import Path

    from sim import hours

    SWITCH = Path("{switch}")


    def test_it(sim):
        SWITCH.touch()
        memory = sim.api.record(1)
        sim.run_until(lambda: "job_crashed" in sim.pipeline.logs()["worker"], within=hours(1))
        SWITCH.unlink()
        sim.run_until(memory.all_complete, within=hours(2))
'''
HANDLE = "            return self._settle(delivery, self._processing.handle(delivery, deadline))"


@pytest.mark.parametrize(
    ("file", "old", "new", "crash"),
    [
        (
            "rawk/worker/batch.py",
            HANDLE,
            "            raise KeyError(delivery.message_id)",
            r"the product crashed: KeyError at rawk/worker/batch\.py:\d+ \(worker, job_crashed\)",
        ),
        (
            "rawk/api/memories.py",
            "from rawk.api import cursors\n",
            "raise ZeroDivisionError('a bug')\n",
            r"the product crashed: ZeroDivisionError: a bug at rawk/api/memories\.py:\d+ \(fork-server\)",
        ),
        (
            "rawk/worker/batch.py",
            HANDLE,
            "            if __import__('os').path.exists('{switch}'):\n                raise KeyError\n" + HANDLE,
            r"the product crashed: KeyError at rawk/worker/batch\.py:\d+ \(worker, job_crashed\)",
        ),
    ],
    ids=["in the steady-state probe", "at the start of the world", "in a scenario that passes all the same"],
)
def test_a_crash_is_failed_with_its_place_on_top(project: Project, file: str, old: str, new: str, crash: str) -> None:
    switch = str(project.top / "switch")
    project.write("test_it.py", SCENARIO.replace("{switch}", switch))
    project.plant(file, old, new.replace("{switch}", switch))

    ended = project.run("scenarios")

    assert ended.exit_code == 1, ended.output
    (run,) = project.runs
    (scenario,) = json.loads((run / "summary.json").read_text())["scenarios"]
    assert scenario["verdict"] == "failed"
    assert re.match(crash, scenario["reason"]), scenario["reason"]
    assert re.search(rf"✘ scenarios/test_it\.py::test_it\n  {crash}", ended.output), ended.output
    assert "1 failed · seed" in ended.output
    assert (run.parent / "latest").resolve() == run.resolve()
