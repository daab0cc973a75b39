"""Facts that the report needs and that no event contains: of the run, of each scenario, and the end of each memory.

They go into the journal like all events, so that the report derives from the journal alone.
"""

import inspect
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from sim.journal.journal import Journal
from sim.picture.conservation import Derived
from sim.platform.checkout import commit_of
from sim.provisioning.rendering import Rendering
from sim.report.verdicts import claim_of
from sim.scenario.services import MAY_BE_DOWN

if TYPE_CHECKING:
    import pytest

    from sim.engines.base.running_pipeline import RunningPipeline
    from sim.scenario.simulation import Simulation

NOT_OBSERVED = "not observed"
"""The verdict on conservation where the engine observes no events."""

KEPT_OF_A_MEMORY = (
    "tenant",
    "status",
    "analysis_state",
    "failure_reason",
    "attempts",
    "analysis_attempts",
    "openai_calls",
    "billed_seconds",
    "audio_bytes",
    "created_at",
    "transcribed_at",
    "completed_at",
)
"""Columns of a memory that the journal keeps. Never the transcript, the analysis or the title."""


def run_facts(topology: str, root: Path, deployed: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The limits of this run's pipelines, their outage tolerance, and the commit.

    `deployed` are the outputs of a pipeline that exists already; otherwise the topology's rendering holds them.
    """
    outputs = deployed or Rendering.load(topology).outputs
    return {
        "limits": dict(outputs["limits"]),
        "outage_tolerance_seconds": outputs["outage_tolerance_seconds"],
        "commit": commit_of(root),
    }


def scenario_facts(item: "pytest.Item") -> dict[str, Any]:
    """A scenario's claim, the first paragraph of its file, its source and where that begins in its file."""
    function = getattr(item, "obj", None)
    module = inspect.getmodule(function)
    try:
        lines, first_line = inspect.getsourcelines(function) if function is not None else ([], 0)
    except OSError:
        lines, first_line = [], 0
    return {
        "claim": claim_of(module.__doc__ if module else None, getattr(function, "__doc__", None)),
        "about": ((module.__doc__ if module else None) or "").split("\n\n")[0].strip(),
        "source": "".join(lines),
        "source_line": first_line,
    }


def statuses_now(pipeline: "RunningPipeline") -> dict[str, int]:
    """How many memories have each status; empty when the database does not answer."""
    try:
        return dict(Counter(str(memory["status"]) for memory in pipeline.ledger.memories().values()))
    except psycopg.Error:
        return {}


def violations_of(simulation: "Simulation") -> list[str]:
    """What conservation found in a scenario that failed, one line each; none when it is not known."""
    try:
        derived = simulation.record.derive()
    except MAY_BE_DOWN:
        return []
    return derived.sentences() if derived is not None else []


def record_ending(simulation: "Simulation") -> None:
    """Copy what other services recorded, the permissions used and the end of every memory into the journal.

    A part that does not answer is noted in the journal and raises nothing.
    """
    pipeline, journal, record = simulation.pipeline, simulation.journal, simulation.record
    _unless_down(journal, "OpenAI's records", record.copy_openai_requests)
    _unless_down(journal, "the database's commits", record.copy_commits)
    _unless_down(journal, "permissions", lambda: _record_permissions(pipeline, journal))
    _unless_down(journal, "the functions' events", pipeline.write_function_events)
    _unless_down(journal, "the memories", lambda: _record_memories(pipeline, journal))
    _unless_down(journal, "the number of events", record.count_events)
    journal.write("events_counted", counts=record.counts)
    _record_conservation(record.derived, journal)
    journal.write("scenario_ended")


def _record_conservation(derived: Derived | None, journal: Journal) -> None:
    if derived is None:
        journal.write("conservation", conservation_verdict=NOT_OBSERVED)
        return
    found = derived.conservation
    journal.write(
        "conservation",
        conservation_verdict=found.verdict.value,
        accepted=found.accepted,
        places={place.value: count for place, count in found.counts.items()},
        violations=derived.sentences(),
        missing=found.missing,
    )


def _record_permissions(pipeline: "RunningPipeline", journal: Journal) -> None:
    roles = pipeline.roles
    journal.write("permissions", roles=roles.usage(), expected_denials=sorted(map(list, roles.expected)))


def _record_memories(pipeline: "RunningPipeline", journal: Journal) -> None:
    history: dict[str, list[dict[str, str]]] = {}
    for step in pipeline.ledger.steps():
        history.setdefault(step.memory_id, []).append({"status": step.status, "at": step.at.isoformat()})
    for memory_id, row in pipeline.ledger.memories().items():
        steps = history.get(memory_id, [])
        journal.write("memory", memory_id=memory_id, status_history=steps, **_kept(row))


def _kept(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: row[name] for name in KEPT_OF_A_MEMORY if row.get(name) is not None}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in kept.items()}


def _unless_down(journal: Journal, what: str, copy: Callable[[], None]) -> None:
    try:
        copy()
    except MAY_BE_DOWN as error:
        journal.write("copy_failed", item=what, error=" ".join(str(error).split())[:300])
