"""The closing table in the terminal. It is made from the verdicts of the run, not from the journal."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from sim.picture.formatting import counts_text
from sim.report.verdicts import FAILED, INCONCLUSIVE, PASSED, SIGNS, SKIPPED, Verdict

COLOURS = {PASSED: "green", FAILED: "red", INCONCLUSIVE: "yellow", SKIPPED: "dim"}


def print_table(verdicts: Iterable[Verdict], console: Console) -> None:
    """One row for each scenario: sign, claim and name, memories by status, real time of its test."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    table.add_column("claim", overflow="fold")
    table.add_column("memories")
    table.add_column("time", justify="right")
    for verdict in sorted(verdicts, key=lambda each: each.name):
        sign = f"[{COLOURS[verdict.verdict]}]{SIGNS[verdict.verdict]}[/]"
        claim = f"{verdict.claim}\n[dim]{verdict.name}[/]"
        table.add_row(sign, claim, counts_text(verdict.outcomes), f"{verdict.seconds:.1f} s")
    console.print(table)
