"""OpenAI's chat endpoint is down for two hours.

Claim: While OpenAI's chat endpoint is down, every recording still gets its transcript; the analyses follow without
help once it is back.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_analysis_outage_leaves_transcripts(sim: Simulation) -> None:
    # Given OpenAI's chat endpoint is down.
    with sim.fault(faults.openai.down(endpoint="chat")):
        # When clients record.
        memories = sim.api.record(5)

        # Then each recording has a transcript and waits for its analysis.
        sim.run_until(memories.all_waiting_for_analysis, within=minutes(5))
        assert memories.all_have_correct_transcripts()
        assert sim.queue.dead_letter_count() == 0

        # And the analysis is retried at growing intervals: after 15, 30 and 60 minutes.
        sim.run_for(hours(2))
        assert {memory["attempts"] for memory in memories.fetch()} == {4}

    # When OpenAI is back, then the analyses follow without help.
    sim.run_until(memories.all_complete, within=hours(2))
