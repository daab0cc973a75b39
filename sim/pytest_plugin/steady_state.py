"""Steady state: a world shows that it works before a scenario injects faults into it. One recording, from upload to
complete.

A scenario in a world that does not work shows nothing. So a world that fails this probe makes the verdict
*inconclusive*, with the reason. When the probe fails because the product crashed, the verdict is *failed*.
"""

import time
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from sim.app import APP
from sim.journal.journal import Journal
from sim.pytest_plugin.product_crashes import ProductCrashed, crashes_in_logs
from sim.scenario.simulation import Simulation

if TYPE_CHECKING:
    from sim.engines.base.engine import World

TRIES = 2
"""After so many failed probes in a row the world is given up."""


class WorldUnfit(Exception):
    """The world does not work, so the scenario shows nothing. The text says in one sentence what is wrong."""


class SteadyState:
    """Probes a world before its first scenario, and again after each scenario that did not pass."""

    def __init__(self, probe: Callable[[], object], describe: Callable[[Exception, str], str]) -> None:
        """`describe` makes the reason out of an error and a sentence about the world."""
        self._probe = probe
        self._describe = describe
        self._in_doubt = True
        self._failures = 0
        self._error: Exception | None = None

    def doubt(self) -> None:
        """A scenario did not pass in this world: probe it before the next scenario."""
        self._in_doubt = True

    def confirm(self) -> None:
        """Probe the world if it is in doubt. Raises WorldUnfit, and ProductCrashed when the product is the cause."""
        if self._error is not None and self._failures >= TRIES:
            raise self._error
        if not self._in_doubt:
            return
        try:
            self._probe()
        except ProductCrashed as error:
            self._failures += 1
            self._error = error
            raise
        except Exception as error:
            self._failures += 1
            self._error = WorldUnfit(
                self._describe(error, "the steady-state probe failed (one recording, to complete)")
            )
            raise self._error from error
        self._failures = 0
        self._in_doubt = False


class Probe:
    """One recording in a pipeline of its own, from upload to complete. Raises what prevents that."""

    def __init__(
        self, world: "World", journal_path: Path, seed: int, remember: Callable[[Simulation, str], object]
    ) -> None:
        """`remember` is called with each of its simulations and a name, while the pipeline still runs."""
        self._remember = remember
        self._world = world
        self._journal = Journal(journal_path, offset_seconds=world.offset_seconds)
        self._seed = seed
        self._numbers = count(1)

    def __call__(self) -> None:
        began = time.monotonic()
        self._record_one()
        self._journal.log_world(f"steady state confirmed in {time.monotonic() - began:.1f} s")

    def _record_one(self) -> None:
        name = f"steady-state-{next(self._numbers)}"
        pipeline = self._world.pipeline(name, self._journal, self._seed)
        try:
            try:
                pipeline.start()
                simulation = Simulation(pipeline, self._world.clock, self._journal, self._seed)
                with closing(simulation):
                    APP.run_steady_state(simulation)
                    self._remember(simulation, name)
            finally:
                pipeline.stop()
        except Exception as error:
            if crash := next(crashes_in_logs([pipeline.log_folder]), None):
                raise ProductCrashed(crash.with_stack) from error
            raise


def in_a_line(error: BaseException) -> str:
    """An error's type and the first line of its text."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
