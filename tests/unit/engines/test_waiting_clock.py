"""The clock of worlds in real time."""

from datetime import timedelta

import pytest

from sim.clock.clocks import VirtualClock, WaitingClock


def test_what_was_registered_before_jumps_is_called_at_each_evaluation_until_it_is_removed() -> None:
    clock, looks = WaitingClock(poll_seconds=0.001), []
    remove = clock.before_jump(lambda: not looks.append("act"))

    assert clock.wait_until(lambda: len(looks) == 3, timedelta(seconds=5))
    remove()
    assert not clock.wait_until(lambda: len(looks) > 3, timedelta(seconds=0.01))


def test_its_longest_wait_is_below_an_hour() -> None:
    assert WaitingClock.patience < timedelta(hours=1) < VirtualClock.patience


def test_errors_of_a_service_that_is_down_are_retried_and_others_are_raised() -> None:
    clock, answers = WaitingClock(poll_seconds=0.001, down=(ConnectionError,)), iter(["down", "down", "up"])

    def is_up() -> bool:
        if next(answers) == "down":
            raise ConnectionRefusedError
        return True

    assert clock.wait_until(is_up, timedelta(seconds=5))
    with pytest.raises(StopIteration):
        clock.wait_until(is_up, timedelta(seconds=5))
