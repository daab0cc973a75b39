"""The command line and the time limits."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import NoReturn

from terraform.deploy.console import misuse

__all__ = ["COMMANDS", "Options", "TimeLimits", "parse", "topologies"]

COMMANDS = ("plan", "apply", "expand", "migrate", "rollout", "smoke", "rollback", "outputs", "unlock", "destroy")

_USAGE = "./deploy.sh TOPOLOGY COMMAND [options] [-- arguments for terraform plan]"

_HELP = """\
usage: {usage}

TOPOLOGY is one of: {topologies}
Each is a file in terraform/topologies and has its own state.

commands:
  plan       show what would change; changes nothing
  apply      plan, ask, apply; with --plan FILE apply exactly that plan. With blue/green deployments (ecs), then deploy
             the new version and wait for the end of the deployment
  expand     migrate the database by the code of IMAGE_TAG before it is deployed: by a copy of the relay with that
             image, which is removed then. Migrations only ever add, so the running version keeps working
  migrate    migrate the database to the newest revision, by the relay function, which is inside the database's network
  rollout    ecs: let CodeDeploy deploy the newest task definition, and wait for the end of the deployment
  smoke      send one recording through the deployed pipeline and delete it; RAWK_API_KEY is the API key
  rollback   return to the images of an earlier commit (--to TAG; default: the images pushed before the running ones).
             The database stays as it is: migrations only ever add
  outputs    print Terraform's outputs as JSON; they contain no secret
  unlock ID  remove the state lock of a run that died
  destroy    remove everything; asks for the name

options:
  --yes           do not ask
  --out FILE      plan: write the plan to FILE
  --plan FILE     apply: apply this plan. Terraform refuses it when the state has changed since
  --no-lock       plan: do not lock the state, for roles that may only read it
  --no-secrets    plan: open no secret, for roles that may read none: compares with the state, without a refresh
  --no-rollout    apply: leave the rollout to a later command
  --to TAG        rollback: the commit to return to

environment:
  AWS_PROFILE, AWS_REGION, ...   as for the AWS CLI; the default region is us-east-1
  IMAGE_TAG                      the commit whose images to deploy; default: the running images
  TF_VAR_...                     any variable of terraform/variables.tf; also image URIs or package paths instead of
                                 IMAGE_TAG
  TF_VAR_openai_api_key, TF_VAR_api_keys_json
                                 the secrets, when they are written: at the first apply, and whenever the topology's
                                 secrets_version is raised. Not needed otherwise
  STATE_BUCKET                   default: terraform-state-NAME-ACCOUNT, which terraform/bootstrap creates
  LOCK_TIMEOUT_SECONDS           how long to wait for the lock of another run ({limits.lock_timeout_seconds})
  ROLLOUT_SECONDS                how long a rollout may take ({limits.rollout_seconds})
  SMOKE_SECONDS                  how long the smoke scenario may take ({limits.smoke_seconds})

examples:
  IMAGE_TAG=$(git rev-parse HEAD) ./deploy.sh ecs plan
  ./deploy.sh ecs plan -- -var log_retention_days=90
  ./deploy.sh ecs rollback --to 3f2a9c1

Exit code: 0 done, 1 failed, 2 wrong command line, 130 interrupted. Starting with an empty account:
docs/how-to/deploy.md
"""


@dataclass(frozen=True)
class TimeLimits:
    """How long to wait, in seconds; each from the environment variable of the same name in capitals."""

    lock_timeout_seconds: int = 60
    rollout_seconds: int = 1800
    smoke_seconds: int = 300
    look_every_seconds: int = 10
    """Between two looks at a running rollout."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> TimeLimits:
        """Raises Failure when a value is not a whole number."""
        given = {each.name: environment.get(each.name.upper(), "") for each in fields(cls)}
        for name, value in given.items():
            if value and not value.isdecimal():
                raise misuse(f"{name.upper()} is not a whole number of seconds: {value}")
        return cls(**{name: int(value) for name, value in given.items() if value})


@dataclass(frozen=True)
class Options:
    """A valid command line."""

    topology: str
    command: str
    lock_id: str | None = None
    yes: bool = False
    out: Path | None = None
    plan: Path | None = None
    lock: bool = True
    secrets: bool = True
    rollout: bool = True
    to: str | None = None
    terraform_arguments: tuple[str, ...] = ()


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise misuse(message)


def topologies(root: Path) -> list[str]:
    """Names of the topologies, by their files."""
    return sorted(path.stem for path in (root / "terraform" / "topologies").glob("*.tfvars"))


def parse(arguments: Sequence[str], root: Path, limits: TimeLimits) -> Options:
    """Read the command line; prints the help and exits for --help. Raises Failure with one sentence for a mistake."""
    ours = list(arguments)
    theirs: list[str] = []
    if "--" in ours:
        position = ours.index("--")
        ours, theirs = ours[:position], ours[position + 1 :]
    known = topologies(root)
    parser = _parser()
    parsed = parser.parse_intermixed_args(ours)
    if parsed.help:
        print(_HELP.format(usage=_USAGE, topologies=" ".join(known), limits=limits), end="")
        raise SystemExit(0)
    _check(parsed, known)
    return Options(
        topology=parsed.topology,
        command=parsed.command,
        lock_id=parsed.lock_id,
        yes=parsed.yes,
        out=parsed.out,
        plan=parsed.plan,
        lock=not parsed.no_lock,
        secrets=not parsed.no_secrets,
        rollout=not parsed.no_rollout,
        to=parsed.to,
        terraform_arguments=tuple(theirs),
    )


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="./deploy.sh", usage=_USAGE, add_help=False, allow_abbrev=False)
    parser.add_argument("topology", nargs="?")
    parser.add_argument("command", nargs="?")
    parser.add_argument("lock_id", nargs="?")
    for flag in ("--yes", "--no-lock", "--no-secrets", "--no-rollout"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("--out", type=_path)
    parser.add_argument("--plan", type=_path)
    parser.add_argument("--to", type=_text)
    return parser


def _check(parsed: argparse.Namespace, known: Sequence[str]) -> None:
    if not parsed.topology or not parsed.command:
        raise misuse(f"a topology ({' '.join(known)}) and a command are required")
    if parsed.topology not in known:
        raise misuse(f"there is no topology {parsed.topology}; there are: {' '.join(known)}")
    if parsed.command not in COMMANDS:
        raise misuse(f"there is no command {parsed.command}; there are: {' '.join(COMMANDS)}")
    if parsed.lock_id and parsed.command != "unlock":
        raise misuse(f"unexpected argument: {parsed.lock_id}")
    if parsed.command == "unlock" and not parsed.lock_id:
        raise misuse("unlock needs the ID that the message about the lock shows")
    if parsed.no_secrets and (parsed.command != "plan" or parsed.out is not None):
        raise misuse("--no-secrets is for a plan that nobody applies: without --out")
    if parsed.plan is not None and not parsed.plan.is_file():
        raise misuse(f"there is no plan {parsed.plan}")


def _path(text: str) -> Path:
    return Path(_text(text)).absolute()


def _text(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("expected one argument")
    return text
