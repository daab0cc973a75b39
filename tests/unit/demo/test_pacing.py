"""How time passes in the demo: as on a wall clock, faster, in a jump that is shown, or not at all."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from sim.clock.clocks import Activity
from sim.demo.errors import BadArguments
from sim.demo.pacing import TICK_SECONDS, Pacing, shown_seconds

START = 1000.0


class Machine:
    """A machine's time and the virtual time above it; things are due at moments, and each keeps the world busy."""

    def __init__(self, *due: float) -> None:
        self.real = 0.0
        self.offset = START
        self.due = sorted(due)
        self.seen: list[float] = []
        self.busy_until_real = 0.0

    @property
    def now(self) -> float:
        return self.real + self.offset

    def pass_real(self, seconds: float) -> None:
        self.real += seconds
        self._settle()

    def look(self) -> Activity:
        busy = ("work",) if self.real < self.busy_until_real else ()
        return Activity(self.now, busy, min(self.due, default=None), ())

    def advance(self, seconds: float, within_real_seconds: float) -> float:  # noqa: ARG002
        if self.real < self.busy_until_real:
            return 0.0
        jumped = 0.0
        while jumped < seconds and self.real >= self.busy_until_real:
            step = min([seconds - jumped, *(each - self.now for each in self.due)])
            self.offset += step
            jumped += step
            self._settle()
        return jumped

    def hold(self, moment: float) -> bool:
        if self.real < self.busy_until_real:
            return False
        self.offset = moment - self.real
        return True

    def _settle(self) -> None:
        for each in [each for each in self.due if each <= self.now]:
            self.due.remove(each)
            self.seen.append(each)
            self.busy_until_real = self.real + 0.05


def ticks(machine: Machine, pacing: Pacing, real_seconds: float, act: Callable[[], None] = lambda: None) -> None:
    for _ in range(round(real_seconds / TICK_SECONDS)):
        machine.pass_real(TICK_SECONDS)
        act()
        pacing.tick()


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def pacing(machine: Machine) -> Pacing:
    return Pacing(machine, lambda: machine.real)


def test_at_rate_1_nothing_is_sped_up(machine: Machine, pacing: Pacing) -> None:
    ticks(machine, pacing, 10)

    assert machine.offset == START
    assert pacing.as_json(START)["at"] == pytest.approx(10)
    assert pacing.as_json(START)["factor"] == 1.0


def test_at_rate_60_a_minute_passes_in_a_second(machine: Machine, pacing: Pacing) -> None:
    pacing.set_rate(60)

    ticks(machine, pacing, 10)

    assert machine.now - START == pytest.approx(600, rel=0.01)


def test_a_rate_never_catches_up_in_one_leap(machine: Machine, pacing: Pacing) -> None:
    """After the laptop's lid was closed for an hour, the demo goes on where it was."""
    pacing.set_rate(60)
    machine.pass_real(3600)
    before = machine.offset

    pacing.tick()

    assert machine.offset - before < 60


@pytest.mark.parametrize("seconds", [1, 60, 1800, 7200, 43_200, 604_800])
def test_a_jump_is_shown_in_a_few_seconds_and_ends_where_it_shall(
    machine: Machine, pacing: Pacing, seconds: float
) -> None:
    jump = pacing.skip(seconds)

    real = 0.0
    while pacing.jump is not None:
        ticks(machine, pacing, TICK_SECONDS)
        real += TICK_SECONDS

    assert machine.now - START == pytest.approx(seconds, abs=max(2 * TICK_SECONDS, 0.01 * seconds))
    assert real <= jump.real_seconds + 1
    assert 1 <= jump.real_seconds <= 15


def test_two_hours_pass_in_eight_seconds(pacing: Pacing) -> None:
    assert shown_seconds(7200) == 8
    assert shown_seconds(1800) == 4
    assert pacing.skip(7200).text == "2 h in 8 s"


def test_a_jump_shows_every_moment_on_its_way() -> None:
    machine = Machine(*(START + minute * 60 for minute in range(1, 130)))
    pacing = Pacing(machine, lambda: machine.real)
    seen_at_ticks = []

    pacing.skip(7200)
    while pacing.jump is not None:
        ticks(machine, pacing, TICK_SECONDS, lambda: seen_at_ticks.append(len(machine.seen)))

    assert machine.seen == [START + minute * 60 for minute in range(1, 121)]
    steps = [later - earlier for earlier, later in pairwise(seen_at_ticks)]
    assert max(steps) <= 2


def test_a_jump_waits_while_a_worker_runs(machine: Machine, pacing: Pacing) -> None:
    machine.busy_until_real = 3.0
    pacing.skip(3600)

    ticks(machine, pacing, 2.5)
    assert machine.offset == START
    ticks(machine, pacing, 20)

    assert machine.now - START == pytest.approx(3600, rel=0.01)
    assert pacing.jump is None


def test_a_jump_ends_when_what_it_is_for_has_happened(machine: Machine, pacing: Pacing) -> None:
    pacing.skip(3600, until=lambda: machine.now > START + 600)

    ticks(machine, pacing, 10)

    assert pacing.jump is None
    assert machine.now - START < 900


def test_a_jump_to_the_next_moment_ends_right_after_it() -> None:
    machine = Machine(START + 1800, START + 1801)
    pacing = Pacing(machine, lambda: machine.real)
    pacing.skip_to(START + 1800)

    ticks(machine, pacing, 6)

    assert machine.seen[0] == START + 1800
    assert machine.now - START < 1804


def test_paused_time_stands_still(machine: Machine, pacing: Pacing) -> None:
    pacing.pause()
    ticks(machine, pacing, 0.2)
    stood = pacing.now

    ticks(machine, pacing, 60)

    assert pacing.now == pytest.approx(stood)
    assert not pacing.as_json(START)["playing"]


def test_what_runs_while_time_is_paused_ends_in_time(machine: Machine, pacing: Pacing) -> None:
    pacing.pause()
    ticks(machine, pacing, 1)
    stood = pacing.now
    machine.busy_until_real = machine.real + 2

    ticks(machine, pacing, 10)

    assert 1.5 < pacing.now - stood < 2.6


def test_time_does_not_stand_still_under_a_request(machine: Machine, pacing: Pacing) -> None:
    pacing.pause()
    ticks(machine, pacing, 1)
    stood = pacing.now

    for _ in range(10):
        machine.pass_real(TICK_SECONDS)
        pacing.tick(may_hold=False)

    assert pacing.now - stood == pytest.approx(1, abs=0.2)


def test_after_a_pause_time_goes_on_at_its_rate(machine: Machine, pacing: Pacing) -> None:
    pacing.set_rate(60)
    pacing.pause()
    ticks(machine, pacing, 5)
    stood = pacing.now

    pacing.play()
    ticks(machine, pacing, 1)

    assert pacing.now - stood == pytest.approx(60, rel=0.2)


def test_a_jump_goes_on_after_a_pause(machine: Machine, pacing: Pacing) -> None:
    pacing.skip(3600)
    ticks(machine, pacing, 1)
    pacing.pause()
    ticks(machine, pacing, 30)
    assert pacing.jump is not None
    assert pacing.now - START < 1000

    pacing.play()
    ticks(machine, pacing, 8)

    assert pacing.jump is None
    assert pacing.now - START == pytest.approx(3600, abs=5)


def test_a_rate_ends_a_jump(machine: Machine, pacing: Pacing) -> None:
    pacing.skip(3600)
    ticks(machine, pacing, 1)

    pacing.set_rate(1)

    assert pacing.as_json(START)["jumping"] is None


@pytest.mark.parametrize("rate", [0, -1, 0.5, "fast", None, True, float("nan"), float("inf"), 10_000])
def test_an_impossible_rate_is_refused(pacing: Pacing, rate: float) -> None:
    with pytest.raises(BadArguments, match="rate"):
        pacing.set_rate(rate)


@pytest.mark.parametrize("seconds", [0, -1, "an hour", None, True, float("nan"), float("inf"), 10**9])
def test_an_impossible_jump_is_refused(pacing: Pacing, seconds: float) -> None:
    with pytest.raises(BadArguments, match="skip"):
        pacing.skip(seconds)


def test_time_does_not_jump_beyond_the_end_of_a_wait(machine: Machine, pacing: Pacing) -> None:
    pacing.set_rate(3600)
    pacing.ends_at = START + 100

    ticks(machine, pacing, 0.5)

    assert machine.now - START == pytest.approx(100, abs=1)
