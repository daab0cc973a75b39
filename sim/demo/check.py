"""The invariants while a run goes on: what cannot be judged yet is inconclusive, and says so."""

from typing import Any

from sim import invariants
from sim.invariants import InvariantViolated
from sim.invariants.checking import INCONCLUSIVE, Result, about, name_of, result_of
from sim.scenario.simulation import Simulation

ONLY_AT_REST = (invariants.nothing_lost, invariants.at_rest)
"""They speak of the end: while recordings are being worked on, conservation says where each is."""


def check_now(simulation: Simulation) -> list[dict[str, Any]]:
    """One entry for each invariant, as the event `invariants` has them."""
    unfinished = _unfinished(simulation)
    return [_checked(invariant, simulation, unfinished) for invariant in invariants.ALL]


def _checked(invariant: Any, simulation: Simulation, unfinished: str | None) -> dict[str, Any]:
    if unfinished is not None and invariant in ONLY_AT_REST:
        return Result(name_of(invariant), about(invariant), INCONCLUSIVE, unfinished).as_json()
    try:
        result, _ = result_of(invariant, simulation)
    except Exception as error:  # noqa: BLE001 - a viewer may have broken any part that is asked here
        reason = f"a part does not answer: {type(error).__name__}: {' '.join(str(error).split())[:200]}"
        result = Result(name_of(invariant), about(invariant), INCONCLUSIVE, reason)
    return result.as_json()


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
