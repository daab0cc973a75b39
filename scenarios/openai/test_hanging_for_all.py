"""OpenAI takes every call and answers none, for a quarter of an hour.

Claim: a worker stops before its deadline, writes down what it asked for and gives the job back, instead of being
stopped by Lambda in the middle of something.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_a_worker_stops_before_its_deadline(sim: Simulation) -> None:
    # Given an OpenAI that lets everybody wait.
    with sim.fault(faults.openai.hanging(endpoint="transcription")):
        memo = sim.api.record(1)
        sim.run_for(minutes(15))

    # Then the worker knew when to stop: its calls are on record.
    assert memo.statuses == {"processing": 1}
    assert memo.one["openai_calls"] == len(sim.openai.calls(memo, "transcription"))

    # And the next receive finds an OpenAI that answers.
    sim.run_until(memo.all_complete, within=hours(1))
    assert memo.one["attempts"] == 2
