"""The operator redrives one recording first, and then those of a certain time.

Claim: A redrive of one recording, or of those that died at a certain time, takes these alone; a preview before says
which, and changes nothing.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_redrive_of_one_leaves_the_others(sim: Simulation) -> None:
    # Given two outages by a wrong key, hours apart, and the dead letters of both.
    with sim.fault(faults.openai.wrong_key()):
        first = sim.api.record(3)
        sim.run_until(lambda: sim.queue.dead_letter_count() == 3, within=minutes(5))
        sim.run_for(hours(3))
        second = sim.api.record(2)
        sim.run_until(lambda: sim.queue.dead_letter_count() == 5, within=minutes(5))

    # When the operator looks at what a redrive would do, and then redrives one recording to see whether it completes.
    preview = sim.operator.rawk("dlq", "redrive", "--dry-run")
    sim.operator.redrive_memory(first.ids[0])

    # Then it completes, and the other dead letters are where they were.
    assert "5 of 5 dead letters would be redriven" in preview
    sim.run_until(lambda: first.statuses == {"complete": 1, "failed": 2}, within=minutes(5))
    assert second.all_failed()
    assert sim.queue.dead_letter_count() == 4

    # And when the operator redrives what died lately, the older ones stay, until they are redriven, too.
    sim.operator.rawk("dlq", "redrive", "--only", "configuration", "--dead-since", "2h")
    sim.run_until(second.all_complete, within=minutes(5))
    assert sim.queue.dead_letter_count() == 2
    sim.operator.rawk("dlq", "redrive", "--dead-before", "2h")
    sim.run_until(first.all_complete, within=minutes(5))
