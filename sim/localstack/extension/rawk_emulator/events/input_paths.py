"""InputPath and InputTransformer of EventBridge's targets: what a path finds in an event.

LocalStack reads paths by `jsonpath_rw`, which is not in this environment, and drops the event without it. EventBridge
takes names after a dot, and names, positions and `*` in brackets. Stock LocalStack 4.14 also drops an event whose
template gets a number, and leaves out 0 and false.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..introspection.event_log import patch_method

_STEP = re.compile(r"""\.(?P<name>[\w@/-]+|\*)|\[(?:'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<position>\d+)|\*)\]""")

_PLACEHOLDER = re.compile(r"<(.*?)>")


def install() -> None:
    """Read paths here from now on."""
    from localstack.services.events import target

    target.extract_jsonpath = extract
    patch_method(target, "get_template_replacements", _values_for)
    patch_method(target, "replace_template_placeholders", _fill)


def _values_for(stock: Any, transformer: Any, event: Any) -> dict[str, Any]:
    """What stands for each placeholder."""
    values: dict[str, Any] = stock(transformer, event)
    for name, path in (transformer.get("InputPathsMap") or {}).items():
        if name in values and isinstance(value := extract(event, path), int | float):
            values[name] = value
    return values


def _fill(stock: Any, template: str, values: Mapping[str, Any]) -> Any:
    numbers = {name: json.dumps(value) for name, value in values.items() if isinstance(value, int | float)}
    template = _PLACEHOLDER.sub(lambda found: numbers.get(found[1], found[0]), template)
    if not template.strip().startswith("{"):  # in a text, the elements of a list are texts
        values = {name: _as_texts(value) if isinstance(value, list) else value for name, value in values.items()}
    return stock(template, values)


def _as_texts(values: list[Any]) -> list[str]:
    return [each if isinstance(each, str) else json.dumps(each) for each in values]


def extract(value: Any, path: str) -> Any:
    """The one value that the path finds, else the list of all. Raises ValueError where it is no path."""
    found = [value]
    if not path.startswith("$"):
        raise ValueError(f"{path!r} is no JSON path: it does not begin with $")
    position = 1
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None:
            raise ValueError(f"{path!r} is no JSON path: {path[position:]!r} is no step of one")
        found = [each for before in found for each in _children(before, step)]
        position = step.end()
    return found[0] if len(found) == 1 else found


def _children(value: Any, step: re.Match[str]) -> Iterator[Any]:
    name = next((step[each] for each in ("name", "single", "double") if step[each] is not None), None)
    if step["position"] is not None:
        if isinstance(value, list) and int(step["position"]) < len(value):
            yield value[int(step["position"])]
    elif name is None or step["name"] == "*":
        yield from value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    elif isinstance(value, dict) and name in value:
        yield value[name]
