"""The lifecycles of all topologies, in parallel in one local cloud: `tox -e terraform`.

The provider itself waits (25 s for a queue, a minute for a load balancer, 80 s for a database). In parallel these waits
overlap, and two processors are enough.
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

from sim.cloud.inventory import inventory, unexpected
from sim.cloud.moto import MotoNotStarted
from sim.cloud.servers import Cloud
from sim.cloud.topology_lifecycle import TopologyLifecycle
from sim.localstack.command import ends_quietly
from sim.localstack.server import LocalStackNotStarted
from sim.platform.killed_runs import claim, clear_stale
from sim.platform.locked_environment import EnvironmentNotBuilt
from sim.platform.paths import ENVIRONMENTS
from sim.provisioning.errors import TerraformError
from sim.provisioning.function_package import build_package
from sim.provisioning.terraform import find_terraform

TOPOLOGIES = ("apprunner", "ec2", "ecs", "apprunner-private", "lambda")
OTHERS = ("core",)
LIMIT_SECONDS = 900.0
PROGRESS_EVERY_SECONDS = 20.0
EXIT_FAILED = 1
EXIT_NOT_RUN = 2

ABOUT = (
    "Plan, apply, plan again, change and destroy each topology in a local cloud, then search for remaining resources."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when every lifecycle passed, 1 when one failed, 2 when they could not be run."""
    parsed = _parser().parse_args(arguments)
    try:
        find_terraform()
    except TerraformError as error:
        print(f"lifecycles: {'skipped: ' if parsed.skip_without_terraform else ''}{error}", file=sys.stderr)
        return 0 if parsed.skip_without_terraform else EXIT_NOT_RUN
    try:
        with ends_quietly():
            return _run(parsed.topologies or TOPOLOGIES)
    except (LocalStackNotStarted, MotoNotStarted, EnvironmentNotBuilt, TerraformError) as error:
        print(f"lifecycles: {error}", file=sys.stderr)
        return EXIT_NOT_RUN
    except KeyboardInterrupt:
        print("lifecycles: interrupted; the local cloud was removed with all its resources")
        return EXIT_NOT_RUN


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tox -e terraform --", description=ABOUT)
    parser.add_argument("topologies", nargs="*", metavar="TOPOLOGY", type=_topology, help=f"of {', '.join(TOPOLOGIES)}")
    parser.add_argument(
        "--skip-without-terraform",
        action="store_true",
        help="when terraform is missing, print a sentence and exit with 0",
    )
    return parser


def _topology(text: str) -> str:
    if text not in TOPOLOGIES + OTHERS:
        raise argparse.ArgumentTypeError(f"there is no topology {text}; choose from {', '.join(TOPOLOGIES + OTHERS)}")
    return text


def _run(topologies: Sequence[str]) -> int:
    began = time.monotonic()
    with _folder() as folder, Cloud(folder / "cloud") as cloud:
        _say(f"cloud ready: {cloud.endpoints()}")
        before = inventory(cloud)
        deadline, package = began + LIMIT_SECONDS, build_package()
        lifecycles = [
            TopologyLifecycle(each, folder / each, cloud, package, deadline=deadline, say=Say(began))
            for each in topologies
        ]
        _run_all(lifecycles, Say(began))
        remaining = sorted(unexpected(inventory(cloud)) - before)
    print(table(lifecycles))
    print(f"{time.monotonic() - began:.0f} s in total")
    return _exit_code(lifecycles, remaining)


def _run_all(lifecycles: Sequence[TopologyLifecycle], say: "Say") -> None:
    with ThreadPoolExecutor(len(lifecycles)) as pool:
        running = [pool.submit(lifecycle.run) for lifecycle in lifecycles]
        try:
            while wait(running, PROGRESS_EVERY_SECONDS).not_done:
                say(" | ".join(lifecycle.progress() for lifecycle in lifecycles))
        except BaseException:
            for stopping in [threading.Thread(target=lifecycle.stop) for lifecycle in lifecycles]:
                stopping.start()
            raise
        for each in running:
            each.result()  # raises any other error than a TerraformError: it is a bug of this module


def _exit_code(lifecycles: Sequence[TopologyLifecycle], remaining: Sequence[str]) -> int:
    for lifecycle in lifecycles:
        if lifecycle.failure:
            print(f"\n{lifecycle.topology} failed at {lifecycle.failure}", file=sys.stderr)
    if any(lifecycle.failure for lifecycle in lifecycles):
        return EXIT_FAILED
    if remaining:
        print(f"after all destroys the cloud still has {'; '.join(remaining)}", file=sys.stderr)
        return EXIT_FAILED
    return 0


def table(lifecycles: Sequence[TopologyLifecycle]) -> str:
    """A line for each topology: the number of its resources, the seconds of each step, the verdict."""
    steps = list(dict.fromkeys(step for lifecycle in lifecycles for step in lifecycle.seconds))
    rows = [["topology", "resources", *steps, "verdict"]]
    for lifecycle in lifecycles:
        seconds = [f"{lifecycle.seconds[step]:.0f} s" if step in lifecycle.seconds else "" for step in steps]
        rows.append(
            [lifecycle.topology, str(lifecycle.resources), *seconds, "failed" if lifecycle.failure else "passed"]
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


@contextmanager
def _folder() -> Iterator[Path]:
    """A temporary folder. If this run is killed, the next one removes it."""
    home = ENVIRONMENTS.parent
    home.mkdir(parents=True, exist_ok=True)
    clear_stale(home)
    folder = Path(tempfile.mkdtemp(prefix="lifecycles-", dir=home))
    claim(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Say:
    """Prints a line after the seconds since the start."""

    def __init__(self, began: float) -> None:
        self._began = began

    def __call__(self, line: str) -> None:
        print(f"{time.monotonic() - self._began:5.0f} s  {line}", flush=True)


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
