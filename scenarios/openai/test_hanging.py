"""OpenAI takes the call and never answers, or answers a byte at a time.

Claim: no call lasts longer than we allow it to, whatever OpenAI does, and the next try goes through.
"""

from sim import Simulation, faults, hours, minutes, needs


@needs.production_limits
def test_a_hanging_call_is_given_up_and_tried_again(sim: Simulation) -> None:
    # Given the first transcription hangs for ever.
    with sim.fault(faults.openai.hanging(endpoint="transcription").first(1)):
        memo = sim.api.record(1)
        sim.run_until(memo.all_complete, within=minutes(10))

    # Then it was given up in time for a second try within the same invocation.
    assert memo.one["attempts"] == 1
    assert memo.one["openai_calls"] == 3


@needs.virtual_time
def test_a_dripping_answer_does_not_hold_the_worker(sim: Simulation) -> None:
    # Given the analysis drips in, a byte every fifty seconds: never too slow for a limit per read.
    with sim.fault(faults.openai.dripping(pause=50, endpoint="chat")):
        memo = sim.api.record(1)
        sim.run_until(memo.all_waiting_for_analysis, within=minutes(10))

    # Then the transcript is there, and the analysis follows when answers come whole again.
    assert memo.all_have_correct_transcripts()
    sim.run_until(memo.all_complete, within=hours(1))
