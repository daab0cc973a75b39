"""How a virtual clock lets time pass: to each due moment, once nothing goes on, with no more questions than it must."""

import time
from datetime import timedelta
from types import SimpleNamespace

import pytest

from sim.clock import clocks as module
from sim.clock.clocks import Activity, VirtualClock, WorldStuck, never


class World:
    """Things are due at moments, and each then keeps the world busy for two looks."""

    def __init__(self, *due: float) -> None:
        self.now = 0.0
        self.due = sorted(due)
        self.busy_looks = 0
        self.begun = 0
        self.looks = 0
        self.met: list[float] = []

    def activity(self, patience_seconds: float = 0.0) -> Activity:  # noqa: ARG002
        self.looks += 1
        busy = ("work",) if self.busy_looks else ()
        self.busy_looks = max(self.busy_looks - 1, 0)
        return Activity(self.now, busy, min(self.due, default=None), (self.begun,))

    def jump(self, seconds: float) -> None:
        self.now += seconds
        for moment in [each for each in self.due if each <= self.now]:
            self.due.remove(moment)
            self.met.append(moment)
            self.begin()

    def begin(self) -> None:
        self.begun += 1
        self.busy_looks = 2


def test_it_stops_at_every_moment_that_something_is_due() -> None:
    world = World(60, 120, 7200)

    assert not VirtualClock(world).wait_until(never, timedelta(hours=1))

    assert world.met == [60, 120]
    assert world.now == pytest.approx(3600, abs=0.1)


def test_a_condition_is_looked_at_before_and_after_every_moment() -> None:
    world = World(60, 120, 180)
    seen: list[int] = []

    def two_are_met() -> bool:
        seen.append(len(world.met))
        return len(world.met) == 2

    assert VirtualClock(world).wait_until(two_are_met, timedelta(hours=1))
    assert seen == [0, 1, 2]
    assert world.now < 180


def test_what_a_condition_sets_in_motion_is_over_before_time_goes_on() -> None:
    world = World(60)

    def asks_for_work_once() -> bool:
        if not world.begun:
            world.begin()
        assert not (world.met and world.busy_looks)
        return bool(world.met)

    assert VirtualClock(world).wait_until(asks_for_work_once, timedelta(minutes=2))


def test_who_only_lets_time_pass_asks_less() -> None:
    def looks(condition: object) -> int:
        world = World(*range(60, 3600, 60))
        VirtualClock(world).wait_until(condition, timedelta(hours=1))  # type: ignore[arg-type]
        return world.looks

    assert looks(never) <= looks(lambda: False) - 59


def test_a_world_that_never_rests_is_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STUCK_AFTER_REAL_SECONDS", 0.05)
    world = World()
    world.busy_looks = 10**9

    with pytest.raises(WorldStuck, match="work"):
        VirtualClock(world).wait_until(never, timedelta(hours=1))


def test_the_virtual_time_of_a_moment_in_the_past(monkeypatch: pytest.MonkeyPatch) -> None:
    """The record of the database has the machine's time."""
    machine = iter([1000.0, 2000.0])
    monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: next(machine), monotonic=time.monotonic))
    clock = VirtualClock(World(60))

    clock.wait_until(never, timedelta(seconds=100))

    assert clock.virtual_at(999) == 999
    assert clock.virtual_at(1500) == pytest.approx(1560, abs=0.01)
    assert clock.virtual_at(2000) == pytest.approx(2100, abs=0.01)


def test_it_advances_no_further_than_it_is_asked_to() -> None:
    world = World(60, 7200)
    clock = VirtualClock(world)

    assert clock.advance(100, within_real_seconds=5) == pytest.approx(100)

    assert world.met == [60]
    assert world.now == pytest.approx(100, abs=0.01)


def test_it_advances_through_every_moment_that_is_due() -> None:
    world = World(60, 120, 180)

    VirtualClock(world).advance(150, within_real_seconds=5)

    assert world.met == [60, 120]


def test_it_does_not_advance_while_the_world_is_busy() -> None:
    world = World(60)
    world.busy_looks = 10**9

    assert VirtualClock(world).advance(100, within_real_seconds=0) == 0
    assert world.now == 0


def test_what_a_moment_sets_in_motion_is_waited_for_in_real_time() -> None:
    """A jump while a worker runs: it ends its work first, or the call returns without another jump."""
    world = World(60, 61)

    jumped = VirtualClock(world).advance(100, within_real_seconds=0)

    assert jumped == pytest.approx(60, abs=0.01)
    assert world.met == [60]


def test_what_is_to_be_done_before_a_jump_is_done_without_one_too() -> None:
    """A fault that acts while a worker waits acts also where time is not sped up."""
    world = World(60)
    done: list[str] = []
    clock = VirtualClock(world)

    def act() -> bool:
        done.append("act")
        return len(done) == 1

    clock.before_jump(act)

    assert clock.advance(0, within_real_seconds=5) == 0

    assert done == ["act", "act"]  # after it has done something, the world may not be at rest
    assert world.now == 0


def test_an_act_that_never_ends_does_not_keep_the_caller() -> None:
    world = World(60)
    clock = VirtualClock(world)
    clock.before_jump(lambda: True)

    assert clock.advance(100, within_real_seconds=0.01) == 0
    assert world.now == 0


def test_time_stands_still_while_nothing_is_busy() -> None:
    world = World(60)
    clock = VirtualClock(world)
    world.now = 10.25

    assert clock.hold(10.0)
    assert world.now == 10.0

    world.busy_looks = 10
    assert not clock.hold(9.0)
    assert world.now == 10.0
