"""The alarm on dead letters.

Claim: When a job becomes a dead letter, the alarm is raised within minutes, stays raised while the dead letter is
there, and is cleared after the redrive; a healthy recording raises no alarm.
"""

from sim import Simulation, faults, hours, minutes, needs


@needs.virtual_time
def test_dead_letter_alarm(sim: Simulation) -> None:
    # Given a healthy recording, which raises no alarm.
    healthy = sim.api.record(1)
    sim.run_until(healthy.all_complete, within=minutes(5))
    sim.run_for(minutes(5))
    assert sim.operator.alarm_is_off()

    # When a job becomes a dead letter, then the alarm is raised and stays raised.
    with sim.fault(faults.openai.wrong_key()):
        memories = sim.api.record(1)
        sim.run_until(sim.operator.alarm_is_on, within=minutes(5))
        sim.run_for(minutes(10))
        assert sim.operator.alarm_is_on()

    # When the cause is fixed and the job redriven, then the alarm is cleared.
    sim.operator.redrive()
    sim.run_until(memories.all_complete, within=hours(1))
    sim.run_until(sim.operator.alarm_is_off, within=minutes(5))
