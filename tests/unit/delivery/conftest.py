"""A deployment whose Terraform and AWS CLI are replaced by fakes that record their calls."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from terraform.deploy.aws_cli import AwsError
from terraform.deploy.deployment import Deployment
from terraform.deploy.interruption import Interruption
from terraform.deploy.options import Options, TimeLimits
from terraform.deploy.terraform_cli import Change, Target


class FakeTerraform:
    """Returns the given outputs and changes, and records the commands that it was called with."""

    def __init__(self) -> None:
        self.outputs: dict[str, Any] = {}
        self.planned: list[Change] = []
        self.commands: list[tuple[str, ...]] = []

    def run(self, *arguments: str) -> None:
        self.commands.append(arguments)

    def output(self, name: str) -> Any:
        return self.outputs.get(name)

    def changes(self, _plan: Path) -> list[Change]:
        return self.planned


class FakeAws:
    """Answers `SERVICE OPERATION` from `answers`, in order; an exception is raised."""

    def __init__(self) -> None:
        self.answers: dict[str, list[str | AwsError]] = {}
        self.calls: list[tuple[str, ...]] = []

    def run(self, *arguments: str, read_timeout_seconds: int = 60) -> str:
        assert read_timeout_seconds > 0
        self.calls.append(arguments)
        answer = self.answers[" ".join(arguments[:2])].pop(0)
        if isinstance(answer, AwsError):
            raise answer
        return answer


Deploys = Callable[..., Any]


@pytest.fixture
def deploys(tmp_path: Path) -> Deploys:
    """Makes a deployment with these options; its `terraform` and `aws` are the fakes."""

    def make(command: str = "plan", topology: str = "ecs", **options: Any) -> Deployment:
        target = Target(topology, "memo", "eu-west-1", "123456789012", "states", topology != "core", {})
        return Deployment(
            options=Options(topology, command, **options),
            limits=TimeLimits(look_every_seconds=0),
            target=target,
            work=tmp_path,
            interruption=Interruption(),
            terraform=FakeTerraform(),  # type: ignore[arg-type]
            aws=FakeAws(),  # type: ignore[arg-type]
        )

    return make
