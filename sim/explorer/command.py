"""`tox -e sim -- explore`: runs worlds, prints what they reached, and reports the first violation of an invariant."""

import argparse
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from sim.clock.seeds import new_seed
from sim.explorer.counterexample.report import numbered_lines, report
from sim.explorer.counterexample.scenario_script import obstacles, script_of
from sim.explorer.counterexample.scriptable import scriptable
from sim.explorer.counterexample.shrinking import Counterexample, counterexample_of, shrink
from sim.explorer.coverage.points import CoveragePoint
from sim.explorer.invariants.names import ALL as INVARIANTS
from sim.explorer.invariants.names import SILENCED
from sim.explorer.search import COVERAGE_REQUIRED_FROM, Summary, explore, without_log_and_gc
from sim.explorer.shards import WHOLE, Figures, NotMergeable, Shard, merged, write_figures
from sim.platform.checkout import commit_of
from sim.platform.paths import REPOSITORY

PASSED, FAILED, INTERRUPTED, USAGE = 0, 1, 2, 2
PROGRESS_SECONDS = 1.0


def run(parsed: argparse.Namespace) -> int:
    """Exit 0: all invariants held and all coverage points were reached; 1: not so; 2: interrupted by Ctrl-C."""
    if unknown := sorted(set(parsed.silence) - set(INVARIANTS)):
        print(f"no invariant is called {unknown[0]!r}; there are: {', '.join(INVARIANTS)}", file=sys.stderr)
        return USAGE
    if parsed.shard is not None and parsed.seed is None:
        print("--shard needs --seed: all shards of a run have the same one", file=sys.stderr)
        return USAGE
    if parsed.merge is not None:
        try:
            figures = merged(parsed.merge)
        except NotMergeable as error:
            print(f"explore --merge: {error}", file=sys.stderr)
            return USAGE
        print(f"{figures.worlds} worlds from seed {figures.seed}, explored in {len(parsed.merge)} shards")
    else:
        figures = _explored(parsed)
    if parsed.figures is not None:
        write_figures(parsed.figures, figures)
    return _verdict(figures, parsed)


def _explored(parsed: argparse.Namespace) -> Figures:
    """Run the worlds, with progress."""
    _silence(parsed.silence)
    seed = new_seed() if parsed.seed is None else parsed.seed
    shard = WHOLE if parsed.shard is None else Shard(*parsed.shard)
    first, worlds = shard.worlds(seed, parsed.worlds)
    processes = "process" if parsed.jobs == 1 else "processes"
    part = "" if shard is WHOLE else f", shard {shard} of {parsed.worlds} worlds from seed {seed},"
    print(f"exploring {worlds} worlds from seed {first}{part} in {parsed.jobs} {processes}", flush=True)
    summary, interrupted = explore(first, worlds, parsed.jobs, _Progress(worlds).show)
    commit = commit_of(REPOSITORY) or "unknown"
    return Figures(seed, parsed.worlds, shard, commit, tuple(parsed.silence), interrupted, summary)


def _verdict(figures: Figures, parsed: argparse.Namespace) -> int:
    """Print the results; returns the exit code."""
    _silence(figures.silenced)
    summary = figures.summary
    print_summary(summary)
    if summary.violations:
        with without_log_and_gc():
            print_counterexample(summary, parsed.whole, parsed.script)
        return FAILED
    _, worlds = figures.shard.worlds(figures.seed, figures.worlds)
    if figures.interrupted:
        print(f"\ninterrupted: {worlds - summary.worlds} worlds did not run")
        return INTERRUPTED
    if figures.shard != WHOLE:
        print("All invariants held in this shard. Coverage is judged by --merge, of all shards.")
        return PASSED
    return _coverage_verdict(summary)


def _silence(invariants: Iterable[str]) -> None:
    SILENCED.clear()
    SILENCED.update(invariants)


def print_summary(summary: Summary) -> None:
    """The coverage points, and the figures."""
    seconds = max(summary.real_seconds, 1e-9)
    worlds = max(summary.worlds, 1)
    print(f"\n{'reached in':>12}  coverage point")
    for point in sorted(CoveragePoint, key=lambda point: -summary.reached[point]):
        print(f"{summary.reached[point]:>12}  {point.description}")
    print(
        f"\n{summary.worlds} worlds · {summary.steps} steps, {summary.steps / worlds:.0f} per world · "
        f"{summary.virtual_ms / 3_600_000:.0f} hours of virtual time in {seconds:.1f} s"
    )
    print(f"{summary.worlds / seconds:.0f} worlds/s · {summary.virtual_ms / 1000 / seconds:,.0f} × real time", end="")
    print(f" · digest {summary.digest:016x}")


def print_counterexample(summary: Summary, whole: bool, script: Path | None) -> None:
    """The first world that violated an invariant, shrunk unless `whole`."""
    seed, _ = summary.violations[0]
    began = time.perf_counter()
    found = counterexample_of(seed)
    least = found if whole else shrink(found)
    seconds = time.perf_counter() - began
    print(f"\n{report(least, whole)}")
    print(f"worlds needed: {summary.worlds} · lines: {len(numbered_lines(least, whole))} · shrunk in {seconds:.1f} s")
    _write_script(least, script)


def _write_script(counterexample: Counterexample, file: Path | None) -> None:
    """To the file, also of another world that shows the violation, if no scenario can follow this one."""
    cannot = obstacles(counterexample)
    if file is not None and (other := scriptable(counterexample)) is not None:
        file.write_text(script_of(other), encoding="utf-8")
        print(f"scenario script: {file}" + (f", of the world of seed {other.seed}" if cannot else ""))
    elif cannot:
        print("\nno scenario script, because a scenario cannot do this:")
        print("\n".join(f"  {each}" for each in cannot))
        if file is None:
            print("--script FILE looks for another world that shows the violation")
    else:
        print(f"\n--- scenario script; save it as a file in scenarios/ ---\n{script_of(counterexample)}")


def _coverage_verdict(summary: Summary) -> int:
    missing = summary.not_reached
    if not missing:
        print("All invariants held, and all coverage points were reached.")
        return PASSED
    descriptions = "\n".join(f"  {point.description}" for point in missing)
    if summary.worlds < COVERAGE_REQUIRED_FROM:
        print(f"All invariants held. Not reached, which fails a run of {COVERAGE_REQUIRED_FROM} worlds or more only:")
        print(descriptions)
        return PASSED
    print(f"NOT REACHED, so the invariants were not tested there:\n{descriptions}", file=sys.stderr)
    return FAILED


class _Progress:
    """Prints a line every few seconds; on a terminal it overwrites the same line."""

    def __init__(self, worlds: int) -> None:
        self._worlds = worlds
        self._next = time.monotonic() + PROGRESS_SECONDS

    def show(self, summary: Summary) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        on_terminal = sys.stdout.isatty()
        self._next = now + PROGRESS_SECONDS * (1 if on_terminal else 10)
        rate = summary.worlds / summary.real_seconds
        reached = f"{len(CoveragePoint) - len(summary.not_reached)}/{len(CoveragePoint)} coverage points"
        line = f"{summary.worlds}/{self._worlds} worlds, {rate:.0f} worlds/s, {reached}"
        print(f"\r{line}\x1b[K" if on_terminal else line, end="" if on_terminal else "\n", flush=True)
