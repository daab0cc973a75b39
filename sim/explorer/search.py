"""Runs many worlds, on one or several cores, and sums up what they reached.

In a run from seed S, world number n has the seed S + n; its own seed runs it again.
"""

import gc
import logging
import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sim.explorer.coverage.points import CoveragePoint
from sim.explorer.plan.decisions import RandomDecisions
from sim.explorer.plan.random_plan import random_plan
from sim.explorer.runtime.endless import EndlessWorld
from sim.explorer.world.world import Outcome, World

CHUNK = 250
"""Worlds between two lines of progress, and between two runs of the garbage collector."""
COVERAGE_REQUIRED_FROM = 10_000
"""Worlds. A shorter run may miss a rare coverage point."""
_DIGEST_BITS = (1 << 64) - 1


@dataclass(slots=True)
class Summary:
    """The results of many worlds."""

    worlds: int = 0
    steps: int = 0
    virtual_ms: int = 0
    digest: int = 0
    reached: list[int] = field(default_factory=lambda: [0] * len(CoveragePoint))
    """By coverage point: in how many worlds it was reached."""
    violations: list[tuple[int, str]] = field(default_factory=list)
    """Seed of each world that violated an invariant, with the name of the invariant."""
    real_seconds: float = 0.0

    def add(self, seed: int, outcome: Outcome) -> None:
        self.worlds += 1
        self.steps += outcome.steps
        self.virtual_ms += outcome.virtual_ms
        self.digest = self.digest + (outcome.digest ^ seed) * 0x9E3779B97F4A7C15 & _DIGEST_BITS
        bits = outcome.reached
        while bits:
            lowest = bits & -bits
            self.reached[lowest.bit_length() - 1] += 1
            bits ^= lowest
        if outcome.violation is not None:
            self.violations.append((seed, outcome.violation.invariant))

    def add_all(self, other: "Summary") -> None:
        self.worlds += other.worlds
        self.steps += other.steps
        self.virtual_ms += other.virtual_ms
        self.digest = self.digest + other.digest & _DIGEST_BITS
        self.reached = [mine + theirs for mine, theirs in zip(self.reached, other.reached, strict=True)]
        self.violations = sorted(self.violations + other.violations)

    @property
    def not_reached(self) -> list[CoveragePoint]:
        return [point for point in CoveragePoint if not self.reached[point]]


def run_world(seed: int) -> Outcome:
    """Run the world of that seed."""
    plan, rates = random_plan(seed)
    try:
        return World(plan, RandomDecisions(rates)).run()
    except EndlessWorld as error:
        error.add_note(f"the seed of this world: {seed}")
        raise


def explore(seed: int, worlds: int, jobs: int, progress: Callable[[Summary], None]) -> tuple[Summary, bool]:
    """Run that many worlds, or fewer if one violates an invariant. Also returns whether Ctrl-C interrupted it."""
    summary = Summary()
    began = time.perf_counter()
    chunks = [(first, min(CHUNK, seed + worlds - first)) for first in range(seed, seed + worlds, CHUNK)]
    try:
        with _results(chunks, jobs) as results:
            for chunk in results:
                summary.add_all(chunk)
                summary.real_seconds = time.perf_counter() - began
                progress(summary)
                if summary.violations:
                    break
    except KeyboardInterrupt:
        summary.real_seconds = time.perf_counter() - began
        return summary, True
    return summary, False


@contextmanager
def _results(chunks: list[tuple[int, int]], jobs: int) -> Iterator[Iterator[Summary]]:
    if jobs == 1:
        with without_log_and_gc():
            yield map(_run_chunk, chunks)
        return
    # Forked, so that no process repeats the imports. No threads are running yet, so a fork is safe.
    with multiprocessing.get_context("fork").Pool(jobs, _prepare_process) as pool:
        yield pool.imap(_run_chunk, chunks)


@contextmanager
def without_log_and_gc() -> Iterator[None]:
    """Without the product's log and without the garbage collector: a world breaks its own reference cycles."""
    log = logging.getLogger("rawk")
    level = log.level
    log.setLevel(logging.CRITICAL + 1)
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()
        log.setLevel(level)


def _prepare_process() -> None:
    """In a process of the pool. Only the main process handles Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.getLogger("rawk").setLevel(logging.CRITICAL + 1)
    gc.collect()
    gc.freeze()
    gc.disable()


def _run_chunk(chunk: tuple[int, int]) -> Summary:
    """Collects remaining reference cycles once per chunk, so that memory use stays flat."""
    first, count = chunk
    summary = Summary()
    for seed in range(first, first + count):
        outcome = run_world(seed)
        summary.add(seed, outcome)
        if outcome.violation is not None:
            break
    gc.collect()
    return summary
