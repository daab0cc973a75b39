"""The plan of a day of weather: seeded, within the day, and never two faults of one family at the same time."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sim.scenario.weather import FAULTS_BY_FAMILY, forecast

DAY = timedelta(hours=24)
seeds = st.integers(0, 2**32)


@given(seeds)
def test_the_same_seed_gives_the_same_day(seed: int) -> None:
    assert [str(each) for each in forecast(seed, DAY)] == [str(each) for each in forecast(seed, DAY)]


@given(seeds)
def test_every_fault_begins_and_ends_within_the_day(seed: int) -> None:
    assert all(timedelta() <= each.begins < each.ends <= DAY for each in forecast(seed, DAY))


@given(seeds)
def test_faults_of_one_family_do_not_overlap(seed: int) -> None:
    planned = forecast(seed, DAY)
    for family in {each.fault.family for each in planned}:
        own = [each for each in planned if each.fault.family == family]
        assert all(earlier.ends <= later.begins for earlier, later in pairwise(own))


def test_every_family_occurs_on_some_day() -> None:
    seen = {each.fault.family for seed in range(50) for each in forecast(seed, DAY)}
    assert seen == set(FAULTS_BY_FAMILY)
