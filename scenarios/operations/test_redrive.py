"""The operator empties the dead-letter queue, at good moments and at bad ones.

Claim: a redrive never duplicates results or bills, whenever and however often it is done.
"""

from sim import faults, hours, minutes


def test_redrive_during_the_outage_loses_nothing(sim):
    # Given an operator who redrives while OpenAI is still down.
    with sim.fault(faults.openai.down()):
        memories = sim.api.record(3)
        sim.run_until(memories.all_failed, within=hours(3))
        sim.run_until(sim.queue.is_empty, within=minutes(5))
        sim.operator.redrive()
        sim.run_until(lambda: sim.queue.dead_letters() == 3, within=hours(3))

    # When OpenAI is back and the operator tries once more, then all complete.
    sim.operator.redrive()
    sim.run_until(memories.all_complete, within=hours(1))
    assert sim.queue.dead_letters() == 0


def test_redriving_twice_changes_nothing(sim):
    # Given failed memories that two operators redrive at the same time.
    with sim.fault(faults.openai.wrong_key()):
        memories = sim.api.record(3)
        sim.run_until(memories.all_failed, within=minutes(5))
        sim.run_until(lambda: sim.queue.dead_letters() == 3, within=minutes(5))
    sim.operator.redrive("configuration")
    sim.operator.redrive()

    # Then each completes once.
    sim.run_until(memories.all_complete, within=hours(1))
    assert {memory["attempts"] for memory in memories.now()} == {2}


def test_selective_redrive_leaves_the_rest_alone(sim):
    # Given dead letters of two kinds: poison, and jobs that a wrong key failed.
    with sim.fault(faults.openai.wrong_key()):
        memories = sim.api.record(2)
        sim.queue.poison("not JSON", "missing fields")
        sim.run_until(lambda: sim.queue.dead_letters() == 4, within=minutes(5))

    # When the operator redrives only what the key failed.
    sim.operator.redrive("configuration")

    # Then these complete, and the poison stays where it is.
    sim.run_until(memories.all_complete, within=hours(1))
    assert {letter["why"] for letter in sim.operator.dead_letters()} == {"poison"}
