"""OpenAI does not respond to any call for a quarter of an hour.

Claim: While OpenAI responds to no transcription, a worker stops before Lambda's timeout, records its calls and
returns the job; the next attempt completes it.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_worker_stops_before_its_timeout(sim: Simulation) -> None:
    # Given OpenAI responds to no transcription.
    with sim.fault(faults.openai.hanging(endpoint="transcription")):
        memories = sim.api.record(1)
        sim.run_for(minutes(15))

    # Then the worker stopped in time: its calls are recorded.
    assert memories.statuses == {"processing": 1}
    assert memories.one["openai_calls"] == len(sim.openai.calls(memories, "transcription"))

    # And the next attempt, with OpenAI back, completes the memory.
    sim.run_until(memories.all_complete, within=hours(1))
    assert memories.one["attempts"] == 2
