"""A rendering that differs from another one by a few values, stored as these values only.

An overlay names its base and, for the outputs and for each resource address, the values that differ. A value is named
by its JSON Pointer (RFC 6901): `/environment/0/variables/LEASE_SECONDS`. Resources and their dependencies are always
those of the base.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sim.provisioning.errors import RenderingError

__all__ = ["difference", "merge"]

Json = Any


def difference(base: Json, document: Json) -> Json:
    """The overlay that makes `document` of `base`.

    Raises RenderingError when the two have other resources, or a resource has another type or other dependencies.
    """
    ours, theirs = _by_address(base), _by_address(document)
    if list(ours) != list(theirs):
        differing = ", ".join(sorted(ours.keys() ^ theirs.keys()))
        raise RenderingError(f"{_not_an_overlay(base, document)}: only one of them has {differing}.")
    resources = {}
    for address, resource in ours.items():
        other = theirs[address]
        if any(resource[each] != other[each] for each in ("type", "depends_on")):
            raise RenderingError(f"{_not_an_overlay(base, document)}: type or dependencies of {address} differ.")
        if changed := dict(_changed(resource["attributes"], other["attributes"])):
            resources[address] = changed
    return {
        "topology": document["topology"],
        "base": base["topology"],
        "outputs": dict(_changed(base["outputs"], document["outputs"])),
        "resources": resources,
    }


def merge(base: Json, overlay: Json) -> Json:
    """The rendering of an overlay. Raises RenderingError when the overlay changes a value that the base does not
    have."""
    where = f"The overlay {overlay['topology']}"
    resources = _by_address(base)
    if unknown := sorted(overlay["resources"].keys() - resources.keys()):
        raise RenderingError(f"{where} changes {', '.join(unknown)}, which {overlay['base']} does not have.")
    merged = []
    for address, resource in resources.items():
        changes = overlay["resources"].get(address, {})
        merged.append(resource | {"attributes": _merged(resource["attributes"], changes, f"{where}: {address}")})
    outputs = _merged(base["outputs"], overlay["outputs"], f"{where}: outputs")
    return {"topology": overlay["topology"], "outputs": outputs, "resources": merged}


def _by_address(document: Json) -> dict[str, Json]:
    return {each["address"]: each for each in document["resources"]}


def _not_an_overlay(base: Json, document: Json) -> str:
    return f"The rendering of {document['topology']} is no overlay of {base['topology']}"


def _changed(before: Json, after: Json, pointer: str = "") -> Iterator[tuple[str, Json]]:
    """Each smallest value that differs, by its pointer."""
    if isinstance(before, dict) and isinstance(after, dict) and before.keys() == after.keys():
        for key in before:
            yield from _changed(before[key], after[key], f"{pointer}/{_escaped(key)}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _changed(one, other, f"{pointer}/{number}")
    elif before != after or type(before) is not type(after):
        yield pointer, after


def _merged(value: Json, changes: Mapping[str, Json], where: str) -> Json:
    for pointer, new in changes.items():
        try:
            value = _replaced(value, [_unescaped(each) for each in pointer.split("/")[1:]], new)
        except (KeyError, IndexError, TypeError, ValueError):
            raise RenderingError(f"{where} has no {pointer!r} to replace.") from None
    return value


def _replaced(value: Json, path: list[str], new: Json) -> Json:
    if not path:
        return new
    if isinstance(value, list):
        number = int(path[0])
        return [*value[:number], _replaced(value[number], path[1:], new), *value[number + 1 :]]
    return {**value, path[0]: _replaced(value[path[0]], path[1:], new)}


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _unescaped(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")
