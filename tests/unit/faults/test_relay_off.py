"""`relay_off` is triggered by the scheduled runs that did not happen, and by nothing else."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from sim.faults.queue import relay_off


class World:
    """A relay that runs every minute unless its schedule is disabled, which works only with `switch_works`."""

    def __init__(self, switch_works: bool) -> None:
        self._switch_works = switch_works
        self._on = True
        self._runs = 0
        self._now = datetime(2026, 11, 20, tzinfo=UTC)
        self.clock = SimpleNamespace(now=lambda: self._now)
        self.relay = self

    def schedule(self, enabled: bool) -> None:
        self._on = enabled or not self._switch_works

    def runs(self) -> int:
        return self._runs

    def let_pass(self, minutes: int) -> None:
        self._now += timedelta(minutes=minutes)
        self._runs += minutes if self._on else 0


def test_every_missed_run_triggers_it_once() -> None:
    world = World(switch_works=True)
    world.let_pass(3)
    active = relay_off().start(world)  # type: ignore[arg-type]  # the fault needs only `now` of the clock
    world.let_pass(10)
    assert active.times_triggered == 10

    active.stop()
    world.let_pass(5)
    assert active.times_triggered == 10
    assert world.runs() == 8


def test_a_relay_that_keeps_running_does_not_trigger_it() -> None:
    world = World(switch_works=False)
    active = relay_off().start(world)  # type: ignore[arg-type]
    world.let_pass(10)
    active.stop()

    assert active.times_triggered == 0
