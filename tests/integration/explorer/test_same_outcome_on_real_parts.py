"""A sample of the explorer's worlds ends the same way on real parts: same status and reason for each memory.

Each world has only faults that a scenario can inject, too. The explorer runs it; then pytest runs the scenario
script that the explorer writes for it, which asserts the outcome of the explorer's world.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from sim.explorer.counterexample.replay import replay_of
from sim.explorer.counterexample.scenario_faults import translated
from sim.explorer.counterexample.scenario_script import render_script
from sim.explorer.plan.call_sites import FaultKind
from sim.explorer.plan.decisions import RecordedDecisions
from sim.explorer.plan.plan import HOUR_MS, Action, ActionKind, CallFault, Decisions, Outage, Plan
from sim.explorer.search import without_log_and_gc
from sim.explorer.world.world import Outcome, World

LIMIT_SECONDS = 400
WORKER = "worker on A, receive 1"
CLAIM, SAVE_TRANSCRIPT, SAVE_ANALYSIS = "memories.claim", "memories.save_transcript", "memories.save_analysis"


@dataclass(frozen=True)
class Sample:
    name: str
    plan: Plan
    decisions: Decisions

    def outcome(self) -> Outcome:
        return World(self.plan, RecordedDecisions(self.decisions)).run()


def plan_of(hours: int = 1, *outages: tuple[str, FaultKind], actions: tuple[Action, ...] = ()) -> Plan:
    out = tuple(Outage(port, kind, 0, hours * HOUR_MS) for port, kind in outages)
    return Plan((Action(0, 0, ActionKind.RECORD, 0), *actions), workers=1, outages=out, faults_end_ms=hours * HOUR_MS)


def faulty_call(name: str, site: str, kind: FaultKind) -> Sample:
    return Sample(name, plan_of(), {(WORKER, site, 1): CallFault(kind, 20)})


TWO_AND_POISON = (Action(1, 10, ActionKind.RECORD, 1), Action(2, 20, ActionKind.POISON))
SAMPLES = [
    Sample("no_faults", plan_of(), {}),
    Sample("openai_down_for_three_hours", plan_of(3, ("openai", FaultKind.ERROR)), {}),
    Sample("quota", plan_of(3, ("openai", FaultKind.QUOTA)), {}),
    Sample("bad_audio", plan_of(1, ("openai.transcribe", FaultKind.REJECTED)), {}),
    Sample("no_analysis", plan_of(2, ("openai.analyse", FaultKind.ERROR)), {}),
    Sample("refused", plan_of(1, ("openai.analyse", FaultKind.REFUSED)), {}),
    Sample("audio_not_fetched", plan_of(3, ("s3.get_object", FaultKind.ERROR)), {}),
    Sample(
        "two_and_poison", plan_of(actions=(Action(1, 10, ActionKind.RECORD, 1), Action(2, 20, ActionKind.POISON))), {}
    ),
    Sample("delivered_again", plan_of(actions=(Action(1, 4_000, ActionKind.DUPLICATE, 0),)), {}),
    faulty_call("claim_lost", CLAIM, FaultKind.ERROR),
    faulty_call("transcript_answer_lost", SAVE_TRANSCRIPT, FaultKind.LOST),
    faulty_call("analysis_answer_lost", SAVE_ANALYSIS, FaultKind.LOST),
    faulty_call("killed_after_claim", CLAIM, FaultKind.KILLED_AFTER),
    faulty_call("killed_after_transcript", SAVE_TRANSCRIPT, FaultKind.KILLED_AFTER),
]


def asserts(outcome: Outcome) -> tuple[str, ...]:
    """Lines of a scenario: they assert each memory's status and reason at rest, and again after a redrive, and
    its owner's retry of bad audio."""
    at_rest = [outcome.statuses_at_rest[label] for label in sorted(outcome.statuses_at_rest)]
    after_redrive = [outcome.statuses[label] for label in sorted(outcome.statuses)]
    read = "[(each.one['status'], (each.one['failure'] or {}).get('reason')) for each in memories.values()]"
    return (
        f"assert {read} == {at_rest!r}",
        "sim.operator.redrive()",
        "for each in memories.values():",
        "    if (each.one['failure'] or {}).get('reason') == 'audio_unreadable':",
        "        sim.api.retry(each.one['id'])",
        "sim.run_until(sim.everything_is_done, within=hours(14))",
        "sim.run_for(hours(2))",
        f"assert {read} == {after_redrive!r}",
    )


def test_the_scripts_have_the_same_outcome_on_real_parts(tmp_path: Path) -> None:
    for sample in SAMPLES:
        with without_log_and_gc():
            outcome = sample.outcome()
            replay = replay_of(sample.plan, sample.decisions)
        assert outcome.violation is None
        assert sum(call.decided is not None for call in replay.calls) == len(sample.decisions)
        assert translated(replay)[1] == []
        doc = [f"{sample.name}.", "", f"Claim: {sample.name} ends as in the explorer."]
        text = render_script(replay, f"test_{sample.name}", doc, ending=asserts(outcome))
        (tmp_path / f"test_{sample.name}.py").write_text(text, encoding="utf-8")

    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n", encoding="utf-8")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "sim.pytest_plugin",
            "-p",
            "no:cacheprovider",
            "--seed",
            "1",
            str(tmp_path),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(str(Path(each).resolve()) for each in ("src", "."))},
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert f"{len(SAMPLES)} passed" in done.stdout


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_the_fault_of_a_sample_is_triggered(sample: Sample) -> None:
    """A fault at a call that never happens would compare worlds without faults."""
    with without_log_and_gc():
        with_fault, without = sample.outcome(), World(plan_of(), RecordedDecisions({})).run()

    assert sample.name == "no_faults" or with_fault.digest != without.digest
