"""`summary.json` for programs and the closing table for people, both from the same verdicts."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from sim.report.verdicts import BROKEN, HELD, SIGNS, SKIPPED, UNKNOWN, Verdict

EXIT_HELD, EXIT_BROKEN, EXIT_UNKNOWN = 0, 1, 2

COLOURS = {HELD: "green", BROKEN: "red", UNKNOWN: "yellow", SKIPPED: "dim"}


def write_summary(folder: Path, verdicts: list[Verdict], **about: Any) -> None:
    """`about` holds what goes on top: seed, engine, real seconds."""
    counts = Counter(verdict.verdict for verdict in verdicts)
    summary = {
        **about,
        "counts": {kind: counts[kind] for kind in (HELD, BROKEN, UNKNOWN, SKIPPED)},
        "scenarios": [verdict.as_json() for verdict in sorted(verdicts, key=lambda each: each.name)],
    }
    (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")


def print_table(verdicts: list[Verdict], console: Console) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    table.add_column("claim", overflow="fold")
    table.add_column("memories")
    table.add_column("time", justify="right")
    for verdict in sorted(verdicts, key=lambda each: each.name):
        colour = COLOURS[verdict.verdict]
        memories = ", ".join(f"{count} {status}" for status, count in sorted(verdict.outcomes.items()))
        sign = f"[{colour}]{SIGNS[verdict.verdict]}[/]"
        table.add_row(sign, f"{verdict.claim}\n[dim]{verdict.name}[/]", memories, f"{verdict.seconds:.1f} s")
    console.print(table)


def exit_code(verdicts: list[Verdict]) -> int:
    """0 all held, 1 something broke, 2 nothing broke but something was never put to the test."""
    kinds = {verdict.verdict for verdict in verdicts}
    if BROKEN in kinds:
        return EXIT_BROKEN
    return EXIT_UNKNOWN if UNKNOWN in kinds else EXIT_HELD
