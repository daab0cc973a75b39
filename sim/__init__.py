"""What a scenario may use: its argument `sim`, faults, invariants, recordings, needs and durations.

from sim import faults, minutes

def test_a_short_outage_is_survived(sim):
    with sim.fault(faults.openai.down()):
        memories = sim.api.record(3)
        ...
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sim.clock.durations import days, hours, minutes, seconds

if TYPE_CHECKING:
    from sim.scenario import needs, poison, weather

__all__ = ["days", "hours", "minutes", "needs", "poison", "seconds", "weather"]

_BEHIND = {"needs": "sim.scenario.needs", "poison": "sim.scenario.poison", "weather": "sim.scenario.weather"}
"""Imported when asked for: the image of the OpenAI simulator has no pytest."""


def __getattr__(name: str) -> Any:
    if name not in _BEHIND:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    return import_module(_BEHIND[name])
