"""The clock of worlds whose time is the machine's."""

from datetime import timedelta

import pytest

from sim.clock.clocks import VirtualClock, WaitingClock


def test_who_wants_to_act_before_a_jump_is_asked_at_each_look_until_he_takes_it_back() -> None:
    clock, looks = WaitingClock(poll_seconds=0.001), []
    take_back = clock.before_jump(lambda: not looks.append("act"))

    assert clock.wait_until(lambda: len(looks) == 3, timedelta(seconds=5))
    take_back()
    assert not clock.wait_until(lambda: len(looks) > 3, timedelta(seconds=0.01))


def test_nobody_waits_for_hours_on_it() -> None:
    assert WaitingClock.patience < timedelta(hours=1) < VirtualClock.patience


def test_what_is_down_says_neither_yes_nor_no_and_any_other_error_is_one() -> None:
    clock, answers = WaitingClock(poll_seconds=0.001, down=(ConnectionError,)), iter(["down", "down", "up"])

    def is_up() -> bool:
        if next(answers) == "down":
            raise ConnectionRefusedError
        return True

    assert clock.wait_until(is_up, timedelta(seconds=5))
    with pytest.raises(StopIteration):
        clock.wait_until(is_up, timedelta(seconds=5))
