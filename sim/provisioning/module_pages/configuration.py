"""Reads the blocks of a Terraform module as text.

It relies on the format of `terraform fmt`, which `tox -e terraform` checks: a block begins and ends in the first
column, and its arguments are indented by two spaces. What it does not understand is an error, never left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sim.provisioning.errors import ProvisionError

__all__ = ["Block", "ModulePageError", "blocks"]

_BEGINS = re.compile(r'^([a-z]+)((?: "[^"]+")*) \{(\})?$')
_ARGUMENT = re.compile(r"^  ([a-z_0-9]+) += (.*)$")
_COMMENT = re.compile(r'^((?:[^"#]|"(?:[^"\\]|\\.)*")*?)\s*#.*$')


class ModulePageError(ProvisionError):
    """A module's configuration cannot be described."""


@dataclass(frozen=True)
class Block:
    """A top-level block: its kind, its labels, and the lines inside."""

    kind: str
    labels: tuple[str, ...]
    lines: tuple[str, ...]
    place: str

    def argument(self, name: str) -> str | None:
        """The expression of an argument as it is written, without a comment; None if the block does not set it."""
        for number, line in enumerate(self.lines):
            if (found := _ARGUMENT.match(line)) and found[1] == name:
                return self._expression(found[2], number)
        return None

    def text(self, name: str) -> str | None:
        """The value of an argument that is a literal string. Raises ModulePageError for any other expression."""
        if (expression := self.argument(name)) is None:
            return None
        if not isinstance(value := self._value(expression), str) or "${" in value:
            raise ModulePageError(f"{self.place}: {name} must be a literal string")
        return value

    def default(self) -> object:
        """The value of `default`. Raises ModulePageError for a value that JSON writes in another way."""
        return self._value(self.argument("default") or "null")

    def _value(self, expression: str) -> object:
        try:
            return json.loads(expression)
        except ValueError:
            raise ModulePageError(
                f"{self.place}: {expression!r} is no literal that JSON and Terraform write alike"
            ) from None

    def _expression(self, first: str, number: int) -> str:
        """The argument's lines until its brackets are closed."""
        if "<<" in first:
            raise ModulePageError(f"{self.place}: here-documents are not supported")
        lines = [_without_comment(first)]
        while _open_brackets("\n".join(lines)):
            number += 1
            lines.append(_without_comment(self.lines[number]))
        return "\n".join(lines)


def blocks(folder: Path) -> list[Block]:
    """All top-level blocks of the module in the folder, without an operator's own overrides. Raises ModulePageError."""
    files = [file for file in sorted(folder.glob("*.tf")) if not file.name.endswith("override.tf")]
    return [block for file in files for block in _blocks_of(file)]


def _blocks_of(file: Path) -> Iterator[Block]:
    begins: re.Match[str] | None = None
    inner: list[str] = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if begins and line != "}":
            inner.append(line)
        elif begins:
            yield _block(begins, inner, f"{file}:{number}")
            begins, inner = None, []
        elif line and not line.startswith("#"):
            begins = _BEGINS.match(_without_comment(line))
            if not begins:
                raise ModulePageError(f"{file}:{number}: a block was expected: run `terraform fmt`")
            if begins[3]:
                yield _block(begins, [], f"{file}:{number}")
                begins = None
    if begins:
        raise ModulePageError(f"{file}: the last block has no end")


def _block(begins: re.Match[str], inner: list[str], place: str) -> Block:
    return Block(begins[1], tuple(re.findall(r'"([^"]+)"', begins[2])), tuple(inner), place)


def _without_comment(line: str) -> str:
    return found[1] if (found := _COMMENT.match(line)) else line


def _open_brackets(text: str) -> int:
    code = re.sub(r'"(?:[^"\\]|\\.)*"', '""', text)
    return sum(map(code.count, "([{")) - sum(map(code.count, ")]}"))
