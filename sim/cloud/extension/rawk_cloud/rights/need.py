"""What a call is, and what it needs. No module of this folder but judge.py depends on moto."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

type Tags = Mapping[str, str]


@dataclass(frozen=True)
class Need:
    """One permission: an action, the ARN of a resource or `*`, and the condition keys of this call."""

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """What the servers know of the resources that a call names."""

    tags_of: Callable[[str], Tags] = lambda _: {}
    """The tags of a resource of EC2, by its identifier."""
    parts_of: Callable[[str], tuple[str, ...]] = lambda _: ()
    """The identifiers of what an association of EC2 joins, and of the interfaces of an instance."""
    role_of_profile: Callable[[str], str | None] = lambda _: None
    """The ARN of the role in an instance profile, by the profile's name."""
    group_of_deployment: Callable[[str], tuple[str, str] | None] = lambda _: None
    """CodeDeploy's application and group of a deployment, by its identifier."""


@dataclass(frozen=True)
class Call:
    """One call, as its client meant it; `service` is the prefix of its actions."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    account: str
    region: str
    method: str = "POST"
    path: str = "/"
    known: Known = field(default_factory=Known)

    def arn(self, rest: str, service: str = "") -> str:
        return f"arn:aws:{service or self.service}:{self.region}:{self.account}:{rest}"

    def global_arn(self, rest: str, service: str = "") -> str:
        return f"arn:aws:{service or self.service}::{self.account}:{rest}"

    def text(self, *names: str) -> str:
        """The first of these parameters that is a text; empty when there is none."""
        values = (self.parameters.get(name) for name in names)
        return next((value for value in values if isinstance(value, str) and value), "")

    def need(self, resource: str = "*", action: str = "", **context: str) -> Need:
        """A permission of this service, by default of the operation's own action."""
        return Need(f"{self.service}:{action or self.operation}", resource, {k: (v,) for k, v in context.items()})

    @property
    def reads(self) -> bool:
        return self.operation.startswith(("Describe", "Get", "List"))


Needs = Iterator[Need]


def passed(role_arn: str, service: str) -> Needs:
    """A caller that passes a role to a service needs iam:PassRole."""
    if role_arn:
        yield Need("iam:PassRole", role_arn, {"iam:passedtoservice": (service,)})


def own_role(call: Call, service: str, name: str) -> Needs:
    """AWS creates the role of a service at its first use, with the caller's rights. Every account here is new."""
    resource = call.global_arn(f"role/aws-service-role/{service}/{name}", "iam")
    yield Need("iam:CreateServiceLinkedRole", resource, {"iam:awsservicename": (service,)})


def looks(*operations: str) -> Needs:
    """What a service reads of networks with the caller's rights."""
    yield from (Need(f"ec2:Describe{each}", "*") for each in operations)
