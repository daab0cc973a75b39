"""A scenario as a narrated lesson: its function runs as always, while its waits are shown at a pace one can follow."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

from sim.clock.clocks import VirtualClock, never
from sim.demo.lessons.runner import LETTERS_PER_SECOND, PIPELINE, SHORTEST_READING_SECONDS
from sim.demo.run import Run
from sim.demo.scenarios.choice import ChosenScenario
from sim.journal.journal import Journal
from sim.scenario.simulation import FaultNotTriggered
from sim.scenario.steps import recorded_steps

FIRST_RATE, LAST_RATE = 60.0, 3600.0
TWICE_AS_FAST_AFTER_SECONDS = 1.5
"""In real time: while nothing happens to a recording, time passes faster and faster."""


class Ended(BaseException):
    """The viewer has ended the scenario. No `except Exception` of the scenario keeps it."""


class Ticking(Protocol):
    """What lets the demo go on for a moment."""

    def tick(self) -> None: ...


class ShownClock:
    """The clock of a simulation whose waits let the demo go on. All else is the virtual clock's."""

    patience = timedelta.max

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.wait: Callable[[Callable[[], bool], timedelta], bool] = clock.wait_until

    def now(self) -> datetime:
        return self._clock.now()

    def virtual_at(self, real_seconds: float) -> float:
        return self._clock.virtual_at(real_seconds)

    def before_jump(self, act: Callable[[], bool]) -> Callable[[], None]:
        return self._clock.before_jump(act)

    def wait_until(self, condition: Callable[[], bool], within: timedelta) -> bool:
        return self.wait(condition, within)


class ScenarioRunner:
    """One scenario on one run. Everything happens on the conductor's thread."""

    def __init__(
        self,
        chosen: ChosenScenario,
        run: Run,
        clock: VirtualClock,
        conductor: Ticking,
        *,
        reading: float = 1.0,
        real_seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self.title, self.about = chosen.title, chosen.claim
        self.verdict: str | None = None
        self.reason: str | None = None
        self._chosen = chosen
        self._run = run
        self._clock = clock
        self._conductor = conductor
        self._reading = reading
        self._real_seconds = real_seconds
        self._reached = 0
        self._read = 0
        self._is_ended = False

    @property
    def source(self) -> str:
        """The file of the scenario."""
        return self._chosen.source

    @property
    def is_over(self) -> bool:
        return self.verdict is not None

    def end(self) -> None:
        """Give it up at its next wait."""
        self._is_ended = True

    def give(self) -> None:
        """Run the scenario to its end, with the invariants."""
        simulation = self._run.simulation
        try:
            with recorded_steps(self._chosen.function, _Noted(simulation.journal, self._step_reached)):
                self._chosen.give(simulation)
            simulation.verify()
        except Ended:
            self._conclude("inconclusive", "it was ended by a viewer")
        except AssertionError as error:
            self._conclude("failed", str(error))
        except FaultNotTriggered as error:
            self._conclude("inconclusive", str(error))
        except Exception as error:  # noqa: BLE001 - a scenario may raise anything; viewers see what
            self._conclude("inconclusive", f"{type(error).__name__}: {error}")
        else:
            self._conclude("passed", "its claim and the invariants hold")

    def wait(self, condition: Callable[[], bool], within: timedelta) -> bool:
        """As `VirtualClock.wait_until`, and the demo goes on meanwhile. Raises Ended."""
        self._let_read()
        pacing, is_met = self._run.pacing, False

        def evaluate() -> bool:
            nonlocal is_met
            is_met = is_met or condition()
            return is_met

        judge = never if condition is never else evaluate
        stop_evaluating = self._clock.before_jump(judge)
        pacing.ends_at = self._clock.look().now + within.total_seconds()
        seen, rate, since = self._run.tally.changes, FIRST_RATE, self._real_seconds()
        try:
            while not is_met and pacing.now < pacing.ends_at:
                if not pacing.is_paused:
                    pacing.rate = rate
                self._tick()
                if self._run.tally.changes != seen:
                    seen, rate, since = self._run.tally.changes, FIRST_RATE, self._real_seconds()
                elif self._real_seconds() - since > TWICE_AS_FAST_AFTER_SECONDS:
                    rate, since = min(rate * 2, LAST_RATE), self._real_seconds()
            return is_met or (condition is not never and condition())
        finally:
            stop_evaluating()
            pacing.ends_at, pacing.rate = None, 1

    def as_json(self) -> dict[str, Any]:
        """The key `lesson` of the state."""
        steps = self._chosen.steps
        return {
            "id": self._chosen.name,
            "title": self._chosen.title,
            "about": self._chosen.claim,
            "step": max(self._reached - 1, 0),
            "steps": [
                {
                    "caption": f"{each.name} {each.text}",
                    "look_at": None,
                    "done": number < self._reached - 1 or self.is_over,
                }
                for number, each in enumerate(steps)
            ],
            "waiting_for": None if self.is_over else PIPELINE,
            "automatic": True,
            "finished": self.is_over,
            "verdict": self.verdict,
            "reason": self.reason,
            "shown": None,
            "sabotage": None,
        }

    def _step_reached(self, line: int) -> None:
        self._reached = 1 + next(number for number, each in enumerate(self._chosen.steps) if each.line == line)

    def _let_read(self) -> None:
        """Time passes as on a wall clock while the captions are read that are new."""
        new = self._chosen.steps[self._read : self._reached]
        self._read = self._reached
        letters = sum(len(each.text) for each in new)
        seconds = max(letters / LETTERS_PER_SECOND, SHORTEST_READING_SECONDS) * self._reading if new else 0.0
        ends_at = self._real_seconds() + seconds
        while self._real_seconds() < ends_at:
            self._tick()

    def _tick(self) -> None:
        if self._is_ended:
            raise Ended
        self._conductor.tick()

    def _conclude(self, verdict: str, reason: str) -> None:
        self.verdict, self.reason = verdict, reason.splitlines()[0] if reason else ""


class _Noted:
    """A journal that also says which step was written into it."""

    def __init__(self, journal: Journal, reached: Callable[[int], None]) -> None:
        self._target = journal
        self._reached = reached

    def write(self, kind: str, **fields: Any) -> None:
        self._target.write(kind, **fields)
        self._reached(fields["line"])
