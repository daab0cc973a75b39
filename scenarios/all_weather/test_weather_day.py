"""A day on which faults of every family occur.

Claim: After a day of random faults of every family, with three hundred recordings of three tenants, and one redrive,
every recording is complete: nothing is lost and no transcription is paid twice.
"""

from sim import Simulation, hours, needs, weather

pytestmark = needs.virtual_time


def test_weather_day(sim: Simulation, weather_day: int) -> None:
    # Given a day of random faults, and clients who upload three hundred recordings during it.
    day = weather.Day(sim, weather_day, lasts=hours(24))
    day.run(300)

    # When the faults are over and the operator redrives what failed.
    sim.run_until(sim.everything_is_done, within=hours(30))
    sim.operator.redrive()

    # Then every recording is complete.
    sim.run_until(sim.everything_is_complete, within=hours(30))
    assert len(sim.api.accepted) == 300
