"""A worker runs out of memory in the middle of its transcription.

Claim: the job comes back when its visibility ends, another worker does it, and only one transcription is paid for.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_out_of_memory_is_worked_off_by_another(sim: Simulation) -> None:
    # Given the first worker is killed by the kernel while OpenAI listens.
    with sim.fault(faults.worker.out_of_memory()) as killed:
        memo = sim.api.record(1)
        sim.run_until(killed.was_triggered, within=minutes(5))
        assert memo.statuses == {"processing": 1}

    # Then another one takes over.
    sim.run_until(memo.all_complete, within=hours(2))
    assert memo.one["attempts"] == 2
