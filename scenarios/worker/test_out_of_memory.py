"""The worker runs out of memory during the transcription.

Claim: When a worker is killed for lack of memory during the transcription, its job is delivered again after the
visibility timeout, and another worker completes it.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_out_of_memory(sim: Simulation) -> None:
    # Given the first worker is killed by the kernel while OpenAI transcribes.
    with sim.fault(faults.worker.out_of_memory()) as kill:
        memories = sim.api.record(1)
        sim.run_until(kill.was_triggered, within=minutes(5))
        assert memories.statuses == {"processing": 1}

    # Then another worker completes the memory.
    sim.run_until(memories.all_complete, within=hours(2))
    assert memories.one["attempts"] == 2
