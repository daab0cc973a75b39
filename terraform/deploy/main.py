"""The entry point: reads the command line, prepares Terraform and the AWS CLI, runs one command."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from terraform.deploy import commands
from terraform.deploy.aws_cli import Aws
from terraform.deploy.console import EXIT_INTERRUPTED, Failure, report
from terraform.deploy.deployment import Deployment, prepare
from terraform.deploy.interruption import Interruption
from terraform.deploy.options import Options, TimeLimits, parse
from terraform.deploy.terraform_cli import Terraform

__all__ = ["main"]

ROOT = Path(__file__).resolve().parents[2]


def main(
    arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None, root: Path = ROOT
) -> int:
    """Run one command. Returns the exit code: 0 done, 1 failed, 2 wrong command line, 130 interrupted."""
    environment = os.environ if environment is None else environment
    interruption = Interruption()
    try:
        limits = TimeLimits.read(environment)
        options = parse(sys.argv[1:] if arguments is None else arguments, root, limits)
        with tempfile.TemporaryDirectory(prefix="rawk-deploy-") as work, interruption.handled():
            return _run(options, limits, environment, root, Path(work), interruption)
    except Failure as failure:
        report(*failure.sentences)
        return EXIT_INTERRUPTED if interruption.requested else failure.exit_code


def _run(
    options: Options,
    limits: TimeLimits,
    environment: Mapping[str, str],
    root: Path,
    work: Path,
    interruption: Interruption,
) -> int:
    if options.command == "apply" and environment.get("CI") and options.plan is None:
        raise Failure(
            f"in CI, apply a reviewed plan: ./deploy.sh {options.topology} apply --plan FILE, with the FILE of an"
            " earlier `plan --out FILE`",
        )
    target = prepare(options, environment, root)
    deployment = Deployment(
        options=options,
        limits=limits,
        target=target,
        work=work,
        interruption=interruption,
        terraform=Terraform(root / "terraform", target, interruption),
        aws=Aws(target.environment),
    )
    deployment.terraform.init()
    report(f"{target.topology} ({target.name}) in account {target.account}, {target.region}; state in {target.bucket}")
    return commands.COMMANDS[options.command](deployment)
