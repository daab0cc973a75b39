"""A client deletes a memory while it is processed.

Claim: When a client deletes a memory while a worker processes it, memory and audio are gone, and its job neither
restores the memory nor ends in the dead-letter queue.
"""

from sim import Simulation, faults, hours, minutes


def test_delete_while_processing(sim: Simulation) -> None:
    # Given a recording whose transcription takes OpenAI a minute.
    with sim.fault(faults.openai.slow(minutes(1), endpoint="transcription")):
        memories = sim.api.record(1)
        sim.run_until(lambda: memories.statuses == {"processing": 1}, within=minutes(1))

        # When the client deletes the memory meanwhile.
        assert sim.api.delete(memories.ids[0]).status_code == 204

    # Then it stays deleted, and its job leaves the queue.
    sim.run_until(sim.queue.is_empty, within=hours(1))
    assert sim.api.get_memory(memories.ids[0]).status_code == 404
    assert sim.stored_audio() == set()
    assert sim.queue.dead_letter_count() == 0
