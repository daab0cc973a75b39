"""What a scenario may use: `sim` (its one argument), faults, checks, recordings and durations. All else is plumbing.

from sim import checks, faults, minutes

def test_a_short_outage_is_survived(sim):
    with sim.fault(faults.openai.down()):
        memories = sim.api.record(3)
        ...
"""

from sim.durations import days, hours, minutes, seconds

__all__ = ["days", "hours", "minutes", "seconds"]
