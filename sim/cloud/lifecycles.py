"""The lifecycle of every topology, side by side in one local cloud: `python -m sim.cloud.lifecycles`.

The provider itself waits (25 s for a queue, a minute for a load balancer, 80 s for a database). Beside each other
these waits overlap, and two processors are enough.
"""

import argparse
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

from sim.cloud.inventory import inventory, left_over
from sim.cloud.moto import MotoNotStarted
from sim.cloud.servers import Cloud
from sim.cloud.topology_lifecycle import Lap
from sim.localstack.command import ends_quietly
from sim.localstack.server import LocalStackNotStarted
from sim.platform.locked_environment import EnvironmentNotBuilt
from sim.platform.paths import ENVIRONMENTS
from sim.platform.processes import claim, clear_stale
from sim.provisioning.errors import TerraformError
from sim.provisioning.function_package import build_package
from sim.provisioning.terraform import find_terraform

TOPOLOGIES = ("apprunner", "ec2", "ecs", "apprunner-private", "lambda")
MORE = ("core",)
LIMIT_SECONDS = 900.0
TELL_EVERY_SECONDS = 20.0
EXIT_FAILED = 1
EXIT_NOT_RUN = 2

ABOUT = "Plan, apply, plan again, change and destroy each topology in a local cloud of its own, and sweep what is left."


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when every topology came round, 1 when one did not, 2 when it could not be tried."""
    parsed = _parser().parse_args(arguments)
    try:
        find_terraform()
    except TerraformError as error:
        print(f"circle: {'skipped: ' if parsed.skip_without_terraform else ''}{error}", file=sys.stderr)
        return 0 if parsed.skip_without_terraform else EXIT_NOT_RUN
    try:
        with ends_quietly():
            return _run(parsed.topologies or TOPOLOGIES)
    except (LocalStackNotStarted, MotoNotStarted, EnvironmentNotBuilt, TerraformError) as error:
        print(f"circle: {error}", file=sys.stderr)
        return EXIT_NOT_RUN
    except KeyboardInterrupt:
        print("circle: stopped; its cloud is gone with all that was in it")
        return EXIT_NOT_RUN


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sim.cloud.lifecycles", description=ABOUT)
    parser.add_argument("topologies", nargs="*", metavar="TOPOLOGY", type=_topology, help=f"of {', '.join(TOPOLOGIES)}")
    parser.add_argument(
        "--skip-without-terraform", action="store_true", help="where there is none, say so and end well"
    )
    return parser


def _topology(text: str) -> str:
    if text not in TOPOLOGIES + MORE:
        raise argparse.ArgumentTypeError(f"there is no topology {text}: {', '.join(TOPOLOGIES + MORE)}")
    return text


def _run(topologies: Sequence[str]) -> int:
    began = time.monotonic()
    with _folder() as folder, Cloud(folder / "cloud") as cloud:
        _say(f"cloud ready: {cloud.endpoints()}")
        before = inventory(cloud)
        give_up_at, package = began + LIMIT_SECONDS, build_package()
        laps = [Lap(each, folder / each, cloud, package, give_up_at=give_up_at, say=Say(began)) for each in topologies]
        _go_round(laps, Say(began))
        left = sorted(left_over(inventory(cloud)) - before)
    print(table(laps))
    print(f"{time.monotonic() - began:.0f} s in all")
    return _verdict(laps, left)


def _go_round(laps: Sequence[Lap], say: "Say") -> None:
    with ThreadPoolExecutor(len(laps)) as beside:
        running = [beside.submit(lap.run) for lap in laps]
        try:
            while wait(running, TELL_EVERY_SECONDS).not_done:
                say(" | ".join(lap.progress() for lap in laps))
        except BaseException:
            for stopping in [threading.Thread(target=lap.stop) for lap in laps]:
                stopping.start()
            raise
        for each in running:
            each.result()  # what is no TerraformError is a mistake of ours, and shall be seen


def _verdict(laps: Sequence[Lap], left: Sequence[str]) -> int:
    for lap in laps:
        if lap.problem:
            print(f"\n{lap.topology} broke at {lap.problem}", file=sys.stderr)
    if any(lap.problem for lap in laps):
        return EXIT_FAILED
    if left:
        print(f"all were destroyed, and yet the cloud still has {'; '.join(left)}", file=sys.stderr)
        return EXIT_FAILED
    return 0


def table(laps: Sequence[Lap]) -> str:
    """A line for each topology: its resources, the seconds of each step, what came of it."""
    steps = list(dict.fromkeys(step for lap in laps for step in lap.seconds))
    rows = [["topology", "resources", *steps, "verdict"]]
    for lap in laps:
        seconds = [f"{lap.seconds[step]:.0f} s" if step in lap.seconds else "" for step in steps]
        rows.append([lap.topology, str(lap.resources), *seconds, "broken" if lap.problem else "round"])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder that the next run removes, should this one be killed."""
    home = ENVIRONMENTS.parent
    home.mkdir(parents=True, exist_ok=True)
    clear_stale(home)
    folder = Path(tempfile.mkdtemp(prefix="circle-", dir=home))
    claim(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Say:
    """Prints a line with the seconds since the beginning in front."""

    def __init__(self, began: float) -> None:
        self._began = began

    def __call__(self, line: str) -> None:
        print(f"{time.monotonic() - self._began:5.0f} s  {line}", flush=True)


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
