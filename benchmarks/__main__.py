"""`tox -e bench -- [GROUP] [--quick]`: measurements beside a target and, where there is one, a peer in the run.

Machines are shared and noisy, so the ratios say more than the times. The exit code says whether the measurement worked,
not whether targets were reached. All measurements go to `.sim/bench.json`.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from benchmarks import api, catalogue, demo_page, emulators, explorer, growth, requests, worker, world
from benchmarks.counts import command as counts
from benchmarks.figures import Figure, markdown, show, with_table, write
from benchmarks.profile import command as profile

GROUPS: dict[str, Callable[[Path, bool], list[Figure]]] = {
    "api": api.measure,
    "emulator": emulators.measure,
    "explorer": explorer.measure,
    "growth": growth.measure,
    "page": lambda folder, _: demo_page.measure(folder),
    "requests": requests.measure,
    "worker": worker.measure,
    "world": lambda folder, _: world.measure(folder),
}
COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "catalogue": catalogue.main,
    "counts": counts.main,
    "profile": profile.main,
}
"""They have options and results of their own."""
README = Path(__file__).with_name("README.md")
RESULT = Path(".sim") / "bench.json"


def main() -> int:
    if sys.argv[1:] and sys.argv[1] in COMMANDS:
        return COMMANDS[sys.argv[1]](sys.argv[2:])
    parser = argparse.ArgumentParser(prog="tox -e bench --", description=__doc__.partition("\n\n")[2])
    parser.add_argument("group", nargs="*", metavar="GROUP", help=f"{', '.join(GROUPS)} (all)")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter measurements, for CI")
    parser.add_argument("--write", action="store_true", help=f"keep the table in {README}")
    options = parser.parse_args()
    chosen = options.group or list(GROUPS)
    if unknown := set(chosen) - set(GROUPS):
        parser.error(f"there is no group {', '.join(sorted(unknown))}: choose among {', '.join(GROUPS)}")
    console = Console(highlight=False, width=150)
    figures: list[Figure] = []
    for name in chosen:
        console.print(f"measuring: {name}")
        with tempfile.TemporaryDirectory(prefix="rawk-bench-") as folder:
            figures += GROUPS[name](Path(folder), options.quick)
    show(figures, console)
    write(figures, RESULT)
    if options.write:
        README.write_text(with_table(README.read_text(encoding="utf-8"), markdown(figures)), encoding="utf-8")
    console.print(f"\nwritten to {RESULT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
