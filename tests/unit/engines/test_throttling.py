"""A throttling is always lifted, whatever fails while it is counted."""

import pytest

from sim.engines.base.throttling import JobsWaiting, Throttling


def test_it_was_triggered_as_often_as_jobs_waited_at_most() -> None:
    reserved: list[int | None] = []
    depth = iter([2, 5, 3])
    throttling = Throttling(reserved.append, JobsWaiting(lambda: next(depth)))

    assert [throttling.times_triggered, throttling.times_triggered] == [2, 5]
    throttling.stop()
    throttling.stop()
    assert (throttling.times_triggered, reserved) == (5, [0, None])


def test_it_is_lifted_also_when_counting_fails() -> None:
    reserved: list[int | None] = []

    def depth() -> int:
        raise TimeoutError("SQS does not answer")

    throttling = Throttling(reserved.append, JobsWaiting(depth))
    with pytest.raises(TimeoutError):
        throttling.stop()
    assert reserved == [0, None]


def test_lifting_is_tried_again_after_a_failure() -> None:
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
