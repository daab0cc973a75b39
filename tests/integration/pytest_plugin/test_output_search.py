"""A whole run, faults included, writes no secret and no recorded word anywhere; a run that does fails."""

import json
import re

import pytest

from sim import recordings
from sim.invariants.secret_pieces import Search, Sought

from .project import Project

SCENARIOS = '''
    """Three scenarios with faults.

    Claim: something holds.
    """

    from sim import faults, hours, minutes, needs

    pytestmark = needs.virtual_time
    PASSWORD = "correct horse battery staple"


    def test_openai_down(sim):
        with sim.fault(faults.openai.down()):
            memory = sim.api.record(1)
            sim.run_for(minutes(40))
        sim.run_until(memory.all_complete, within=hours(3))


    def test_database_down(sim):
        memory = sim.api.record(1)
        with sim.fault(faults.database.down()):
            sim.run_for(minutes(5))
        sim.run_until(memory.all_complete, within=hours(3))


    def test_user_and_key(sim):
        sim.operator.add_user("ada@example.com", PASSWORD, "acme")
        sim.operator.new_key("acme")
        sim.run_until(sim.api.record(1).all_complete, within=minutes(5))
'''
SAID_AT_THE_END = '''
    """After the invariants were checked, a part of the world writes a piece of a key."""

    from sim.engines.base.running_pipeline import RunningPipeline

    stop = RunningPipeline.stop


    def stop_and_write(self):
        stop(self)
        with (self.log_folder.parent / "late.log").open("a") as log:
            log.write(self.credentials.tenant_keys["acme"][3:15])


    RunningPipeline.stop = stop_and_write
'''


def everything_written(project: Project, output: str) -> dict[str, str]:
    (run,) = project.runs
    files = {
        str(each.relative_to(run)): each for each in run.rglob("*") if each.is_file() and "state" not in each.parts
    }
    return {"the terminal": output} | {
        name: each.read_text(errors="replace") for name, each in files.items() if "/state/" not in name
    }


def test_a_whole_run_with_faults_shows_nothing(project: Project) -> None:
    project.write("test_it.py", SCENARIOS)

    ended = project.run("scenarios", "-n", "2", "--seed", "7")

    assert ended.exit_code == 0, ended.output
    written = everything_written(project, ended.output)
    assert {"journal.jsonl", "report.html", "junit.xml", "gw0/logs/localstack.log"} <= written.keys()
    search = Search(Sought(speech={each.name: each.transcript for each in recordings.all()}))
    assert {name: found for name, text in written.items() if (found := search.found_in(text))} == {}
    logs = [text for name, text in written.items() if name.endswith("operator.log")]
    assert [re.findall("rawk_.*|.printed once.", text) for text in logs] == [["(printed once)"]]


@pytest.mark.parametrize("processes", ["0", "2"])
def test_a_secret_that_is_written_after_the_scenario_fails_the_run(project: Project, processes: str) -> None:
    project.write("test_it.py", SCENARIOS)
    project.write("conftest.py", SAID_AT_THE_END)

    ended = project.run("scenarios", "-n", processes, "-k", "user_and_key")

    assert ended.exit_code == 1, ended.output
    (run,) = project.runs
    (scenario,) = json.loads((run / "summary.json").read_text())["scenarios"]
    assert scenario["verdict"] == "passed"
    leaks = [line for line in ended.output.splitlines() if "no secret and no recorded word" in line]
    assert len(leaks) == 1, leaks
    (leak,) = leaks
    assert re.search(r"/logs/late\.log contains a piece of acme's API key of steady-state-1, acme's API key of ", leak)
    assert leak.endswith("acme's API key of scenarios/test_it.py::test_user_and_key")
