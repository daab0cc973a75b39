"""The shape of an answer, and where two shapes differ."""

import json
from typing import Any


def documents(text: str) -> list[Any]:
    """The JSON of an answer, or each different event of a stream."""
    if not text.startswith(("data:", "event:")):
        return [json.loads(text)]
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: {")]
    return [json.loads(line) for line in lines]


def shape_of(value: Any) -> Any:
    """Names of keys and types of values; what the items of a list have between them."""
    if isinstance(value, dict):
        return {key: shape_of(each) for key, each in value.items()}
    if isinstance(value, list):
        return [merged([shape_of(each) for each in value])] if value else []
    return "null" if value is None else "number" if type(value) in (int, float) else type(value).__name__


def merged(shapes: list[Any]) -> Any:
    """One shape for all: objects with all keys, otherwise the first that is not null."""
    if all(isinstance(shape, dict) for shape in shapes):
        keys = dict.fromkeys(key for shape in shapes for key in shape)
        return {key: merged([shape[key] for shape in shapes if key in shape]) for key in keys}
    return next((shape for shape in shapes if shape not in ("null", [])), shapes[0])


def differences(real: Any, ours: Any, path: str = "answer") -> list[str]:
    """Where ours differs. Null and an empty list are as good as any value: they depend on the content."""
    if real in ("null", []) or ours in ("null", []):
        return []
    if isinstance(real, dict) and isinstance(ours, dict):
        found = [f"{path}.{key}: OpenAI alone" for key in real if key not in ours]
        found += [f"{path}.{key}: the simulator alone" for key in ours if key not in real]
        return found + [
            each for key in real if key in ours for each in differences(real[key], ours[key], f"{path}.{key}")
        ]
    if isinstance(real, list) and isinstance(ours, list):
        return differences(real[0], ours[0], f"{path}[]")
    return [] if real == ours else [f"{path}: {real} from OpenAI, {ours} from the simulator"]
