"""`tox -e bench -- [emulator] [page] [world]`: measurements beside a target and, where there is one, a peer in the run.

Machines are shared and noisy, so the ratios say more than the times. The exit code says whether the measurement worked,
not whether targets were reached. All measurements go to `.sim/bench.json`.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from benchmarks import demo_page, emulator, world
from benchmarks.figures import Figure, show, write

GROUPS: dict[str, Callable[[Path], list[Figure]]] = {
    "emulator": emulator.measure,
    "page": demo_page.measure,
    "world": world.measure,
}
RESULT = Path(".sim") / "bench.json"


def main() -> int:
    parser = argparse.ArgumentParser(prog="tox -e bench --", description=__doc__.partition("\n\n")[2])
    parser.add_argument("group", nargs="*", metavar="GROUP", help=f"{', '.join(GROUPS)} (all)")
    chosen = parser.parse_args().group or list(GROUPS)
    if unknown := set(chosen) - set(GROUPS):
        parser.error(f"there is no group {', '.join(sorted(unknown))}: choose among {', '.join(GROUPS)}")
    console = Console(highlight=False, width=150)
    figures: list[Figure] = []
    for name in chosen:
        console.print(f"measuring: {name}")
        with tempfile.TemporaryDirectory(prefix="rawk-bench-") as folder:
            figures += GROUPS[name](Path(folder))
    show(figures, console)
    write(figures, RESULT)
    console.print(f"\nwritten to {RESULT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
