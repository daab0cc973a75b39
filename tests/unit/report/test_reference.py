"""The reference page of the record names every kind and key of the journal, and every key of summary.json."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from sim.openai_simulator.journal import Record
from sim.pytest_plugin.run_facts import KEPT_OF_A_MEMORY
from sim.report.summary import summary
from tests.unit.report.journals import dead_lettered_and_redriven
from tests.unit.report.reference_page import KEYS_OF_EVERY_LINE, PAGE, documented_kinds

ROOT = Path(__file__).resolve().parents[3]
NOT_COPIED = {"space", "time"}
"""Fields of a request to OpenAI that the journal does not have: `time` is its `virtual_at`."""


def written_kinds() -> dict[str, set[str]]:
    """The keys that each call of `write` in sim gives by name, by kind."""
    calls: dict[str, set[str]] = {}
    for path in sorted((ROOT / "sim").rglob("*.py")):
        for kind, keys in _calls_in(ast.parse(path.read_text(encoding="utf-8"))):
            calls.setdefault(kind, set()).update(keys)
    return calls


def _calls_in(module: ast.Module) -> Iterator[tuple[str, set[str]]]:
    for node in ast.walk(module):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "write"):
            continue
        written_to = ast.unparse(node.func.value)
        if not re.search(r"(journal|events)$", written_to) and written_to != "self":
            continue
        assert node.args, ast.unparse(node)
        assert isinstance(node.args[0], ast.Constant), f"the kind must be a literal: {ast.unparse(node)}"
        yield str(node.args[0].value), {keyword.arg for keyword in node.keywords if keyword.arg}


def test_every_kind_and_key_that_is_written_is_on_the_page() -> None:
    documented, written = documented_kinds(), written_kinds()
    assert len(written) > 20
    assert sorted(written.keys() ^ documented.keys()) == []
    missing = {kind: keys - documented[kind] - KEYS_OF_EVERY_LINE for kind, keys in written.items()}
    assert {kind: keys for kind, keys in missing.items() if keys} == {}


def test_every_key_that_is_copied_from_elsewhere_is_on_the_page() -> None:
    documented = documented_kinds()
    of_a_request = {field.name for field in fields(Record)}
    assert documented["openai_request"] == of_a_request - NOT_COPIED
    assert documented["memory"] == {"memory_id", "status_history", *KEPT_OF_A_MEMORY}


@pytest.mark.parametrize("kind", sorted(documented_kinds()))
def test_the_page_explains_every_kind(kind: str) -> None:
    (row,) = re.findall(rf"^\| `{kind}` \|.*$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    _, _, meaning, writer = row.strip("|").split("|")
    assert meaning.strip()
    assert writer.strip()


def test_every_key_of_the_summary_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8").partition("## `summary.json`")[2]
    journal = dead_lettered_and_redriven().run_started(
        seed=1, engine="embedded", topology="core", commit="c", limits={}
    )
    content = summary(journal.verdict(5420, "passed", outcomes={"complete": 1}).run())
    keys = set(_keys_of(content)) - {"passed", "failed", "inconclusive", "skipped", "complete"}
    assert {"version", "title", "max_receives", "family", "recording"} < keys
    assert sorted(key for key in keys if f"`{key}`" not in text) == []


def _keys_of(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        for each in value.values():
            yield from _keys_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from _keys_of(each)
