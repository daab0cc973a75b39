"""Many worlds, one after the other and on several cores, and what they reached together.

World number n of a run with seed S is the world of seed S + n, so any of them is played again by its own seed.
"""

import gc
import logging
import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sim.explorer.coverage.points import Mark
from sim.explorer.plan.decisions import Drawn
from sim.explorer.plan.random_plan import drawn_plan
from sim.explorer.world.world import Outcome, World

CHUNK = 250
"""Worlds between two lines of progress, and between two looks of the garbage collector."""
MARKS_DEMANDED_FROM = 10_000
"""Worlds. In a shorter run a rare mark may be missing by chance."""
_DIGEST_BITS = (1 << 64) - 1


@dataclass(slots=True)
class Covered:
    """What so many worlds came to."""

    worlds: int = 0
    steps: int = 0
    virtual_ms: int = 0
    digest: int = 0
    reached: list[int] = field(default_factory=lambda: [0] * len(Mark))
    """By mark: in how many worlds."""
    broken: list[tuple[int, str]] = field(default_factory=list)
    """Seeds of worlds in which a promise was broken, with the promise."""
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
        if outcome.broken is not None:
            self.broken.append((seed, outcome.broken[0]))

    def add_all(self, other: "Covered") -> None:
        self.worlds += other.worlds
        self.steps += other.steps
        self.virtual_ms += other.virtual_ms
        self.digest = self.digest + other.digest & _DIGEST_BITS
        self.reached = [mine + theirs for mine, theirs in zip(self.reached, other.reached, strict=True)]
        self.broken = sorted(self.broken + other.broken)

    @property
    def never_reached(self) -> list[Mark]:
        return [mark for mark in Mark if not self.reached[mark]]


def play(seed: int) -> Outcome:
    """The world of that seed."""
    plan, rates = drawn_plan(seed)
    return World(plan, Drawn(rates)).run()


def explore(seed: int, worlds: int, jobs: int, progress: Callable[[Covered], None]) -> tuple[Covered, bool]:
    """Play so many worlds, or until one breaks a promise. Says whether it was interrupted (Ctrl-C)."""
    covered = Covered()
    began = time.perf_counter()
    chunks = [(first, min(CHUNK, seed + worlds - first)) for first in range(seed, seed + worlds, CHUNK)]
    try:
        with _played(chunks, jobs) as results:
            for chunk in results:
                covered.add_all(chunk)
                covered.real_seconds = time.perf_counter() - began
                progress(covered)
                if covered.broken:
                    break
    except KeyboardInterrupt:
        covered.real_seconds = time.perf_counter() - began
        return covered, True
    return covered, False


@contextmanager
def _played(chunks: list[tuple[int, int]], jobs: int) -> Iterator[Iterator[Covered]]:
    if jobs == 1:
        with undisturbed():
            yield map(_play_chunk, chunks)
        return
    # Forked, so that nobody pays for the imports again; there are no threads here yet that a fork could tear apart.
    with multiprocessing.get_context("fork").Pool(jobs, _settle_in) as pool:
        yield pool.imap(_play_chunk, chunks)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Without the product's log, and without the garbage collector: worlds fall apart by themselves."""
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


def _settle_in() -> None:
    """In a process of the pool: Ctrl-C is for the one in front."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.getLogger("rawk").setLevel(logging.CRITICAL + 1)
    gc.collect()
    gc.freeze()
    gc.disable()


def _play_chunk(chunk: tuple[int, int]) -> Covered:
    """Whatever did hang on in circles is collected once a chunk, so memory stays flat."""
    first, count = chunk
    covered = Covered()
    for seed in range(first, first + count):
        outcome = play(seed)
        covered.add(seed, outcome)
        if outcome.broken is not None:
            break
    gc.collect()
    return covered
