"""The lifecycles of all topologies, by the roles of `terraform/bootstrap`, in one local cloud: `tox -e terraform`.

The provider itself waits (25 s for a queue, a minute for a load balancer, 80 s for a database). In parallel these waits
overlap, and two processors are enough.

With `--without STATEMENT …` there is a lifecycle for each statement, whose deploy role lacks it. The run passes when
every absence was noticed.
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
from sim.cloud.judgements import ROLES, Denied, decided_alone, denials, unused_actions
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
            topologies = parsed.topologies or TOPOLOGIES
            return _run_without(topologies, parsed.without) if parsed.without else _run(topologies)
    except (LocalStackNotStarted, MotoNotStarted, EnvironmentNotBuilt, TerraformError) as error:
        print(f"lifecycles: {error}", file=sys.stderr)
        return EXIT_NOT_RUN
    except KeyboardInterrupt:
        print("lifecycles: interrupted; the local cloud was removed with all its resources")
        return EXIT_NOT_RUN


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tox -e lifecycles --", description=ABOUT)
    parser.add_argument("topologies", nargs="*", metavar="TOPOLOGY", type=_topology, help=f"of {', '.join(TOPOLOGIES)}")
    parser.add_argument(
        "--without",
        nargs="+",
        metavar="STATEMENT",
        help="take each of these statements out of a deploy role; a call of each lifecycle must then be refused",
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


def _run(topologies: Sequence[str]) -> int:
    began = time.monotonic()
    with _folder() as folder, Cloud(folder / "cloud") as cloud:
        before = _prepared(cloud)
        package, turns = build_package(), _turns()
        lifecycles = [
            TopologyLifecycle(each, f"{each}-lifecycle", folder / each, cloud, package, turns=turns, say=Say(began))
            for each in topologies
        ]
        _run_all(lifecycles, Say(began))
        kept = before.union(*(lifecycle.kept for lifecycle in lifecycles))
        remaining = sorted(unexpected(inventory(cloud)) - kept)
        deliveries = [each.delivery for each in lifecycles]
        statements = {kind: decided_alone(cloud, deliveries, kind) for kind in ROLES}
        unused = unused_actions(cloud, deliveries)
    print(table(lifecycles))
    print(f"{time.monotonic() - began:.0f} s in total")
    print(decisions(statements))
    print(f"actions of the deploy role that no call used: {', '.join(unused) or 'none'}")
    complete = set(topologies) >= set(TOPOLOGIES)
    return _exit_code(lifecycles, remaining, idle(statements) if complete else [])


def _run_without(topologies: Sequence[str], statements: Sequence[str]) -> int:
    began = time.monotonic()
    with _folder() as folder, Cloud(folder / "cloud") as cloud:
        _prepared(cloud)
        package, turns, say = build_package(), _turns(), Say(began)
        lifecycles = [
            TopologyLifecycle(
                topology, name, folder / name, cloud, package, turns=turns, say=say, without=statements[number]
            )
            for number in range(len(statements))
            for topology in topologies
            for name in [f"{topology}-without-{number}"]
        ]
        _run_all(lifecycles, say)
        refused = {each: denials(cloud, each.delivery) for each in lifecycles}
    print(f"{time.monotonic() - began:.0f} s in total")
    noticed = [_is_noticed(lifecycle, of_it) for lifecycle, of_it in refused.items()]
    return 0 if all(noticed) else EXIT_FAILED


def _is_noticed(lifecycle: TopologyLifecycle, refused: Sequence[Denied]) -> bool:
    """Whether a call was refused for lack of the statement."""
    if not refused:
        print(f"without {lifecycle.without} {lifecycle.topology} had no refused call: it does not need the statement")
    for each in refused:
        print(f"without {lifecycle.without} {lifecycle.topology} failed at {lifecycle.failed_step}: {each}")
    return bool(refused)


def _prepared(cloud: Cloud) -> frozenset[str]:
    """What the cloud has before the first lifecycle.

    Its account has GitHub's identity provider already: an account has one, and here are many deliveries.
    """
    _say(f"cloud ready: {cloud.endpoints()}")
    url = f"https://{PROVIDER.partition('oidc-provider/')[2]}"
    cloud.client("iam").create_open_id_connect_provider(Url=url, ClientIDList=["sts.amazonaws.com"])
    return inventory(cloud)


def _turns() -> threading.Semaphore:
    return threading.Semaphore(os.cpu_count() or 1)


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
