"""What nobody provoked: functions that end with an error, answers of 500, failures without a cause.

A scenario declares what it provokes by its faults: a fault is the cause of what happens while it is active.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sim.app import APP
from sim.invariants.violation import InvariantViolated, Numbers

if TYPE_CHECKING:
    from sim.scenario.simulation import Simulation

DEPENDENCIES = frozenset({"database", "network", "openai", "permissions", "queue", "storage"})
"""Families of faults in what a function calls."""
CAUSES_OF_END = {
    "error": DEPENDENCIES,
    "timeout": DEPENDENCIES | {"worker"},
    "crash": frozenset({"worker"}),
}
"""Outcome of an invocation → the families of faults that provoke it."""

CAUSES_OF_REASON = {
    "audio_missing": frozenset({"storage", "permissions"}),
    "configuration": frozenset({"openai", "permissions"}),
    "openai_quota": frozenset({"openai"}),
}
"""Failure reason → the families of faults that provoke it; any other reason may be provoked by any family."""

MARGIN = timedelta(seconds=1)
"""A fault begins a moment before it is recorded, and ends a moment after."""
LONGEST_COMMAND = timedelta(minutes=1)
"""A command or a request is recorded when it has ended; its effect may be older."""


@dataclass(frozen=True)
class ActiveFault:
    """When a fault was active; `until` is the end of time for one that has not ended."""

    family: str
    since: datetime
    until: datetime

    def overlaps(self, since: datetime, until: datetime) -> bool:
        return self.since - MARGIN <= until and since <= self.until + MARGIN


def no_unexpected_function_error(sim: "Simulation") -> Numbers:
    """A function ends with an error, a timeout or a crash only while a fault provokes it.

    The error is one that the product foresees. Before its pipeline was ready, a scheduled function may have found no
    secrets: a `terraform apply` creates the schedule minutes before it ends. Not checked on engines that do not observe
    invocations.
    """
    prefix = f"{sim.pipeline.pipeline.name}-"
    faults = _faults(sim)
    ready = next(map(_moment, _lines(sim, "pipeline_ready")), datetime.min.replace(tzinfo=UTC))
    ends = 0
    started: dict[str, datetime] = {}
    for line in _lines(sim, "lambda"):
        if not str(line.get("function", "")).startswith(prefix):
            continue
        if line.get("event") == "started":
            started[line["request_id"]] = _moment(line)
        outcome, error = line.get("outcome"), str(line.get("error"))
        ends += line.get("event") == "ended"
        if line.get("event") != "ended" or outcome not in CAUSES_OF_END:
            continue
        what = f"{line['function'].removeprefix(prefix)} ended with {outcome}: {error}"
        if outcome == "error" and error.partition(":")[0].rpartition(".")[2] not in APP.foreseen_errors:
            raise InvariantViolated(f"functions end without unexpected errors: {what}")
        ended = _moment(line)
        since = started.get(line["request_id"], ended)
        if outcome == "error" and since < ready:
            continue
        if not _caused(faults, CAUSES_OF_END[outcome], since, ended):
            raise InvariantViolated(f"functions end without unexpected errors: {what}, and no fault provoked it")
    return {"invocations": ends}


def no_unexpected_answer(sim: "Simulation") -> Numbers:
    """The API answers no request with a 5xx, except 503, which asks the client to repeat the request."""
    if sim.api.server_errors:
        raise InvariantViolated(f"the API answers no 500: {'; '.join(sim.api.server_errors[:3])}")
    return {"answers": sim.api.answers}


def no_unexpected_failure(sim: "Simulation") -> Numbers:
    """A memory fails only after a fault that provokes its reason, or because of audio that is no known recording.

    It leaves `failed` only by a redrive, by a retry of its owner, or by a duplicate message that the scenario sent.
    """
    known = {each.memory_id for each in sim.api.accepted if each.transcript is not None}
    memories, faults = sim.pipeline.ledger.memories(), _faults(sim)
    steps = [step for step in sim.pipeline.ledger.steps() if step.memory_id in known]
    begun = {step.memory_id: step.at for step in reversed(steps)}
    for step in steps:
        if step.status == "failed":
            reason = memories[step.memory_id]["failure_reason"]  # None if it has left `failed`
            causes = CAUSES_OF_REASON.get(reason) or {fault.family for fault in faults}
            if not _caused(faults, causes, begun[step.memory_id], step.at):
                raise InvariantViolated(
                    f"memories fail only for a cause: memory {step.memory_id} failed ({reason}), "
                    "and no fault provoked it"
                )
    acts = list(_acts(sim))
    for earlier, later in pairwise(steps):
        if earlier.memory_id == later.memory_id and earlier.status == "failed":
            since, until = earlier.at - MARGIN, later.at + LONGEST_COMMAND
            if not any(since <= at <= until and about in (None, later.memory_id) for at, about in acts):
                raise InvariantViolated(
                    f"memories fail only for a cause: memory {later.memory_id} left failed for {later.status}, "
                    "without a redrive and without a retry: it had failed wrongly"
                )
    return {"failures": sum(step.status == "failed" for step in steps), "faults": len(faults)}


def _acts(sim: "Simulation") -> Iterator[tuple[datetime, str | None]]:
    """When an operator, an owner or the scenario had failed memories processed again; None for several memories."""
    for line in _lines(sim, "operator_command", "api_request", "duplicate_message_sent"):
        redriven = "redrive" in str(line.get("command"))
        retried = str(line.get("request")).endswith("/retry") and line.get("status_code") == 202
        if redriven or retried or line["kind"] == "duplicate_message_sent":
            yield _moment(line), None if redriven else line["memory_id"]


def _faults(sim: "Simulation") -> list[ActiveFault]:
    """The faults of the scenario so far."""
    open_since: dict[tuple[str, str], list[datetime]] = {}
    faults = []
    for line in _lines(sim, "fault_started", "fault_ended"):
        starts = open_since.setdefault((line["family"], line["fault"]), [])
        if line["kind"] == "fault_started":
            starts.append(_moment(line))
        elif starts:
            faults.append(ActiveFault(line["family"], starts.pop(0), _moment(line)))
    end = datetime.max.replace(tzinfo=UTC) - MARGIN
    return faults + [ActiveFault(family, since, end) for (family, _), starts in open_since.items() for since in starts]


def _caused(faults: Iterable[ActiveFault], families: Collection[str], since: datetime, until: datetime) -> bool:
    return any(fault.family in families and fault.overlaps(since, until) for fault in faults)


def _lines(sim: "Simulation", *kinds: str) -> Iterator[dict[str, Any]]:
    """The lines of these kinds that the journal has for the scenario, or for no scenario, in the order of writing."""
    for line in sim.journal.lines():
        if line["kind"] in kinds and line.get("scenario") in (None, sim.journal.scenario):
            yield line


def _moment(line: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(line.get("virtual_at") or line["at"])
