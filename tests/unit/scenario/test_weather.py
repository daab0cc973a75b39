"""The forecast: seeded, within the day, and never two faults of one family at a time."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sim.scenario.weather import KINDS, forecast

DAY = timedelta(hours=24)
seeds = st.integers(0, 2**32)


@given(seeds)
def test_the_same_seed_is_the_same_day(seed):
    assert [str(gust) for gust in forecast(seed, DAY)] == [str(gust) for gust in forecast(seed, DAY)]


@given(seeds)
def test_every_gust_lies_within_the_day_and_lasts(seed):
    assert all(timedelta() <= gust.begins < gust.ends <= DAY for gust in forecast(seed, DAY))


@given(seeds)
def test_faults_of_one_family_follow_each_other(seed):
    gusts = forecast(seed, DAY)
    for family in {gust.fault.family for gust in gusts}:
        own = [gust for gust in gusts if gust.fault.family == family]
        assert all(earlier.ends <= later.begins for earlier, later in pairwise(own))


def test_every_family_blows_on_some_day():
    blown = {gust.fault.family for seed in range(50) for gust in forecast(seed, DAY)}
    assert blown == set(KINDS)
