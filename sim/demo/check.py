"""The invariants while a run goes on: what cannot be judged yet is inconclusive, and says so."""

from typing import Any

from sim import invariants
from sim.invariants import InvariantNotKnown, InvariantViolated
from sim.scenario.simulation import Simulation

ONLY_AT_REST = (invariants.nothing_lost, invariants.at_rest)
"""They speak of the end: while recordings are being worked on, conservation says where each is."""


def check_now(simulation: Simulation) -> list[dict[str, Any]]:
    """One entry for each invariant, as the event `invariants` has them."""
    unfinished = _unfinished(simulation)
    return [_checked(invariant, simulation, unfinished) for invariant in invariants.ALL]


def _checked(invariant: Any, simulation: Simulation, unfinished: str | None) -> dict[str, Any]:
    about = " ".join((invariant.__doc__ or "").split("\n\n")[0].split())
    result = {"name": invariant.__name__.replace("_", " "), "about": about, "numbers": {}}
    if unfinished is not None and invariant in ONLY_AT_REST:
        return {**result, "verdict": "inconclusive", "text": unfinished}
    try:
        invariant(simulation)
    except InvariantViolated as error:
        return {**result, "verdict": "failed", "text": str(error)}
    except InvariantNotKnown as error:
        return {**result, "verdict": "inconclusive", "text": str(error)}
    except Exception as error:  # noqa: BLE001 - a viewer may have broken any part that is asked here
        reason = f"a part does not answer: {type(error).__name__}: {' '.join(str(error).split())[:200]}"
        return {**result, "verdict": "inconclusive", "text": reason}
    return {**result, "verdict": "passed", "text": "holds"}


def _unfinished(simulation: Simulation) -> str | None:
    """Why the end cannot be judged yet; None when nothing is left to do."""
    try:
        invariants.at_rest(simulation)
    except InvariantViolated as error:
        jobs, outbox = simulation.pipeline.queues.jobs().total, simulation.pipeline.ledger.outbox_count()
        if jobs or outbox or simulation.pipeline.ledger.leases():
            return f"not at rest yet ({str(error).removeprefix('at rest: ')}): let time pass and check again"
    except Exception as error:  # noqa: BLE001 - as above
        return f"a part does not answer: {type(error).__name__}"
    return None
