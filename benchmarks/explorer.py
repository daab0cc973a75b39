"""The explorer: worlds and steps a second, beside the same worlds without the check of conservation."""

import time
from pathlib import Path

from benchmarks.figures import Figure
from sim.explorer.invariants.conservation import ConservationCheck
from sim.explorer.search import Summary, explore
from sim.platform.machine import usable_cores

ROUNDS = 5
WORLDS, FEW_WORLDS = 4_000, 600
SEED = 1


def measure(_: Path, quick: bool) -> list[Figure]:
    worlds, jobs = FEW_WORLDS if quick else WORLDS, usable_cores()
    _explore(worlds, jobs)  # imports, and caches of the product
    ours = [_explore(worlds, jobs) for _ in range(ROUNDS)]
    without = [_without_conservation(worlds, jobs) for _ in range(ROUNDS)]
    beside, on = "conservation not checked", f"{jobs} processes"
    return [
        Figure.of(
            f"explorer, conservation checked at each step, {on}",
            "worlds/s",
            1_000,
            [each.worlds / each.real_seconds for each in ours],
            [each.worlds / each.real_seconds for each in without],
            beside,
            more_is_better=True,
        ),
        Figure.of(
            f"explorer's steps, {on}",
            "steps/s",
            100_000,
            [each.steps / each.real_seconds for each in ours],
            [each.steps / each.real_seconds for each in without],
            beside,
            more_is_better=True,
        ),
    ]


def _explore(worlds: int, jobs: int) -> Summary:
    began = time.perf_counter()
    summary, _ = explore(SEED, worlds, jobs, lambda _: None)
    if summary.violations:
        raise RuntimeError(f"a world violates an invariant: {summary.violations[0]}")
    summary.real_seconds = time.perf_counter() - began
    return summary


def _without_conservation(worlds: int, jobs: int) -> Summary:
    after_call, after_own_step = ConservationCheck.after_call, ConservationCheck.after_own_step
    ConservationCheck.after_call = lambda *_: None  # type: ignore[method-assign,assignment]
    ConservationCheck.after_own_step = lambda _: None  # type: ignore[method-assign]
    try:
        return _explore(worlds, jobs)
    finally:
        ConservationCheck.after_call = after_call  # type: ignore[method-assign]
        ConservationCheck.after_own_step = after_own_step  # type: ignore[method-assign]
