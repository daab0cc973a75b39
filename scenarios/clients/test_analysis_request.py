"""A client requests an analysis that was given up."""

from sim import Simulation, faults, minutes, needs

pytestmark = needs.virtual_time


def test_analysis_request_after_a_refusal(sim: Simulation) -> None:
    """A client requests an analysis after the model refused it.

    Claim: After the model refused an analysis and then stopped refusing, the analysis that the client requests
    arrives, and the transcript is not paid for again.
    """
    # Given a recording that the model refuses to analyse.
    with sim.fault(faults.openai.bad_analysis("refusal")):
        memories = sim.api.record(1)
        sim.run_until(memories.all_transcript_only, within=minutes(1))
        sim.run_until(sim.queue.is_empty, within=minutes(5))
        assert memories.analysis_states == {"gave_up": 1}

        # When the client requests the analysis too early, then it is given up again and the transcript stays.
        assert sim.api.request_analysis(memories.ids[0]).status_code == 202
        sim.run_until(lambda: memories.analysis_states == {"gave_up": 1}, within=minutes(5))

    # When the model no longer refuses, then the requested analysis arrives.
    assert sim.api.request_analysis(memories.ids[0]).status_code == 202
    sim.run_until(memories.all_complete, within=minutes(5))
    assert memories.all_have_correct_transcripts()
    assert memories.one["openai_calls"] == 4
    assert sim.api.request_analysis(memories.ids[0]).status_code == 409


def test_analysis_request_while_sqs_is_down(sim: Simulation) -> None:
    """A client requests an analysis while the API cannot reach SQS.

    Claim: While the API cannot reach SQS, it accepts the request for an analysis that was given up, and the relay
    sends the job afterwards.
    """
    # Given an analysis that was given up.
    with sim.fault(faults.openai.bad_analysis("content_filter")):
        memories = sim.api.record(1)
        sim.run_until(memories.all_transcript_only, within=minutes(1))
        sim.run_until(sim.queue.is_empty, within=minutes(5))
    with sim.fault(faults.queue.down()):
        # When the client requests it while the API cannot reach SQS, then the API accepts the request.
        assert sim.api.request_analysis(memories.ids[0]).status_code == 202

    # And the relay sends the job.
    sim.run_until(memories.all_complete, within=minutes(5))
