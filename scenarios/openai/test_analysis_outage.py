"""OpenAI's chat goes down for two hours while transcription keeps working.

Claim: everybody gets their transcript at once, nobody waits for the analysis, and every analysis arrives by itself
once OpenAI is back.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_an_analysis_outage_degrades_to_transcripts(sim: Simulation) -> None:
    # Given OpenAI can hear, but not think.
    with sim.fault(faults.openai.down(endpoint="chat")):
        # When people keep recording.
        memories = sim.api.record(5)

        # Then each has a transcript to read, marked as waiting for its analysis.
        sim.run_until(memories.all_waiting_for_analysis, within=minutes(5))
        assert memories.all_have_correct_transcripts()
        assert sim.queue.dead_letter_count() == 0

        # And is asked about again ever more rarely: after 15, 30 and 60 minutes.
        sim.run_for(hours(2))
        assert {memory["attempts"] for memory in memories.fetch()} == {4}

    # And when OpenAI is back, the analyses follow without anybody's help.
    sim.run_until(memories.all_complete, within=hours(2))
