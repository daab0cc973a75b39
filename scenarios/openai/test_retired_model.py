"""The model for analyses was retired.

Claim: While the model for analyses is retired, every recording still gets its transcript and no dead letter; the
analysis follows without help once a model exists.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_retired_model_costs_only_the_analysis(sim: Simulation) -> None:
    # Given the model for analyses is retired, and the one for transcriptions is not.
    with sim.fault(faults.openai.retired_model(endpoint="chat")):
        memories = sim.api.record(1)
        sim.run_until(memories.all_waiting_for_analysis, within=minutes(1))

    # Then the transcript is readable, the reason is named, and there is no dead letter.
    assert memories.failure_reasons == {"configuration": 1}
    assert sim.queue.dead_letter_count() == 0

    # When a model exists again, then the analysis follows without help.
    sim.run_until(memories.all_complete, within=hours(1))
