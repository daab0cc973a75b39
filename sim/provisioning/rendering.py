"""The checked-in rendering of the Terraform configuration: the source of pipelines on machines without Terraform.

`sim.provisioning.render` writes `rendered/<topology>.json` in full, and `rendered/overlays/<topology>.json` for a
topology that differs from another one by a few values (see `overlay`). Both are read here. In a rendering, `${name}`,
`${account}` and `${region}` stand for the values that differ between pipelines, and `${aws_sqs_queue.jobs.url}` for a
value that is known only once that resource exists.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sim.provisioning.errors import RenderingError
from sim.provisioning.overlay import merge
from sim.provisioning.resources import RESOURCE_TYPES

__all__ = ["OVERLAYS", "RENDERED", "Rendering", "ResourceRendering", "resolve", "topologies"]

RENDERED = Path(__file__).parent / "rendered"
OVERLAYS = "overlays"
"""Folder below `RENDERED`."""

_REFERENCE = re.compile(r"\$\{([^}]+)\}")


@dataclass(frozen=True)
class ResourceRendering:
    """One resource as Terraform would create it. `attributes` holds what the configuration sets and nothing else."""

    address: str
    type: str
    depends_on: tuple[str, ...]
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class Rendering:
    """The pipeline of one topology, with the values that Terraform would deploy."""

    topology: str
    resources: tuple[ResourceRendering, ...]
    outputs: Mapping[str, Any]

    @classmethod
    def load(cls, topology: str = "core", folder: Path = RENDERED) -> Rendering:
        """Read a checked-in rendering. Raises RenderingError when there is none of that name."""
        return cls.from_json(_document(topology, folder))

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Rendering:
        """Check and read a rendering.

        Raises RenderingError when it has a resource type or an attribute that provisioning does not support, or a
        dependency that is missing: nothing that Terraform deploys is left out silently.
        """
        resources = tuple(
            ResourceRendering(
                address=each["address"],
                type=each["type"],
                depends_on=tuple(each["depends_on"]),
                attributes=each["attributes"],
            )
            for each in document["resources"]
        )
        known = {each.address for each in resources}
        for each in resources:
            _check_is_supported(each, known)
        return cls(topology=document["topology"], resources=resources, outputs=document["outputs"])

    def tagged(self, tags: Mapping[str, str]) -> Rendering:
        """A copy with additional tags on each resource that has tags."""
        resources = tuple(
            replace(each, attributes={**each.attributes, "tags": {**each.attributes["tags"], **tags}})
            if "tags" in each.attributes
            else each
            for each in self.resources
        )
        return replace(self, resources=resources)

    def with_environment(self, values: Mapping[str, str]) -> Rendering:
        """A copy in which environment variables of these names have these values, wherever they are set."""
        resources = tuple(
            replace(each, attributes=_with_values(each.attributes, values))
            if "environment" in each.attributes
            else each
            for each in self.resources
        )
        return replace(self, resources=resources, outputs=_with_values(self.outputs, values))


def _with_values(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {key: values.get(key, _with_values(each, values)) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_values(each, values) for each in value]
    return value


def topologies(folder: Path = RENDERED) -> list[str]:
    """Names of the topologies that have a rendering."""
    return sorted(path.stem for path in (*folder.glob("*.json"), *folder.glob(f"{OVERLAYS}/*.json")))


def _document(topology: str, folder: Path) -> Any:
    if (complete := folder / f"{topology}.json").is_file():
        return _read(complete)
    if (overlay := folder / OVERLAYS / f"{topology}.json").is_file():
        changes = _read(overlay)
        return merge(_read(folder / f"{changes['base']}.json"), changes)
    known = ", ".join(topologies(folder)) or "none"
    raise RenderingError(f"There is no rendering of topology {topology!r}; there is: {known}.")


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def resolve(value: Any, known: Mapping[str, str]) -> Any:
    """A value with each `${...}` in it, at any depth, replaced by what is known for it.

    Raises RenderingError for a reference that is not in `known`.
    """
    if isinstance(value, Mapping):
        return {key: resolve(each, known) for key, each in value.items()}
    if isinstance(value, list):
        return [resolve(each, known) for each in value]
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: _look_up(match[1], known), value)
    return value


def _look_up(reference: str, known: Mapping[str, str]) -> str:
    try:
        return known[reference]
    except KeyError:
        raise RenderingError(
            f"The rendering refers to ${{{reference}}}, which no resource created before gives."
        ) from None


def _check_is_supported(resource: ResourceRendering, known: set[str]) -> None:
    resource_type = RESOURCE_TYPES.get(resource.type)
    if resource_type is None:
        raise RenderingError(
            f"{resource.address} has type {resource.type}, which sim/provisioning/resources does not support:"
            " add it there."
        )
    if unknown := sorted(set(resource.attributes) - resource_type.attributes):
        raise RenderingError(
            f"{resource.address} sets {', '.join(unknown)}, which sim/provisioning/resources does not support:"
            " add it there."
        )
    if missing := sorted(set(resource.depends_on) - known):
        raise RenderingError(f"{resource.address} depends on {', '.join(missing)}, which the rendering does not have.")
