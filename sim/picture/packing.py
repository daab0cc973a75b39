"""Feeds as compact JSON: each text once, and each set of keys once. `js/packing.js` unpacks them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

CONSTANTS = ("kind", "lane", "tone", "glyph", "event", "subject_kind", "queue", "function", "endpoint", "outcome")
"""Keys with few values, which stand in the shape and not in each row."""

type Shape = tuple[tuple[str, str, Any], ...]
"""For each key its path, joined by dots, and `is` with a value that every row has, `text` or `as it is`."""


class Packer:
    """Packs feeds that stand on one page: they share texts and shapes."""

    def __init__(self) -> None:
        self._texts: dict[str, int] = {}
        self._shapes: dict[Shape, int] = {}

    def rows(self, feed: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
        """A row for each event: the number of its shape, and the values. Its `n` is the number of the row, from 1."""
        return [self._row(event) for event in feed]

    def _row(self, event: Mapping[str, Any]) -> list[Any]:
        shape: list[tuple[str, str, Any]] = []
        values: list[Any] = []
        for path, value in _flat(event):
            if isinstance(value, str):
                if path.rpartition(".")[2] in CONSTANTS:
                    shape.append((path, "is", value))
                else:
                    shape.append((path, "text", None))
                    values.append(self._texts.setdefault(value, len(self._texts)))
            elif _has_texts_alone(value):
                shape.append((path, "text", None))
                values.append(self._indexed(value))
            else:
                shape.append((path, "as it is", None))
                values.append(value)
        return [self._shapes.setdefault(tuple(shape), len(self._shapes)), *values]

    def _indexed(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._indexed(each) for each in value]
        return None if value is None else self._texts.setdefault(value, len(self._texts))

    def dictionary(self) -> dict[str, Any]:
        """What the rows refer to: `texts` and `shapes`. Ask when all feeds are packed."""
        return {"texts": list(self._texts), "shapes": [[list(each) for each in shape] for shape in self._shapes]}


def _flat(event: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in event.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{key}.")
        elif prefix or key != "n":
            yield prefix + key, value


def _has_texts_alone(value: Any) -> bool:
    if isinstance(value, list):
        return all(_has_texts_alone(each) for each in value)
    return value is None or isinstance(value, str)
