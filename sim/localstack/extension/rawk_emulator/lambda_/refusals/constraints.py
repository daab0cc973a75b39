"""The constraints of Lambda's own service model: ranges, lengths, patterns and values of every parameter.

AWS checks a request against its model before it looks at anything else. LocalStack 4.14 has the model, and checks a few
parameters itself; those are left to it, because its messages were recorded on AWS.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from localstack.aws.api import CommonServiceException

CHECKED_BY_LOCALSTACK = {
    *("Architectures", "Arn", "CompatibleArchitecture", "CompatibleArchitectures", "CompatibleRuntime"),
    *("CompatibleRuntimes", "Destination", "FunctionName", "FunctionVersion", "InvokeMode", "LayerName", "Layers"),
    *("PublishTo", "Qualifier", "RecursiveLoop", "Resource", "Role", "RoutingConfig", "Runtime"),
    *("StartingPosition", "TagKeys"),
}

MEMBERS_CHECKED_BY_LOCALSTACK = {"SecurityGroupIds", "SubnetIds"}

MAXIMA = {"Timeout": 900, "MemorySize": 10_240}
"""Limits that the model does not have, or has for managed instances only."""

MOST_IN_MESSAGE = 1024

Constraint = tuple[str, Callable[[Any], bool]]
Measure = Callable[[Any], float | None]


def check(request: Mapping[str, Any], input_shape: Any) -> None:
    """Raises AWS's ValidationException with every violation."""
    found = list(_in_structure(input_shape, request, ""))
    if found:
        errors = "error" if len(found) == 1 else "errors"
        message = f"{len(found)} validation {errors} detected: {'; '.join(found)}"
        raise CommonServiceException("ValidationException", message, status_code=400, sender_fault=True)


def _in_structure(shape: Any, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for name, given in value.items():
        member = shape.members.get(name)
        if member is None or given is None or name in CHECKED_BY_LOCALSTACK:
            continue
        if name in MEMBERS_CHECKED_BY_LOCALSTACK:
            yield from (_violation(given, f"{path}{_lower(name)}", each) for each in _broken(member, given))
        else:
            yield from _in_value(member, given, f"{path}{_lower(name)}", MAXIMA.get(name))


def _in_value(shape: Any, value: Any, path: str, maximum: int | None = None) -> Iterator[str]:
    for constraint in _broken(shape, value, maximum):
        yield _violation(value, path, constraint)
    match shape.type_name:
        case "structure" if isinstance(value, Mapping):
            yield from _in_structure(shape, value, f"{path}.")
        case "list":
            if any(_broken(shape.member, each) for each in value):
                yield _violation(value, path, f"Member must satisfy constraint: [{_all_of(shape.member)}]")
            elif shape.member.type_name == "structure":
                for number, each in enumerate(value, start=1):
                    yield from _in_structure(shape.member, each, f"{path}.{number}.member.")
        case "map":
            if any(_broken(shape.key, each) for each in value):
                yield _violation(value, path, f"Map keys must satisfy constraint: [{_all_of(shape.key)}]")
            if any(_broken(shape.value, each) for each in value.values()):
                yield _violation(value, path, f"Map value must satisfy constraint: [{_all_of(shape.value)}]")


def _violation(value: Any, path: str, constraint: str) -> str:
    return f"Value '{_text(value)[:MOST_IN_MESSAGE]}' at '{path}' failed to satisfy constraint: {constraint}"


def _broken(shape: Any, value: Any, maximum: int | None = None) -> list[str]:
    return [text for text, holds in _constraints(shape, maximum) if not holds(value)]


def _all_of(shape: Any) -> str:
    return ", ".join([*(text for text, _ in reversed(_constraints(shape))), "Member must not be null"])


@cache
def _constraints(shape: Any, maximum: int | None = None) -> tuple[Constraint, ...]:
    """The texts of a shape's constraints, each with its test."""
    return (*_bounds(shape, maximum), *_forms(shape.metadata))


def _bounds(shape: Any, maximum: int | None) -> Iterator[Constraint]:
    lowest = shape.metadata.get("min")
    highest = shape.metadata.get("max") if maximum is None else maximum
    measure = _measures(shape.type_name)
    if measure is None:
        return
    what, size_of = measure
    if lowest is not None:
        text = f"Member must have {what} greater than or equal to {lowest}"
        yield text, lambda value: (size := size_of(value)) is None or size >= lowest
    if highest is not None:
        text = f"Member must have {what} less than or equal to {highest}"
        yield text, lambda value: (size := size_of(value)) is None or size <= highest


def _measures(kind: str) -> tuple[str, Measure] | None:
    """What the bounds of a type are about, and how it is measured: None where a value has another type."""
    if kind in ("integer", "long", "float", "double"):
        return "value", lambda value: value if _is_number(value) else None
    if kind in ("string", "list", "map"):
        return "length", lambda value: len(value) if hasattr(value, "__len__") else None
    return None


def _forms(limits: Mapping[str, Any]) -> Iterator[Constraint]:
    if pattern := limits.get("pattern"):
        matches = re.compile(pattern, re.ASCII).fullmatch  # as Java, whose `\d` is of ASCII
        text = f"Member must satisfy regular expression pattern: {pattern}"
        yield text, lambda value: bool(matches(str(value)))
    if values := limits.get("enum"):
        yield f"Member must satisfy enum value set: [{', '.join(values)}]", lambda value: value in values


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def _text(value: Any) -> str:
    """As Java prints it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}={_text(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_text(each) for each in value) + "]"
    return str(value)
