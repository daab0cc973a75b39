"""The lifecycles of all topologies, by the roles of `terraform/bootstrap`, in one local cloud: `tox -e terraform`.

The provider itself waits (25 s for a queue, a minute for a load balancer, 80 s for a database). In parallel these waits
overlap, and two processors are enough.

With `--without STATEMENT` the deploy role lacks a statement of its policies, and the run passes when that is noticed.
"""

import argparse
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

from sim.cloud.delivery import PROVIDER
from sim.cloud.inventory import inventory, unexpected
from sim.cloud.judgements import ROLES, Denied, decided_alone, denials
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
PROGRESS_EVERY_SECONDS = 20.0
EXIT_FAILED = 1
EXIT_NOT_RUN = 2

ABOUT = (
    "Bootstrap, plan, apply, change, roll back and destroy each topology in a local cloud, by its roles; then"
    " search for refused calls, idle statements and remaining resources."
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
            return _run(parsed.topologies or TOPOLOGIES, parsed.without)
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
        "--without", metavar="STATEMENT", help="take this statement out of the deploy role; a call must then be refused"
    )
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


def _run(topologies: Sequence[str], without: str | None) -> int:
    began = time.monotonic()
    with _folder() as folder, Cloud(folder / "cloud") as cloud:
        _say(f"cloud ready: {cloud.endpoints()}")
        _trust_github(cloud)
        before = inventory(cloud)
        package, turns = build_package(), threading.Semaphore(os.cpu_count() or 1)
        lifecycles = [
            TopologyLifecycle(each, folder / each, cloud, package, turns=turns, say=Say(began), without=without)
            for each in topologies
        ]
        _run_all(lifecycles, Say(began))
        kept = before.union(*(lifecycle.kept for lifecycle in lifecycles))
        remaining = sorted(unexpected(inventory(cloud)) - kept)
        statements = {kind: decided_alone(cloud, [each.delivery for each in lifecycles], kind) for kind in ROLES}
        refused = [each for lifecycle in lifecycles for each in denials(cloud, lifecycle.delivery)]
    print(table(lifecycles))
    print(f"{time.monotonic() - began:.0f} s in total")
    if without:
        return _verdict_without(without, refused)
    print(decisions(statements))
    complete = set(topologies) >= set(TOPOLOGIES)
    return _exit_code(lifecycles, remaining, idle(statements) if complete else [])


def _trust_github(cloud: Cloud) -> None:
    """The account has GitHub's identity provider already: one account has one, and here are five deliveries."""
    url = f"https://{PROVIDER.partition('oidc-provider/')[2]}"
    cloud.client("iam").create_open_id_connect_provider(Url=url, ClientIDList=["sts.amazonaws.com"])


def _verdict_without(statement: str, refused: Sequence[Denied]) -> int:
    """Whether the absence of the statement was noticed."""
    for each in refused:
        print(f"without {statement}: {each}")
    if not refused:
        print(f"without {statement} no call was refused: these topologies do not need it", file=sys.stderr)
    return 0 if refused else EXIT_FAILED


def decisions(statements: Mapping[str, Mapping[str, int]]) -> str:
    """For each role the statements, and how many calls each alone allowed."""
    lines = []
    for role, counted in statements.items():
        each = ", ".join(f"{name} {times}" for name, times in sorted(counted.items()))
        lines.append(f"calls that one statement of the {role} role alone allowed: {each}")
    return "\n".join(lines)


def idle(statements: Mapping[str, Mapping[str, int]]) -> list[str]:
    """The statements without which every call would have been allowed all the same."""
    return [
        f"{name} of the {role} role" for role, each in statements.items() for name, times in each.items() if not times
    ]


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


def _exit_code(lifecycles: Sequence[TopologyLifecycle], remaining: Sequence[str], idle: Sequence[str]) -> int:
    for lifecycle in lifecycles:
        if lifecycle.failure:
            print(f"\n{lifecycle.topology} failed at {lifecycle.failure}", file=sys.stderr)
    if any(lifecycle.failure for lifecycle in lifecycles):
        return EXIT_FAILED
    if remaining:
        print(f"after all destroys the cloud still has {'; '.join(remaining)}", file=sys.stderr)
        return EXIT_FAILED
    if idle:
        print(f"no call needs the statement {'; '.join(idle)}", file=sys.stderr)
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
