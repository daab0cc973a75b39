"""The time axis leaves out idle time, and nothing else."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sim.report.timeline.axis import MAX_CUTS, stretches


def test_without_times_there_is_no_axis() -> None:
    assert stretches([]) == []


def test_a_single_time_gets_the_whole_axis() -> None:
    (only,) = stretches([7.0])
    assert (only.start, only.end, only.share) == (7.0, 7.0, 1.0)


def test_idle_half_hours_are_cut_out() -> None:
    axis = stretches([0, 1, 2, 1802, 1803, 5403])
    assert [(each.start, each.end) for each in axis] == [(0, 2), (1802, 1803), (5403, 5403)]


def test_a_day_with_an_event_each_minute_is_not_cut() -> None:
    assert len(stretches(float(minute * 60) for minute in range(1440))) == 1


def test_a_short_stretch_with_many_events_gets_enough_of_the_axis() -> None:
    short, long = stretches([*(0.001 * n for n in range(100)), 5000, *(5000.0 + n * 10 for n in range(60))])
    assert short.share > 0.2
    assert long.share > 0.2


@given(st.lists(st.floats(0, 1e7), min_size=1, max_size=60))
def test_every_time_is_on_the_axis_and_the_shares_add_up_to_1(moments: list[float]) -> None:
    axis = stretches(moments)
    assert len(axis) <= MAX_CUTS + 1
    assert abs(sum(each.share for each in axis) - 1) < 1e-9
    assert all(any(each.start <= moment <= each.end for each in axis) for moment in moments)
    assert all(before.end < after.start for before, after in pairwise(axis))


def test_a_gap_is_compared_with_the_axis_that_remains_after_longer_gaps_are_cut() -> None:
    axis = stretches([0, 5, 1805, 1810, 101_810, 101_815])
    assert [(each.start, each.end) for each in axis] == [(0, 5), (1805, 1810), (101_810, 101_815)]
