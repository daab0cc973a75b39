"""`summary.json` for programs, from the journal; the closing table for people, from the verdicts as they came in."""

from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table

from sim.journal.version import RECORD_VERSION
from sim.report.permissions import permissions_of
from sim.report.run_record import RunRecord, ScenarioRecord, amplification
from sim.report.verdicts import FAILED, INCONCLUSIVE, PASSED, SIGNS, SKIPPED, Verdict

EXIT_HELD, EXIT_FAILED, EXIT_INCONCLUSIVE = 0, 1, 2

COLOURS = {PASSED: "green", FAILED: "red", INCONCLUSIVE: "yellow", SKIPPED: "dim"}

ABOUT = ("engine", "topology", "seed", "commit", "limits", "outage_tolerance_seconds")


def summary(run: RunRecord) -> dict[str, Any]:
    """What goes into `summary.json`; times in seconds."""
    counts = Counter(scenario.verdict for scenario in run.scenarios)
    virtual, real = run.virtual_seconds, run.real_seconds
    return {
        "version": RECORD_VERSION,
        **{name: run.about[name] for name in ABOUT if name in run.about},
        "finished": run.finished,
        "virtual_seconds": round(virtual, 1),
        "real_seconds": round(real, 1),
        "speedup": round(virtual / real, 1) if real else None,
        "counts": {kind: counts[kind] for kind in dict.fromkeys((PASSED, FAILED, INCONCLUSIVE, SKIPPED, *counts))},
        "iam": permissions_of(run).as_json(),
        "scenarios": [_scenario(scenario) for scenario in sorted(run.scenarios, key=lambda each: each.name)],
    }


def _scenario(scenario: ScenarioRecord) -> dict[str, Any]:
    memories = [subject for subject in scenario.picture.subjects.values() if subject.kind == "memory"]
    return {
        "name": scenario.name,
        "title": scenario.title,
        "claim": scenario.claim,
        "verdict": scenario.verdict,
        "reason": scenario.reason,
        "outcomes": dict(scenario.outcomes),
        "test_seconds": scenario.test_seconds,
        "virtual_seconds": round(scenario.virtual_seconds, 3),
        "real_seconds": round(scenario.real_seconds, 3),
        "totals": amplification(scenario),
        "faults": [
            {
                "fault": band.text,
                "family": band.family,
                "virtual_seconds": round(band.end - band.start, 3),
                "times_triggered": band.times_triggered,
            }
            for band in scenario.picture.faults
        ],
        "memories": [
            {"id": each.id, "recording": each.title, "status": each.status, "reason": each.reason} for each in memories
        ],
    }


def print_table(verdicts: list[Verdict], console: Console) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    table.add_column("claim", overflow="fold")
    table.add_column("memories")
    table.add_column("time", justify="right")
    for verdict in sorted(verdicts, key=lambda each: each.name):
        colour = COLOURS[verdict.verdict]
        memories = ", ".join(f"{count} {status}" for status, count in sorted(verdict.outcomes.items()))
        sign = f"[{colour}]{SIGNS[verdict.verdict]}[/]"
        table.add_row(sign, f"{verdict.claim}\n[dim]{verdict.name}[/]", memories, f"{verdict.seconds:.1f} s")
    console.print(table)


def exit_code(verdicts: list[Verdict]) -> int:
    """0 all held, 1 something broke, 2 nothing broke but something was never put to the test."""
    kinds = {verdict.verdict for verdict in verdicts}
    if FAILED in kinds:
        return EXIT_FAILED
    return EXIT_INCONCLUSIVE if INCONCLUSIVE in kinds else EXIT_HELD
