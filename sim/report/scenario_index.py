"""The index of all scenarios, read from their files: what each claims, by the kind of trouble. Nothing is run."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from sim.report.run_record import spelled
from sim.report.verdicts import claim_of

INDEX = "README.md"

OPENING = """# The scenarios

What the pipeline promises, put to the test end to end. Each line is a claim; behind it is a scenario that fits one
screen.
`tox -e scenarios` runs all of them, `tox -e scenarios -- -k NAME` some.

This page is made by `python -m sim list --write`.
"""


@dataclass(frozen=True)
class Scenario:
    """One scenario as its file tells it."""

    path: str
    function: str
    claim: str

    @property
    def folder(self) -> str:
        return spelled(self.path.rpartition("/")[0].replace("_", " ")) or "other"


class UnreadableScenario(Exception):
    """A file under `scenarios` is no Python; the text says which line."""


def scenarios(root: Path) -> list[Scenario]:
    """Every scenario under the folder, in the order of the index. Raises UnreadableScenario."""
    return [scenario for path in sorted(root.rglob("test_*.py")) for scenario in _scenarios_in(path, root)]


def _scenarios_in(path: Path, root: Path) -> Iterator[Scenario]:
    name = path.relative_to(root).as_posix()
    try:
        module = ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise UnreadableScenario(f"{name}, line {error.lineno}: {error.msg}") from error
    for each in module.body:
        if isinstance(each, ast.FunctionDef) and each.name.startswith("test_"):
            claim = claim_of(ast.get_docstring(module), ast.get_docstring(each))
            yield Scenario(name, each.name, claim)


def index(told: list[Scenario]) -> str:
    """The page `scenarios/README.md`."""
    parts = [OPENING]
    for folder, group in groupby(told, key=lambda scenario: scenario.folder):
        parts.append(f"\n## {folder[:1].upper()}{folder[1:]}\n\n")
        parts += [f"- [{_sentence(scenario.claim)}]({scenario.path})\n" for scenario in group]
    return "".join(parts)


def is_stale(root: Path) -> bool:
    """Whether the page differs from what the scenarios claim now."""
    page = root / INDEX
    return not page.exists() or page.read_text(encoding="utf-8") != index(scenarios(root))


def _sentence(claim: str) -> str:
    plain = claim.replace("[", "\\[").replace("]", "\\]")
    return plain[:1].upper() + plain[1:]
