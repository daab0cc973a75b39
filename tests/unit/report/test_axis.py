"""The time axis leaves out idle time, and nothing else."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sim.report.timeline.axis import MOST_CUTS, stretches


def test_no_moments_no_axis() -> None:
    assert stretches([]) == []


def test_one_moment_has_the_whole_axis() -> None:
    (only,) = stretches([7.0])
    assert (only.start, only.end, only.share) == (7.0, 7.0, 1.0)


def test_half_an_hour_of_nothing_is_cut_out() -> None:
    axis = stretches([0, 1, 2, 1802, 1803, 5403])
    assert [(each.start, each.end) for each in axis] == [(0, 2), (1802, 1803), (5403, 5403)]


def test_a_steady_day_is_not_cut() -> None:
    assert len(stretches(float(minute * 60) for minute in range(1440))) == 1


def test_a_short_busy_stretch_can_be_read_beside_a_long_one() -> None:
    short, long = stretches([*(0.001 * n for n in range(100)), 5000, *(5000.0 + n * 10 for n in range(60))])
    assert short.share > 0.2
    assert long.share > 0.2


@given(st.lists(st.floats(0, 1e7), min_size=1, max_size=60))
def test_every_moment_is_on_the_axis_and_all_of_it_is_used(moments: list[float]) -> None:
    axis = stretches(moments)
    assert len(axis) <= MOST_CUTS + 1
    assert abs(sum(each.share for each in axis) - 1) < 1e-9
    assert all(any(each.start <= moment <= each.end for each in axis) for moment in moments)
    assert all(before.end < after.start for before, after in pairwise(axis))


def test_a_pause_is_measured_by_what_is_left_of_the_axis_not_by_a_longer_pause() -> None:
    axis = stretches([0, 5, 1805, 1810, 101_810, 101_815])
    assert [(each.start, each.end) for each in axis] == [(0, 5), (1805, 1810), (101_810, 101_815)]
