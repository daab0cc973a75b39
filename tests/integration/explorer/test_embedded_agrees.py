"""A sample of the explorer's worlds, played again on real parts: what becomes of each memory is the same.

Each world has trouble that a scenario can make, too. It is played by the explorer; then the scenario script that the
explorer writes of it is played by `sim`'s plugin, and asks for what the explorer saw.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from sim.explorer.counterexample.scenario_script import met_in, script
from sim.explorer.plan.call_sites import Trouble
from sim.explorer.plan.decisions import Remembered
from sim.explorer.plan.plan import HOUR_MS, Act, Decisions, Deed, Outage, Plan, Struck
from sim.explorer.search import undisturbed
from sim.explorer.world.world import Outcome, World

LIMIT_SECONDS = 400
T = Trouble
WORKER = "worker 1 on A"
CLAIM, SAVE_TRANSCRIPT, SAVE_ANALYSIS = 1, 4, 6
"""How manieth call of an undisturbed worker each is."""


@dataclass(frozen=True)
class Sample:
    name: str
    plan: Plan
    decisions: Decisions

    def outcome(self) -> Outcome:
        return World(self.plan, Remembered(self.decisions)).run()


def one(hours: int = 1, *outages: tuple[str, T], acts: tuple[Act, ...] = ()) -> Plan:
    out = tuple(Outage(port, trouble, 0, hours * HOUR_MS) for port, trouble in outages)
    return Plan((Act(0, 0, Deed.RECORD, 0), *acts), workers=1, outages=out, calm_at_ms=hours * HOUR_MS)


def struck(name: str, call: int, trouble: T) -> Sample:
    return Sample(name, one(), {(WORKER, call): Struck(trouble, 20)})


SAMPLES = [
    Sample("undisturbed", one(), {}),
    Sample("openai_down_for_three_hours", one(3, ("openai", T.ERROR)), {}),
    Sample("quota", one(3, ("openai", T.QUOTA)), {}),
    Sample("bad_audio", one(1, ("openai.transcribe", T.REJECTED)), {}),
    Sample("no_thinking", one(2, ("openai.analyse", T.ERROR)), {}),
    Sample("refused", one(1, ("openai.analyse", T.REFUSED)), {}),
    Sample("no_audio_to_be_had", one(3, ("audio.fetch", T.ERROR)), {}),
    Sample("two_and_poison", one(acts=(Act(1, 10, Deed.RECORD, 1), Act(2, 20, Deed.POISON))), {}),
    Sample("delivered_again", one(acts=(Act(1, 4_000, Deed.DUPLICATE, 0),)), {}),
    struck("claim_lost", CLAIM, T.ERROR),
    struck("transcript_answer_lost", SAVE_TRANSCRIPT, T.LOST),
    struck("analysis_answer_lost", SAVE_ANALYSIS, T.LOST),
    struck("killed_after_claim", CLAIM, T.KILLED_AFTER),
    struck("killed_after_transcript", SAVE_TRANSCRIPT, T.KILLED_AFTER),
]


def asserts(outcome: Outcome) -> tuple[str, ...]:
    """Lines that ask for each memory's status and reason, at rest, and again after a redrive."""
    became = [outcome.at_rest[label] for label in sorted(outcome.at_rest)]
    in_the_end = [outcome.statuses[label] for label in sorted(outcome.statuses)]
    read = "[(each.one['status'], (each.one['failure'] or {}).get('reason')) for each in memories.values()]"
    return (
        f"assert {read} == {became!r}",
        "sim.operator.redrive()",
        "sim.run_until(sim.everything_is_done, within=hours(14))",
        "sim.run_for(hours(2))",
        f"assert {read} == {in_the_end!r}",
    )


def test_the_scripts_play_on_real_parts_as_the_worlds_did(tmp_path: Path) -> None:
    for sample in SAMPLES:
        with undisturbed():
            outcome = sample.outcome()
            met = met_in(sample.plan, sample.decisions)
        assert outcome.broken is None
        assert len(met) == len(sample.decisions)
        text = script(
            sample.plan, met, f"test_{sample.name}", [f"{sample.name}.", "", "Claim: as explored."], asserts(outcome)
        )
        assert "Not in the power" not in text
        (tmp_path / f"test_{sample.name}.py").write_text(text, encoding="utf-8")

    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n", encoding="utf-8")
    played = subprocess.run(
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

    assert played.returncode == 0, played.stdout[-6000:] + played.stderr[-2000:]
    assert f"{len(SAMPLES)} held" in played.stdout


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_sample_is_what_its_name_says(sample: Sample) -> None:
    """The trouble is met: a strike at a call that never comes would make the comparison one of sunny days."""
    with undisturbed():
        troubled, sunny = sample.outcome(), World(one(), Remembered({})).run()

    assert sample.name == "undisturbed" or troubled.digest != sunny.digest
