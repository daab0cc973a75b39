"""A day on which everything goes wrong now and then, at times all at once.

Claim: after a day of weather, with three hundred recordings of three tenants made through it, everything drains: every
recording is a memory, nothing is lost, and nothing is paid twice.
"""

from sim import Simulation, hours, needs, weather

pytestmark = needs.virtual_time


def test_a_day_of_weather(sim: Simulation, weather_day: int) -> None:
    # Given a day of faults of every family, and people who record through it.
    day = weather.Day(sim, weather_day, lasts=hours(24))
    day.run(300)

    # When the weather has cleared, and the operator has redriven what it left.
    sim.run_until(sim.everything_is_done, within=hours(30))
    sim.operator.redrive()

    # Then all of them are whole.
    sim.run_until(sim.everything_is_complete, within=hours(30))
    assert len(sim.api.accepted) == 300
