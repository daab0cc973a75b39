"""The description of one Terraform resource type, and helpers for several services."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sim.provisioning.clients import Clients
from sim.provisioning.errors import ProvisionError

__all__ = [
    "Attributes",
    "FunctionInputs",
    "References",
    "ResourceType",
    "one",
    "only",
    "removed_with_parent",
    "resource_type",
    "tag_list",
]

Attributes = Mapping[str, Any]
"""Terraform's attributes of one resource."""
References = dict[str, str]
"""The identities of one created resource: arn, id, url, ..."""


@dataclass(frozen=True)
class FunctionInputs:
    """What functions get beside their rendering: their code, and the environment variables of this world only."""

    code: Mapping[str, Any]
    """Parameter `Code` of CreateFunction: `ZipFile`, or `S3Bucket` and `S3Key`."""
    extra_environment: Mapping[str, str]


Make = Callable[[Clients, Attributes, FunctionInputs], References]
Remove = Callable[[Clients, References], None]
IsReady = Callable[[Clients, References], bool]
Find = Callable[[Clients, str], Iterator[References]]


def _ready_at_once(_clients: Clients, _made: References) -> bool:
    return True


def removed_with_parent(_clients: Clients, _made: References) -> None:
    """Nothing to remove: it is a part of another resource, and removed with it."""


@dataclass(frozen=True)
class ResourceType:
    """One Terraform type: the attributes it supports, and how it is made, awaited, found and removed.

    `make` returns what other resources may refer to. `remove` and `is_ready` get the same.
    """

    attributes: frozenset[str]
    make: Make
    remove: Remove
    is_ready: IsReady
    find: Find | None
    """Lists the resources whose names begin with a prefix; None for a type that is removed with its parent."""
    is_active: bool
    """Whether it does something by itself, or changes as time passes; a passive one is only data."""


def resource_type(
    attributes: str,
    make: Make,
    remove: Remove,
    is_ready: IsReady = _ready_at_once,
    *,
    find: Find | None = None,
    is_active: bool = False,
) -> ResourceType:
    """A resource type; `attributes` are separated by spaces."""
    return ResourceType(frozenset(attributes.split()), make, remove, is_ready, find, is_active)


def only(block: Attributes, allowed: str, where: str) -> Attributes:
    """The block itself. Raises ProvisionError when it has an attribute that is not in `allowed`."""
    if unknown := sorted(set(block) - set(allowed.split())):
        raise ProvisionError(f"{where} sets {', '.join(unknown)}, which sim/provisioning/resources does not support.")
    return block


def one(blocks: list[Attributes]) -> Attributes:
    """The only block of a list: Terraform writes a nested block that occurs once as a list of one."""
    if len(blocks) != 1:
        raise ProvisionError(f"Expected one block, found {len(blocks)}: {blocks}")
    return blocks[0]


def tag_list(attributes: Attributes) -> list[dict[str, str]]:
    """The tags in the form that most of AWS's APIs take."""
    return [{"Key": key, "Value": value} for key, value in attributes.get("tags", {}).items()]
