"""The invariant that looks at every moment of a scenario, and not at its end."""

from typing import TYPE_CHECKING

import psycopg

from sim.conservation import Verdict
from sim.invariants.violation import InvariantNotKnown, InvariantViolated, Numbers
from sim.openai_simulator.client import ControlError
from sim.picture.conservation import Derived
from sim.platform.json_connection import NoAnswer

if TYPE_CHECKING:
    from sim.scenario.simulation import Simulation


def conservation(sim: "Simulation") -> Numbers:
    """After every event each accepted recording was in a place that has a name, and was what had been accepted.

    The text of a violation begins with the time and the event. Not checked on engines that do not observe events.
    Raises InvariantNotKnown when events are missing or contradict each other.
    """
    derived = _derived(sim)
    if derived is None:
        return {"events": 0}
    if derived.conservation.verdict is Verdict.VIOLATED:
        raise InvariantViolated("\n".join(derived.sentences()))
    return {"events": derived.events, "recordings accepted": derived.conservation.accepted}


def _derived(sim: "Simulation") -> Derived | None:
    """Raises InvariantNotKnown."""
    try:
        derived = sim.record.derive()
    except (psycopg.Error, ControlError, NoAnswer) as error:
        raise InvariantNotKnown(f"conservation is not known: {' '.join(str(error).split())[:300]}") from error
    if derived is not None and derived.conservation.verdict is Verdict.NOT_KNOWN:
        raise InvariantNotKnown("conservation is not known: " + "; ".join(derived.conservation.missing))
    return derived
