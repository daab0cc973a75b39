"""The model that analyses was retired overnight.

Claim: a retired model costs the analysis and never the transcript, and the analysis follows with the next model.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_a_retired_model_costs_only_the_analysis(sim: Simulation) -> None:
    # Given the model that thinks is gone, and the one that hears is not.
    with sim.fault(faults.openai.retired_model(endpoint="chat")):
        memo = sim.api.record(1)
        sim.run_until(memo.all_waiting_for_analysis, within=minutes(1))

    # Then the transcript can be read, the reason is named, and nothing is dead-lettered.
    assert memo.failure_reasons == {"configuration": 1}
    assert sim.queue.dead_letter_count() == 0

    # And with a model that exists the analysis comes by itself.
    sim.run_until(memo.all_complete, within=hours(1))
