"""Somebody deletes a recording while it is being worked on.

Claim: a deleted memory is gone, audio and all, and the job that is still in flight neither revives it nor fails.
"""

from sim import Simulation, faults, hours, minutes


def test_deleted_while_openai_listens(sim: Simulation) -> None:
    # Given a recording that OpenAI takes a minute to hear.
    with sim.fault(faults.openai.slow(minutes(1), endpoint="transcription")):
        memo = sim.api.record(1)
        sim.run_until(lambda: memo.statuses == {"processing": 1}, within=minutes(1))

        # When its owner deletes it meanwhile.
        assert sim.api.delete(memo.ids[0]).status_code == 204

    # Then it stays deleted, and its message is dealt with.
    sim.run_until(sim.queue.is_empty, within=hours(1))
    assert sim.api.get_memory(memo.ids[0]).status_code == 404
    assert sim.stored_audio() == set()
    assert sim.queue.dead_letter_count() == 0
