"""Workers that were held back may run again, whatever goes wrong while that is counted."""

import pytest

from sim.engines.base.throttling import JobsWaiting, Throttling


def test_it_is_met_by_the_most_jobs_that_waited() -> None:
    reserved: list[int | None] = []
    depth = iter([2, 5, 3])
    throttling = Throttling(reserved.append, JobsWaiting(lambda: next(depth)))

    assert [throttling.times_triggered, throttling.times_triggered] == [2, 5]
    throttling.stop()
    throttling.stop()
    assert (throttling.times_triggered, reserved) == (5, [0, None])


def test_what_can_not_be_counted_is_lifted_all_the_same() -> None:
    reserved: list[int | None] = []

    def depth() -> int:
        raise TimeoutError("SQS does not answer")

    throttling = Throttling(reserved.append, JobsWaiting(depth))
    with pytest.raises(TimeoutError):
        throttling.stop()
    assert reserved == [0, None]


def test_what_could_not_be_lifted_is_tried_again() -> None:
    answers = iter([None, ConnectionError(), None])
    tried: list[int | None] = []

    def reserve(number: int | None) -> None:
        tried.append(number)
        if (answer := next(answers)) is not None:
            raise answer

    throttling = Throttling(reserve, JobsWaiting(lambda: 1))
    with pytest.raises(ConnectionError):
        throttling.stop()
    throttling.stop()
    assert tried == [0, None, None]
