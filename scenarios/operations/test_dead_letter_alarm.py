"""Jobs are given up on, and the operator is not looking.

Claim: the alarm on dead letters rings within minutes, goes on while there are any, and stills after the redrive.
"""

from sim import Simulation, faults, hours, minutes, needs


@needs.virtual_time
def test_the_alarm_rings_and_stills(sim: Simulation) -> None:
    # Given a healthy recording, about which nobody is told.
    healthy = sim.api.record(1)
    sim.run_until(healthy.all_complete, within=minutes(5))
    sim.run_for(minutes(5))
    assert sim.operator.alarm_is_off()

    # When a job is given up on, then the alarm rings, and goes on ringing.
    with sim.fault(faults.openai.wrong_key()):
        memo = sim.api.record(1)
        sim.run_until(sim.operator.alarm_is_on, within=minutes(5))
        sim.run_for(minutes(10))
        assert sim.operator.alarm_is_on()

    # And with its cause mended and the job redriven, it stills by itself.
    sim.operator.redrive()
    sim.run_until(memo.all_complete, within=hours(1))
    sim.run_until(sim.operator.alarm_is_off, within=minutes(5))
