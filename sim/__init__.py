"""The public API of the simulation harness: everything that a scenario imports.

    from sim import Simulation, faults, minutes


    def test_a_short_outage(sim: Simulation) -> None:
        with sim.fault(faults.openai.down().first(2)):
            memories = sim.api.record(3)
        sim.run_until(memories.all_complete, within=minutes(5))

Everything but the durations is imported on first use: the OpenAI simulator's image imports `sim` and has no pytest.
docs/reference/scenario-api.md and docs/reference/faults.md describe all of it.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if sys.version_info < (3, 13):  # noqa: UP036 - the check is for those
    from sim.platform.requirements import require_python

    require_python()

from sim.clock.durations import days, hours, minutes, seconds

if TYPE_CHECKING:
    from sim import faults, invariants, recordings
    from sim.faults import Fault
    from sim.scenario import incidents, needs, poison, weather
    from sim.scenario.memories import Memories
    from sim.scenario.simulation import Simulation

__all__ = [
    "Simulation",
    "Memories",
    "Fault",
    "faults",
    "incidents",
    "invariants",
    "recordings",
    "poison",
    "weather",
    "needs",
    "seconds",
    "minutes",
    "hours",
    "days",
]

_MODULE_OF = {
    "Fault": "sim.faults",
    "Memories": "sim.scenario.memories",
    "Simulation": "sim.scenario.simulation",
    "faults": "sim",
    "incidents": "sim.scenario",
    "invariants": "sim",
    "needs": "sim.scenario",
    "poison": "sim.scenario",
    "recordings": "sim",
    "weather": "sim.scenario",
}
"""Where each lazily imported name comes from: the module that defines it, or the package of the module it names."""


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    home = _MODULE_OF[name]
    if name[0].isupper():
        return getattr(import_module(home), name)
    return import_module(f"{home}.{name}")
