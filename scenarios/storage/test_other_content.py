"""S3 answers the worker with other bytes than were accepted.

Claim: While S3 answers the worker with other bytes than were accepted, OpenAI is never called; the memory fails with
the reason audio_altered after the last receive, its dead letter raises the alarm, and a redrive completes it once S3
answers right again.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_other_content_is_never_transcribed(sim: Simulation) -> None:
    # Given S3 answers the worker with other bytes, for an upload through the API and one directly to S3.
    with sim.fault(faults.storage.other_content()):
        through_the_api, directly = sim.api.record(1), sim.api.record_by_direct_upload(1)

        # Then both memories fail with the reason after the last receive, and OpenAI was never called.
        for memories in (through_the_api, directly):
            sim.run_until(memories.all_failed, within=hours(4))
            assert memories.failure_reasons == {"audio_altered": 1}
            assert memories.one["attempts"] == sim.limits.max_receive_count
        assert sim.openai.all_calls() == []

        # And an operator is alarmed.
        sim.run_until(sim.operator.alarm_is_on, within=minutes(5))

    # When S3 answers right again and the operator redrives, then the memories complete with their own transcripts.
    sim.operator.redrive()
    for memories in (through_the_api, directly):
        sim.run_until(memories.all_complete, within=minutes(5))
        assert memories.all_have_correct_transcripts()
