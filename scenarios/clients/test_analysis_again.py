"""A model that would not analyse a recording was changed, and the recording's owner asks for the analysis again.

Claim: an analysis that was given up is tried again when its owner asks, and the transcript is not paid for again.
"""

from sim import Simulation, faults, minutes, needs

pytestmark = needs.virtual_time


def test_a_given_up_analysis_comes_when_its_owner_asks(sim: Simulation) -> None:
    # Given a recording that the model refuses to analyse.
    with sim.fault(faults.openai.bad_analysis("refusal")):
        memo = sim.api.record(1)
        sim.run_until(memo.all_transcript_only, within=minutes(1))
        sim.run_until(sim.queue.is_empty, within=minutes(5))
        assert memo.analysis_states == {"gave_up": 1}

        # When its owner asks too early, then it is given up once more, and the transcript stays.
        assert sim.api.request_analysis(memo.ids[0]).status_code == 202
        sim.run_until(lambda: memo.analysis_states == {"gave_up": 1}, within=minutes(5))

    # When the model has come to its senses, then asking helps.
    assert sim.api.request_analysis(memo.ids[0]).status_code == 202
    sim.run_until(memo.all_complete, within=minutes(5))
    assert memo.all_have_correct_transcripts()
    assert memo.one["openai_calls"] == 4
    assert sim.api.request_analysis(memo.ids[0]).status_code == 409


def test_asking_while_sqs_is_down_is_not_lost(sim: Simulation) -> None:
    # Given an analysis that was given up, and an API that can not reach SQS.
    with sim.fault(faults.openai.bad_analysis("content_filter")):
        memo = sim.api.record(1)
        sim.run_until(memo.all_transcript_only, within=minutes(1))
        sim.run_until(sim.queue.is_empty, within=minutes(5))
    with sim.fault(faults.queue.down()):
        # When its owner asks again, then the answer is yes all the same.
        assert sim.api.request_analysis(memo.ids[0]).status_code == 202

    # And the relay sends its job.
    sim.run_until(memo.all_complete, within=minutes(5))
