"""All workers are killed at one moment.

Claim: When every worker is killed while OpenAI transcribes, no recording is lost: their messages are delivered again,
and other workers complete the memories.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_all_workers_killed_at_once(sim: Simulation) -> None:
    # Given OpenAI is slow, so that several workers wait for it.
    with sim.fault(faults.openai.slow(minutes(1), endpoint="transcription")) as slow:
        memories = sim.api.record(3)
        sim.run_until(slow.was_triggered, within=minutes(1))

        # When all of them are killed at once.
        with sim.fault(faults.worker.killed()):
            pass

    # Then other workers complete the memories.
    sim.run_until(memories.all_complete, within=hours(1))
    assert memories.all_have_correct_transcripts()
