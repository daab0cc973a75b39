"""`python -m sim explore`: play worlds, say what they reached, and tell the first broken promise as a story."""

import argparse
import sys
import time
from pathlib import Path

from sim.clock.seeds import new_seed
from sim.explorer.counterexample.report import story, told
from sim.explorer.counterexample.scenario_script import scenario
from sim.explorer.counterexample.shrinking import Broken, broken_world, shrink
from sim.explorer.coverage.points import Mark
from sim.explorer.search import MARKS_DEMANDED_FROM, Covered, explore, undisturbed

HELD, BROKEN, INTERRUPTED = 0, 1, 2
PROGRESS_SECONDS = 1.0


def run(parsed: argparse.Namespace) -> int:
    """Exit 0: every promise held and every mark was reached; 1: not so; 2: somebody pressed Ctrl-C."""
    seed = new_seed() if parsed.seed is None else parsed.seed
    print(f"exploring {parsed.worlds} worlds from seed {seed}, {parsed.jobs} at a time", flush=True)
    covered, interrupted = explore(seed, parsed.worlds, parsed.jobs, _Progress(parsed.worlds).show)
    print_covered(covered)
    if covered.broken:
        with undisturbed():
            tell(covered, parsed.whole, parsed.script)
        return BROKEN
    if interrupted:
        print(f"\ninterrupted: {parsed.worlds - covered.worlds} worlds were not played")
        return INTERRUPTED
    return _marks_verdict(covered)


def print_covered(covered: Covered) -> None:
    """What was reached, and the figures."""
    seconds = max(covered.real_seconds, 1e-9)
    worlds = max(covered.worlds, 1)
    print(f"\n{'reached in':>12}  what")
    for mark in sorted(Mark, key=lambda mark: -covered.reached[mark]):
        print(f"{covered.reached[mark]:>12}  {mark.words}")
    print(
        f"\n{covered.worlds} worlds · {covered.steps} steps, {covered.steps / worlds:.0f} a world · "
        f"{covered.virtual_ms / 3_600_000:.0f} hours of their time in {seconds:.1f} s"
    )
    print(f"{covered.worlds / seconds:.0f} worlds/s · {covered.virtual_ms / 1000 / seconds:,.0f} × real time", end="")
    print(f" · digest {covered.digest:016x}")


def tell(covered: Covered, whole: bool, script: Path | None) -> None:
    seed, _ = covered.broken[0]
    began = time.perf_counter()
    broken = broken_world(seed)
    least = broken if whole else shrink(broken)
    print(f"\n{told(least)}")
    print(
        f"worlds needed: {covered.worlds} · lines: {len(story(least))} · shrunk in {time.perf_counter() - began:.1f} s"
    )
    _write_script(least, script)


def _write_script(broken: Broken, file: Path | None) -> None:
    text = scenario(broken)
    if file is not None:
        file.write_text(text, encoding="utf-8")
        print(f"scenario script: {file}")
    else:
        print(f"\n--- a scenario script, to be put under scenarios/ ---\n{text}")


def _marks_verdict(covered: Covered) -> int:
    missing = covered.never_reached
    if not missing:
        print("every promise held, every mark was reached")
        return HELD
    names = "\n".join(f"  {mark.words}" for mark in missing)
    if covered.worlds < MARKS_DEMANDED_FROM:
        print(f"every promise held; not reached, which is no failure below {MARKS_DEMANDED_FROM} worlds:\n{names}")
        return HELD
    print(f"NEVER REACHED, so nothing was shown about it:\n{names}", file=sys.stderr)
    return BROKEN


class _Progress:
    """A line now and then; on a terminal, always the same one."""

    def __init__(self, worlds: int) -> None:
        self._worlds = worlds
        self._next = time.monotonic() + PROGRESS_SECONDS

    def show(self, covered: Covered) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        on_terminal = sys.stdout.isatty()
        self._next = now + PROGRESS_SECONDS * (1 if on_terminal else 10)
        rate = covered.worlds / covered.real_seconds
        reached = len(Mark) - len(covered.never_reached)
        line = f"{covered.worlds}/{self._worlds} worlds, {rate:.0f}/s, {reached}/{len(Mark)} marks reached"
        print(f"\r{line}\x1b[K" if on_terminal else line, end="" if on_terminal else "\n", flush=True)
