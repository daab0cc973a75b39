"""Renders `summary.json`: the run for programs. docs/reference/report.md lists its keys."""

from collections import Counter
from typing import Any

from sim.journal.version import RECORD_VERSION
from sim.report.permissions import permissions_of
from sim.report.run_record import RunRecord, ScenarioRecord
from sim.report.totals import totals_of
from sim.report.verdicts import FAILED, INCONCLUSIVE, PASSED, SKIPPED

KEYS_OF_RUN_STARTED = ("engine", "topology", "seed", "commit", "limits", "outage_tolerance_seconds")


def summary(run: RunRecord) -> dict[str, Any]:
    """The content of `summary.json`; times in seconds."""
    counts = Counter(scenario.verdict for scenario in run.scenarios)
    virtual, real = run.virtual_seconds, run.real_seconds
    return {
        "version": RECORD_VERSION,
        **{name: run.about[name] for name in KEYS_OF_RUN_STARTED if name in run.about},
        "finished": run.finished,
        "virtual_seconds": round(virtual, 1),
        "real_seconds": round(real, 1),
        "speedup": round(virtual / real, 1) if real else None,
        "counts": {kind: counts[kind] for kind in dict.fromkeys((PASSED, FAILED, INCONCLUSIVE, SKIPPED, *counts))},
        "iam": permissions_of(run).as_json(),
        "scenarios": [_scenario(scenario) for scenario in sorted(run.scenarios, key=lambda each: each.name)],
    }


def _scenario(scenario: ScenarioRecord) -> dict[str, Any]:
    memories = [subject for subject in scenario.contents.subjects.values() if subject.kind == "memory"]
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
        "totals": totals_of(scenario),
        "conservation": scenario.conservation.as_json() if scenario.conservation is not None else None,
        "faults": [
            {
                "fault": band.fault,
                "family": band.family,
                "virtual_seconds": round(band.end - band.start, 3),
                "times_triggered": band.times_triggered,
            }
            for band in scenario.contents.faults
        ],
        "memories": [
            {"id": each.id, "recording": each.title, "status": each.status, "reason": each.reason} for each in memories
        ],
    }
