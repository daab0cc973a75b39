"""From what Terraform evaluated to what matters: the configuration's own values, nothing of the provider's.

Terraform applies the configuration against a mocked provider (see `render`). The mock makes up a
value for every attribute the provider would compute, so the question for each attribute is: does
the configuration set it? It does when the *plan* already knows it, or when the applied value
carries one of our markers, that is, a reference to another resource. Everything else is made up.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sim.provisioning.errors import RenderingError
from sim.provisioning.resource_types import KINDS

__all__ = ["ACCOUNT", "MODULE", "NAME", "REGION", "markers", "reduce"]

Json = Any

MODULE = "module.pipeline."
"""The part of the configuration that the embedded world stands for; where the API runs is not in it."""

# What differs between pipelines, in a form the provider's own checks take and nothing else contains.
NAME = "placeholder-name"
ACCOUNT = "424242424242"
REGION = "eu-north-7"

_IDENTITIES = ("arn", "id", "url", "uuid")
"""Computed attributes that resources know each other by."""

_MADE_UP = re.compile(r"[a-z0-9]{8}")
"""What Terraform's mocked provider answers for a string it has to compute."""
_MADE_UP_QUOTED = re.compile(r'"([a-z0-9]{8})"(?!:)')

_OF_NO_MATTER = {
    # attribute: why the local world has no use for it
    "filename": "the package is given when provisioning",
    "source_code_hash": "as filename",
    "force_destroy": "a rule for destroy",
    "recovery_window_in_days": "a rule for destroy",
}


@dataclass(frozen=True)
class _Markers:
    """What stands for what in one evaluation."""

    references: Mapping[str, str]
    """Marker -> the `${...}` it stands for."""
    shared: frozenset[str]
    """Made-up values that occur more than once: somebody refers to them, although they have no marker."""

    def in_text(self, text: str) -> bool:
        return any(marker in text for marker in self.references) or f":{REGION}:{ACCOUNT}:" in text


def markers(plan: Json) -> dict[str, dict[str, str]]:
    """For each planned resource, the identities to make up: address -> attribute -> marker.

    A marker looks like what it stands for, because the provider checks ARNs even when mocked. The
    queues' ARNs are the real ones: they are made of their names, and the configuration says so itself.
    """
    made: dict[str, dict[str, str]] = {}
    for change in _changes(plan):
        unknown = change["change"]["after_unknown"]
        identities = [each for each in _IDENTITIES if unknown.get(each) is True]
        made[change["address"]] = {each: _marker(change, each) for each in identities}
    return made


def reduce(topology: str, plan: Json, state: Json) -> Json:
    """The rendering of one topology, ready to be written: sorted, and the same on every run."""
    marked = markers(plan)
    known = _Markers(_references(marked), _shared(state))
    planned = {change["address"]: change["change"] for change in _changes(plan)}
    applied = {each["address"]: each for each in _resources(state["root_module"])}
    resources = [
        _reduce_resource(each, planned[address], marked[address], known) for address, each in sorted(applied.items())
    ]
    direct = _without_detours({each["address"]: set(each["depends_on"]) for each in resources})
    for each in resources:
        each["depends_on"] = sorted(direct[each["address"]])
    outputs = {name: _reduce_output(name, each["value"], known) for name, each in sorted(state["outputs"].items())}
    return {"topology": topology, "outputs": outputs, "resources": resources}


def _reduce_output(name: str, value: Json, known: _Markers) -> Json:
    if known.shared.intersection(_MADE_UP_QUOTED.findall(json.dumps(value))):
        raise RenderingError(_no_marker(f"output {name}"))
    return _symbolic(value, known.references)


def _changes(plan: Json) -> Iterator[Json]:
    for change in plan["resource_changes"]:
        if change["mode"] == "managed" and change["address"].startswith(MODULE):
            yield change


def _resources(module: Json) -> Iterator[Json]:
    for each in module.get("resources", ()):
        if each["mode"] == "managed" and each["address"].startswith(MODULE):
            yield each
    for child in module.get("child_modules", ()):
        yield from _resources(child)


def _marker(change: Json, attribute: str) -> str:
    if attribute == "arn" and change["type"] == "aws_sqs_queue":
        return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{change['change']['after']['name']}"
    slug = re.sub(r"[^a-z0-9]+", "-", change["address"].removeprefix(MODULE)).strip("-")
    marker = f"marker-{slug}-{attribute}-end"
    return f"arn:aws:marker:{REGION}:{ACCOUNT}:{marker}" if attribute == "arn" else marker


def _references(marked: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Marker -> the `${...}` it stands for. A queue's ARN stays what it is made of."""
    return {
        marker: f"${{{address.removeprefix(MODULE)}.{attribute}}}"
        for address, attributes in marked.items()
        for attribute, marker in attributes.items()
        if not marker.startswith("arn:aws:sqs:")
    }


def _reduce_resource(resource: Json, change: Json, own: Mapping[str, str], known: _Markers) -> Json:
    address = resource["address"].removeprefix(MODULE)
    kind = KINDS.get(resource["type"])
    if kind is None:
        raise RenderingError(f"{address} is of type {resource['type']}: add it to sim/provisioning/resource_types.py.")
    attributes = {}
    for name, value in sorted(resource["values"].items()):
        if own.get(name) == value:
            continue  # a resource's own identity is no setting of it
        unknown = change["after_unknown"].get(name, False)
        value = _set_by_configuration(value, unknown, known, f"{address}.{name}")
        if value in (None, [], {}) or name in _OF_NO_MATTER:
            continue
        if name not in kind.attributes:
            raise RenderingError(f"{address} sets {name}: make sim/provisioning/resource_types.py honour it.")
        attributes[name] = _symbolic(_parsed(value), known.references)
    depends_on = {each.removeprefix(MODULE) for each in resource.get("depends_on", ()) if ".data." not in each}
    return {
        "address": address,
        "type": resource["type"],
        "depends_on": depends_on,
        "attributes": attributes,
    }


def _set_by_configuration(value: Json, unknown: Json, known: _Markers, where: str) -> Json:
    """The part of a value that the configuration sets; None where it sets nothing."""
    if unknown is True:
        return _reference_or_made_up(value, known, where)
    if isinstance(value, dict) and isinstance(unknown, dict):
        kept = {
            key: _set_by_configuration(each, unknown.get(key, False), known, f"{where}.{key}")
            for key, each in value.items()
        }
        return {key: each for key, each in kept.items() if each not in (None, [], {})}
    if isinstance(value, list) and isinstance(unknown, list) and len(value) == len(unknown):
        return [
            _set_by_configuration(each, its_unknown, known, f"{where}[{number}]")
            for number, (each, its_unknown) in enumerate(zip(value, unknown, strict=True))
        ]
    return _without_empty(value)


def _reference_or_made_up(value: Json, known: _Markers, where: str) -> Json:
    if known.in_text(json.dumps(value)):
        return value
    if isinstance(value, str) and (value in known.shared or not _MADE_UP.fullmatch(value)):
        raise RenderingError(_no_marker(where))
    return None


def _no_marker(where: str) -> str:
    return f"{where} is computed, or refers to what is, and has no marker: add the attribute to _IDENTITIES."


def _shared(state: Json) -> frozenset[str]:
    counted = Counter(_MADE_UP_QUOTED.findall(json.dumps(state)))
    return frozenset(value for value, times in counted.items() if times > 1)


def _without_empty(value: Json) -> Json:
    if isinstance(value, dict):
        kept = {key: _without_empty(each) for key, each in value.items()}
        return {key: each for key, each in kept.items() if each not in (None, [], {})}
    if isinstance(value, list):
        return [_without_empty(each) for each in value]
    return value


def _symbolic(value: Json, references: Mapping[str, str]) -> Json:
    """Markers become `${...}`; what differs between pipelines becomes `${name}`, `${account}`, `${region}`."""
    if isinstance(value, dict):
        return {key: _symbolic(each, references) for key, each in sorted(value.items())}
    if isinstance(value, list):
        return [_symbolic(each, references) for each in value]
    if not isinstance(value, str):
        return value
    for marker in sorted(references, key=len, reverse=True):
        value = value.replace(marker, references[marker])
    return value.replace(NAME, "${name}").replace(ACCOUNT, "${account}").replace(REGION, "${region}")


def _parsed(value: Json) -> Json:
    """Policies are JSON in a string; opened up they can be read, compared and reviewed."""
    if isinstance(value, str) and value.startswith("{"):
        return json.loads(value)
    return value


def _without_detours(depends_on: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Terraform lists what a resource depends on through others as well; only the direct ones are of use."""
    expanded = {address: _instances(names, depends_on) for address, names in depends_on.items()}
    return {
        address: {each for each in names if not any(each in expanded[other] for other in names if other != each)}
        for address, names in expanded.items()
    }


def _instances(names: set[str], known: Mapping[str, object]) -> set[str]:
    """A dependency on a resource with for_each is one on each of its instances."""
    return {address for address in known for name in names if address == name or address.startswith(f"{name}[")}
