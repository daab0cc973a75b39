"""A whole world: seconds to start, memory, seconds for one scenario, and virtual time per real time."""

import time
from datetime import timedelta
from pathlib import Path

import psutil

from benchmarks.figures import Figure
from sim.clock.clocks import never
from sim.clock.durations import hours, minutes
from sim.engines.embedded.engine import EmbeddedWorld
from sim.journal.journal import Journal
from sim.scenario.simulation import Simulation

SCENARIOS = 5


def measure(folder: Path) -> list[Figure]:
    began = time.monotonic()
    with EmbeddedWorld(folder / "world", "core", say=print) as world:
        journal = Journal(folder / "journal.jsonl")
        _scenario(world, journal, 0)
        up_seconds = time.monotonic() - began
        megabytes = sum(_own_megabytes(each) for each in _processes())
        began = time.monotonic()
        for number in range(1, SCENARIOS + 1):
            _scenario(world, journal, number)
        scenario_seconds = (time.monotonic() - began) / SCENARIOS
        ratio = _idle_hours(world, journal)
    return [
        Figure("world up, first recording through it", "s", 4, up_seconds),
        Figure("world's memory", "MB", 500, megabytes),
        Figure("one scenario with one recording", "s", 1, scenario_seconds),
        Figure("idle hours, virtual per real time", "x", 1000, ratio, more_is_better=True),
    ]


def _scenario(world: EmbeddedWorld, journal: Journal, number: int) -> None:
    pipeline = world.pipeline(f"bench-{number}", journal, seed=number)
    try:
        pipeline.start()
        simulation = Simulation(pipeline, world.clock, journal, seed=number)
        memories = simulation.api.record(1)
        simulation.run_until(memories.all_complete, within=minutes(5))
        simulation.verify()
        simulation.close()
    finally:
        pipeline.stop()


def _idle_hours(world: EmbeddedWorld, journal: Journal) -> float:
    """Virtual time per real time while only the relay runs, every minute."""
    pipeline = world.pipeline("bench-idle", journal, seed=0)
    try:
        pipeline.start()
        passing: timedelta = hours(5)
        began = time.monotonic()
        world.clock.wait_until(never, passing)
        return passing.total_seconds() / (time.monotonic() - began)
    finally:
        pipeline.stop()


def _processes() -> list[psutil.Process]:
    """All processes of the world, and this one."""
    own = psutil.Process()
    return [own, *own.children(recursive=True)]


def _own_megabytes(process: psutil.Process) -> float:
    """Its proportional set size (PSS): a page that several processes share counts in parts."""
    return float(process.memory_full_info().pss) / 1e6
