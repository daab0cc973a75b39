"""What a command works with: the options, the deployment's name and account, Terraform and the AWS CLI."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from terraform.deploy.aws_cli import Aws, AwsError
from terraform.deploy.console import Failure
from terraform.deploy.interruption import Interruption
from terraform.deploy.options import Options, TimeLimits
from terraform.deploy.terraform_cli import Target, Terraform

__all__ = ["Deployment", "prepare", "require"]


@dataclass(frozen=True)
class Deployment:
    """One topology in one account, and the command's options."""

    options: Options
    limits: TimeLimits
    target: Target
    work: Path
    """A temporary folder."""
    interruption: Interruption
    terraform: Terraform
    aws: Aws

    def confirm(self, question: str, expected: str) -> None:
        """Ask the operator unless --yes is given. Raises Failure when the answer is another one than expected."""
        if self.options.yes:
            return
        if not sys.stdin.isatty():
            raise Failure(
                f"there is no terminal to ask on: {question}",
                "add --yes, or for an apply: --plan FILE, a reviewed plan. Nothing was changed.",
            )
        if self.interruption.ask(question) != expected:
            raise Failure("not confirmed; nothing was changed")


def prepare(options: Options, environment: Mapping[str, str], root: Path) -> Target:
    """Find name, account, region and state bucket. Raises Failure when a tool or the credentials are missing."""
    require(environment, "terraform", "aws")
    settings = (root / "terraform" / "topologies" / f"{options.topology}.tfvars").read_text(encoding="utf-8")
    name = _name(options, settings)
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or "us-east-1"
    theirs = _environment(environment, root, options.topology, region)
    try:
        account = Aws(theirs).run("sts", "get-caller-identity", "--query", "Account", "--output", "text")
    except AwsError as error:
        raise Failure(
            f"no valid AWS credentials: {' '.join(str(error).split())[:200]}",
            "log in (aws sso login --profile NAME; export AWS_PROFILE=NAME) or set AWS_ACCESS_KEY_ID and"
            " AWS_SECRET_ACCESS_KEY. Nothing was changed.",
        ) from error
    return Target(
        topology=options.topology,
        name=name,
        region=region,
        account=account,
        bucket=environment.get("STATE_BUCKET") or f"terraform-state-{name}-{account}",
        has_api=_setting("topology", settings) != "core",
        environment=theirs,
    )


def require(environment: Mapping[str, str], *tools: str) -> None:
    """Raises Failure when a tool is not on the PATH."""
    for tool in tools:
        if shutil.which(tool, path=environment.get("PATH")) is None:
            raise Failure(f"there is no {tool} on the PATH; docs/how-to/deploy.md lists the required tools")


def _name(options: Options, settings: str) -> str:
    """The pipeline's name, from the topology's file or from `-var=name=...` after `--`."""
    name = _setting("name", settings)
    for argument in options.terraform_arguments:
        if argument.startswith(("-var=name=", "name=")):
            name = argument.rpartition("name=")[2]
    if not name:
        raise Failure(f"terraform/topologies/{options.topology}.tfvars sets no name")
    return name


def _setting(name: str, settings: str) -> str:
    found = re.search(rf'^{name} *= *"(.*)"', settings, re.MULTILINE)
    return found[1] if found else ""


def _environment(environment: Mapping[str, str], root: Path, topology: str, region: str) -> dict[str, str]:
    """The environment of Terraform and the AWS CLI."""
    # A CI variable without a value is empty; for Terraform that would be a value.
    kept = {name: value for name, value in environment.items() if value or not name.startswith("TF_VAR_")}
    return kept | {
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,  # the older AWS CLI reads this one only
        "TF_VAR_region": region,
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
        "CHECKPOINT_DISABLE": "1",
        # One folder for each topology, because each has its own backend.
        "TF_DATA_DIR": str(root / "terraform" / ".terraform" / topology),
    }
