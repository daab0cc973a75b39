"""`tox -e bench -- counts [--write]`: what one recording, one request, one run of the relay takes, counted.

The counts do not depend on the machine. Exit code 1 where one is higher than `benchmarks/counts.toml` says.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.counts.checked_in import ACCEPT, FILE, SLOW, changes, read, text_of
from benchmarks.counts.measuring import Measured, measure


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="tox -e bench -- counts", description=__doc__.partition("\n\n")[2])
    parser.add_argument("--write", action="store_true", help=f"accept them: write {FILE.name} anew")
    options = parser.parse_args(arguments)
    console = Console(highlight=False, soft_wrap=True)
    with tempfile.TemporaryDirectory(prefix="rawk-counts-") as folder:
        measured = measure(Path(folder))
    if options.write:
        FILE.write_text(text_of(measured), encoding="utf-8")
        console.print(f"{FILE} written")
        return 0
    return report(measured, console)


def report(measured: Measured, console: Console, file: Path = FILE) -> int:
    """Print each change; 1 where one is for the worse."""
    before, seconds = read(file)
    found = changes(before, measured.counts)
    for change in found:
        console.print(f"{'✘' if change.is_worse else '✔'} {change}")
    if measured.seconds > SLOW * seconds:
        console.print(f"warning: it took {measured.seconds:.0f} s, {seconds:.0f} s when the counts were written")
    total = sum(len(counts) for counts in measured.counts.values())
    worse = sum(change.is_worse for change in found)
    console.print(f"{total} counts, {worse} worse, {len(found) - worse} better than {file.name} says")
    if found:
        console.print(f"If that is wanted: {ACCEPT}")
    return 1 if worse else 0
