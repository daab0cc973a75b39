"""`tox -e sim -- cloud`: a local control plane for all AWS services that the Terraform configuration uses."""

import argparse
import os
import shlex
import sys
import time
from pathlib import Path

from sim.localstack.command import ends_quietly, port_of, settings_of
from sim.platform.locked_environment import EnvironmentNotBuilt
from sim.platform.paths import ENVIRONMENTS

PORT = 4566
LAST_PORT = 65535
EXIT_NOT_STARTED = 2
EXIT_STOPPED = 1
POLL_SECONDS = 0.5

ABOUT = "Run a local control plane for the whole Terraform configuration, all five topologies, until Ctrl-C."

EPILOG = """\
Starts two servers on 127.0.0.1. LocalStack with our extension runs S3, SQS, SNS, Lambda, IAM (enforced), STS, Logs,
CloudWatch, EventBridge, Scheduler, Secrets Manager and SSM. moto with our additions stores and describes the resources
of EC2, RDS, ECR, ECS, ELBv2, API Gateway, Application Auto Scaling, App Runner, CodeDeploy, Budgets, X-Ray and
DynamoDB.

The SDKs, the CLI and Terraform read the address of each service from AWS_ENDPOINT_URL_<SERVICE>. The command writes a
file with these variables:

  tox -e sim -- cloud &                            # prints the path of the file
  source .sim/cloud-4566/env                       # this shell now uses the local control plane
  terraform apply -var-file=topologies/ecs.tfvars  # the unchanged configuration

All resources are lost when it stops. `tox -e terraform` runs the whole lifecycle (plan, apply, plan, change, destroy)
of all topologies. LocalStack alone, for scenarios and other projects: `tox -e sim -- emulator`.
More: docs/how-to/local-cloud.md
"""


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    added = commands.add_parser(
        "cloud",
        help=ABOUT.rstrip("."),
        description=ABOUT,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    added.add_argument("--port", type=port_of, default=PORT, help="port of LocalStack (default: %(default)s)")
    added.add_argument("--moto-port", type=port_of, help="port of moto (default: LocalStack's plus one)")
    added.add_argument("--env", type=Path, metavar="FILE", help="file for the variables (default: below .sim)")
    added.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM. Returns the exit code."""
    from sim.cloud.moto import MotoNotStarted
    from sim.localstack.server import LocalStackNotStarted

    try:
        with ends_quietly():
            return _serve(parsed)
    except (LocalStackNotStarted, MotoNotStarted, EnvironmentNotBuilt) as error:
        print(f"sim cloud: {error}", file=sys.stderr)
        return EXIT_NOT_STARTED
    except KeyboardInterrupt:
        print("stopped")
        return 0


def _serve(parsed: argparse.Namespace) -> int:
    from sim.cloud.servers import Cloud
    from sim.platform.killed_runs import clear_stale

    began = time.monotonic()
    home = ENVIRONMENTS.parent
    clear_stale(home)
    folder = home / f"cloud-{parsed.port}"
    file: Path = parsed.env or folder / "env"
    cloud = Cloud(
        folder,
        port=parsed.port,
        moto_port=parsed.moto_port or parsed.port % LAST_PORT + 1,
        settings=settings_of(os.environ),
    )
    try:
        cloud.start(_say)
        write_environment(file, cloud.environment())
        _say(f"ready after {time.monotonic() - began:.1f} s: {cloud.endpoints()}; logs in {folder}")
        _say(f"in your shell: source {shlex.quote(str(file))}")
        _say("Ctrl-C stops it")
        while cloud.stopped_server() is None:
            time.sleep(POLL_SECONDS)
        print(f"sim cloud: {cloud.stopped_server()} ended by itself; its log is in {folder}", file=sys.stderr)
        return EXIT_STOPPED
    finally:
        cloud.stop()
        file.unlink(missing_ok=True)  # it would point to servers that no longer run


def write_environment(file: Path, variables: dict[str, str]) -> None:
    """Write the variables as shell commands."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items()))


def _say(line: str) -> None:
    print(line, flush=True)
