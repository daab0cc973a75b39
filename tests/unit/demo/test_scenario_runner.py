"""A scenario as a lesson: its waits let the demo go on, and its end is a verdict."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from sim.clock.clocks import never
from sim.demo.feed.tally import Tally
from sim.demo.scenarios.choice import ChosenScenario
from sim.demo.scenarios.runner import FIRST_RATE, Ended, ScenarioRunner
from sim.scenario.simulation import FaultNotTriggered
from sim.scenario.steps import Step


class FakeClock:
    """A virtual clock that looks at what is to be done before a jump."""

    def __init__(self) -> None:
        self.now = 0.0
        self.acts: list[Callable[[], bool]] = []

    def look(self) -> Any:
        return SimpleNamespace(now=self.now)

    def before_jump(self, act: Callable[[], bool]) -> Callable[[], None]:
        self.acts.append(act)
        return lambda: self.acts.remove(act)


class FakeDemo:
    """A run, and the ticks that let its time pass."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.pacing = SimpleNamespace(now=0.0, ends_at=None, rate=1, is_paused=False)
        self.tally = Tally()
        self.journal: list[str] = []
        self.rates: list[float] = []
        self.real = 0.0
        self.each_tick: Callable[[], None] = lambda: None
        self.simulation = SimpleNamespace(journal=self, verify=lambda: None)

    def write(self, kind: str, **fields: Any) -> None:
        self.journal.append(f"{kind} {fields['text']}")

    def tick(self) -> None:
        self.real += 0.1
        self.rates.append(self.pacing.rate)
        self.each_tick()
        if not self.pacing.is_paused and not any(act() for act in list(self.clock.acts)):
            ends_at = self.pacing.ends_at or 1e9
            self.clock.now = min(self.clock.now + 0.1 * self.pacing.rate, ends_at)
        self.pacing.now = self.clock.now

    def runner(self, give: Callable[[Any], None], *steps: Step, reading: float = 0.0) -> ScenarioRunner:
        chosen = ChosenScenario("a.py::test_it", "It", "A claim.", lambda sim: give(sim), {}, steps, "source")
        run: Any = self
        clock: Any = self.clock
        return ScenarioRunner(chosen, run, clock, self, reading=reading, real_seconds=lambda: self.real)


@pytest.fixture
def demo() -> FakeDemo:
    return FakeDemo()


def test_a_wait_lets_the_demo_go_on_until_its_condition_is_true(demo: FakeDemo) -> None:
    runner = demo.runner(lambda _: None)

    assert runner.wait(lambda: demo.clock.now >= 100, timedelta(hours=1))

    assert 100 <= demo.clock.now < 120
    assert demo.clock.acts == []
    assert (demo.pacing.rate, demo.pacing.ends_at) == (1, None)


def test_a_wait_ends_when_its_time_is_over(demo: FakeDemo) -> None:
    assert not demo.runner(lambda _: None).wait(lambda: False, timedelta(seconds=500))
    assert demo.clock.now == 500

    assert not demo.runner(lambda _: None).wait(never, timedelta(seconds=500))
    assert demo.clock.now == 1000


def test_while_nothing_happens_time_passes_faster_and_faster(demo: FakeDemo) -> None:
    demo.runner(lambda _: None).wait(never, timedelta(hours=3))

    assert demo.rates[0] == FIRST_RATE
    assert max(demo.rates) == 3600
    assert demo.real < 20


def test_where_something_happens_time_slows_down(demo: FakeDemo) -> None:
    def happen() -> None:
        if 1000 < demo.clock.now < 1500:
            demo.tally.changes += 1

    demo.each_tick = happen
    demo.runner(lambda _: None).wait(never, timedelta(hours=1))

    slow = [rate for rate in demo.rates if rate == FIRST_RATE]
    assert len(slow) > 60


def test_a_paused_wait_waits(demo: FakeDemo) -> None:
    demo.pacing.is_paused = True

    def go_on_later() -> None:
        demo.pacing.is_paused = demo.real < 5

    demo.each_tick = go_on_later
    assert demo.runner(lambda _: None).wait(lambda: demo.clock.now > 60, timedelta(hours=1))
    assert demo.real > 5


@pytest.mark.parametrize(
    ("error", "verdict", "reason"),
    [
        (None, "passed", "its claim and the invariants hold"),
        (AssertionError("2 == 3\nmore"), "failed", "2 == 3"),
        (FaultNotTriggered("never triggered: OpenAI answers 503"), "inconclusive", "never triggered"),
        (RuntimeError("no answer"), "inconclusive", "RuntimeError: no answer"),
        (Ended(), "inconclusive", "ended by a viewer"),
    ],
)
def test_how_it_ends_is_its_verdict(demo: FakeDemo, error: BaseException | None, verdict: str, reason: str) -> None:
    def give(_: Any) -> None:
        if error is not None:
            raise error

    runner = demo.runner(give)
    runner.give()

    assert (runner.verdict, runner.as_json()["finished"]) == (verdict, True)
    assert reason in str(runner.reason)


def test_a_viewer_can_end_it_at_its_next_wait(demo: FakeDemo) -> None:
    entered, left = [], []

    def give(_: Any) -> None:
        try:
            entered.append(runner.wait(lambda: False, timedelta(hours=1)))
        finally:
            left.append("its faults are switched off")

    runner = demo.runner(give)
    demo.each_tick = lambda: runner.end() if demo.real > 1 else None

    runner.give()

    assert entered == []
    assert left == ["its faults are switched off"]
    assert runner.verdict == "inconclusive"


def test_new_captions_can_be_read_before_time_is_sped_up(demo: FakeDemo) -> None:
    runner = demo.runner(lambda _: None, Step(3, "Given", "x" * 50), Step(9, "When", "y"), reading=1.0)
    runner._step_reached(3)

    runner.wait(lambda: demo.clock.now > 600, timedelta(hours=1))

    assert demo.rates[:45] == [1] * 45
    assert FIRST_RATE in demo.rates[45:55]
    assert [each["done"] for each in runner.as_json()["steps"]] == [False, False]
    runner._step_reached(9)
    assert [each["done"] for each in runner.as_json()["steps"]] == [True, False]
    assert runner.as_json()["steps"][1]["caption"] == "When y"
