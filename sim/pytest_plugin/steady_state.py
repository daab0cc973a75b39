"""Whether a world does its everyday work, asked before a scenario's trouble begins: one recording, uploaded, complete.

A scenario that is told in a world that was broken already shows nothing. So a world that can not do this much makes the
verdict *inconclusive*, with the reason, and never *failed*.
"""

import time
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from sim.app import APP
from sim.journal.journal import Journal
from sim.scenario.simulation import Simulation

if TYPE_CHECKING:
    from sim.engines.base.engine import World

TRIES = 2
"""So many probes failing in a row, and nobody tries any more."""


class WorldUnfit(Exception):
    """The world, not the scenario, is in trouble: nothing was shown. The text says what, in a sentence."""


class SteadyState:
    """Probes a world before its first scenario, and again after each that did not hold: trouble may have stayed
    behind."""

    def __init__(self, probe: Callable[[], object], tell: Callable[[Exception, str], str]) -> None:
        """`tell` makes the reason out of an error and of what is the matter."""
        self._probe = probe
        self._tell = tell
        self._in_doubt = True
        self._failures = 0
        self._reason = ""

    def doubt(self) -> None:
        """Something went wrong in this world: probe it before the next scenario."""
        self._in_doubt = True

    def confirm(self) -> None:
        """Probe the world if it is in doubt. Raises WorldUnfit."""
        if self._failures >= TRIES:
            raise WorldUnfit(self._reason)
        if not self._in_doubt:
            return
        try:
            self._probe()
        except Exception as error:
            self._failures += 1
            self._reason = self._tell(error, "the world does not do its everyday work, upload to complete")
            raise WorldUnfit(self._reason) from error
        self._failures = 0
        self._in_doubt = False


class Probe:
    """One recording in a pipeline of its own, from upload to complete. Raises whatever keeps it from that."""

    def __init__(self, world: "World", journal_path: Path, seed: int) -> None:
        self._world = world
        self._journal = Journal(journal_path, offset_seconds=world.offset_seconds)
        self._seed = seed
        self._numbers = count(1)

    def __call__(self) -> None:
        began = time.monotonic()
        self._record_one()
        self._journal.log_world(f"steady state seen in {time.monotonic() - began:.1f} s")

    def _record_one(self) -> None:
        pipeline = self._world.pipeline(f"steady-state-{next(self._numbers)}", self._journal, self._seed)
        try:
            pipeline.start()
            simulation = Simulation(pipeline, self._world.clock, self._journal, self._seed)
            with closing(simulation):
                APP.run_steady_state(simulation)
        finally:
            pipeline.stop()


def in_a_line(error: BaseException) -> str:
    """An error's kind and the first line of what it says."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
