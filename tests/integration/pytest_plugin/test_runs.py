"""The plugin in another project: what a run prints and leaves, and how each failure is classified."""

import json
import re
from xml.etree import ElementTree

from tests.unit.report.reference_page import KEYS_OF_EVERY_LINE, documented_kinds

from .project import Project

ENTRY = "from sim.engines.base import running_pipeline\n"


ONE_OF_EACH = '''
    """Four scenarios.

    Claim: something holds.
    """

    import pytest

    from sim import faults, minutes, needs


    @needs.virtual_time
    def test_passes(sim):
        sim.run_until(sim.api.record(1).all_complete, within=minutes(5))


    def test_fails(sim):
        memo = sim.api.record(1)
        sim.run_until(memo.all_complete, within=minutes(5))
        assert memo.statuses == {"failed": 1}


    def test_is_inconclusive(sim):
        with sim.fault(faults.openai.down()):
            pass


    def test_passes_again(sim):
        sim.run_until(sim.api.record(1).all_complete, within=minutes(5))


    @pytest.mark.skip(reason="not today")
    def test_is_left_out(sim):
        pass
    '''


def steady_states_seen(project: Project) -> int:
    return sum("steady state confirmed" in str(line.get("message")) for line in project.journal.lines())


THE_SECOND_READS_THE_REPORT = '''
    """Two scenarios.

    Claim: the report grows with the run.
    """

    from pathlib import Path

    from sim import minutes


    def test_first(sim):
        sim.run_until(sim.api.record(1).all_complete, within=minutes(5))


    def test_second(sim):
        report = Path(".sim/latest/report.html").read_text(encoding="utf-8")
        assert "test_first" in report
        assert "test_second" not in report
        assert not list(Path(".sim/latest").glob("*.new"))
    '''


def test_the_report_is_written_as_the_run_goes(project: Project) -> None:
    project.write("test_two.py", THE_SECOND_READS_THE_REPORT)

    ended = project.run("scenarios")

    assert ended.exit_code == 0, ended.output


def test_a_run_of_scenarios_outside_of_this_repository(project: Project) -> None:
    """One scenario of each verdict. After each that did not pass, the steady state is confirmed again."""
    project.write("test_all.py", ONE_OF_EACH)

    ended = project.run("scenarios", "--seed", "7", "--report", "out/page.html")

    assert ended.exit_code == 1, ended.output
    for line in (
        "[1/5] ✔ scenarios/test_all.py::test_passes ",
        "[2/5] ✘ scenarios/test_all.py::test_fails ",
        "[3/5] ? scenarios/test_all.py::test_is_inconclusive ",
        "preparing engine embedded (.sim/",
        "starting a world; each processes one recording before its first scenario",
        "world main is up and works (",
        "2 passed, 1 failed, 1 inconclusive, 1 skipped · seed 7",
        "s of virtual time in ",
        f"report: {(project.top / 'out/page.html').as_uri()}",
        "  inconclusive: never triggered: OpenAI answers 503",
        "  replay: pytest -p sim.pytest_plugin scenarios/test_all.py::test_fails --seed 7",
        "seed 7 · engine embedded · commit unknown",
    ):
        assert line in ended.output, line
    assert re.search(r"  memory [0-9a-f-]{36} \(.*complete\)\n +\d.* (API|SQS|Lambda) ", ended.output)
    assert steady_states_seen(project) == 3

    assert_its_record_is_whole(project)


def assert_its_record_is_whole(project: Project) -> None:
    (run,) = project.runs
    documented = documented_kinds()
    for line in project.journal.lines():
        assert line.keys() <= documented[line["kind"]] | KEYS_OF_EVERY_LINE, line
    summary = json.loads((run / "summary.json").read_text())
    assert {each["name"].partition("::")[2]: each["verdict"] for each in summary["scenarios"]} == {
        "test_passes": "passed",
        "test_fails": "failed",
        "test_is_inconclusive": "inconclusive",
        "test_passes_again": "passed",
        "test_is_left_out": "skipped",
    }
    assert [each["reason"] for each in summary["scenarios"] if each["verdict"] == "skipped"] == ["not today"]
    assert "pytest -p sim.pytest_plugin scenarios/test_all.py::test_fails --seed 7" in (run / "summary.md").read_text()
    assert (project.top / "out/page.html").read_bytes() == (run / "report.html").read_bytes()
    case, *_ = ElementTree.parse(run / "junit.xml").getroot().iter("testcase")
    properties = {each.get("name"): each.get("value") for each in case.iter("property")}
    assert properties.items() >= {"claim": "something holds.", "seed": "7", "engine": "embedded"}.items()


TWO = '''
    """Two scenarios.

    Claim: something holds.
    """

    from sim import minutes


    def test_one(sim):
        sim.run_until(sim.api.record(1).all_complete, within=minutes(5))


    def test_two(sim):
        sim.run_until(sim.api.record(1).all_complete, within=minutes(5))
    '''


def test_a_world_that_does_not_start_makes_all_verdicts_inconclusive_for_one_reason(project: Project) -> None:
    project.write("test_two.py", TWO)
    project.write(
        "conftest.py",
        f"""
        {ENTRY}
        from sim.engines.base.local_services import LocalServices

        def refuse(_):
            raise RuntimeError("no OpenAI today")

        LocalServices._start_openai = refuse
        """,
    )

    ended = project.run("scenarios")

    assert ended.exit_code == 2, ended.output
    assert (
        ended.output.count("inconclusive: the world did not start: RuntimeError: no OpenAI today (more in .sim/") == 1
    )
    assert "2 inconclusive · seed" in ended.output
    assert "Traceback" not in ended.output
    (run,) = project.runs
    assert not (run.parent / "latest").exists(), "no scenario began"
    assert "no OpenAI today" in (run / "main" / "errors.log").read_text()


def test_a_world_that_fails_its_steady_state_probe_makes_all_verdicts_inconclusive(project: Project) -> None:
    """Its workers are throttled before the first scenario, so no recording is processed."""
    project.write("test_two.py", TWO)
    project.write("test_two_more.py", TWO)
    project.write(
        "conftest.py",
        f"""
        {ENTRY}
        start = running_pipeline.RunningPipeline.start

        def throttled(pipeline):
            start(pipeline)
            pipeline.worker.reserve_concurrency(0)

        running_pipeline.RunningPipeline.start = throttled
        """,
    )

    ended = project.run("scenarios")

    assert ended.exit_code == 2, ended.output
    what = "the steady-state probe failed (one recording, to complete)"
    reason = f"{what}: WaitTimeout: all_complete did not become true within 5 min"
    assert ended.output.count(f"inconclusive: {reason}") == 1
    assert "4 inconclusive · seed" in ended.output
    (run,) = project.runs
    assert (run / "main" / "errors.log").read_text().count("WaitTimeout: all_complete") == 2, "given up after two tries"


def test_a_scenario_that_the_engine_cannot_run_is_skipped_with_the_reason(project: Project) -> None:
    project.write(
        "test_needs.py",
        '''
        """Scenarios that need much.

        Claim: something holds.
        """

        from sim import faults, needs


        @needs.virtual_time
        def test_of_hours(sim):
            pass


        def test_of_killing(sim):
            with sim.fault(faults.worker.timed_out()), sim.fault(faults.openai.down()):
                pass
        ''',
    )
    project.write(
        "conftest.py",
        """
        from dataclasses import replace

        from sim.engines.base.engine import Capability
        from sim.engines.registry import EMBEDDED, ENGINES

        ENGINES["embedded"] = replace(EMBEDDED, can=frozenset({Capability.OPENAI_FAULTS}))
        """,
    )

    ended = project.run("scenarios")

    assert ended.exit_code == 0, ended.output
    assert "2 skipped · seed" in ended.output
    (run,) = project.runs
    reasons = [each["reason"] for each in json.loads((run / "summary.json").read_text())["scenarios"]]
    assert reasons == ["engine embedded cannot skip time", "engine embedded cannot kill workers"]
