"""The index of all stories, read from their files: what each claims, by the kind of trouble. Nothing is run."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from sim.report.run_record import spelled
from sim.report.verdicts import claim_of

INDEX = "README.md"

OPENING = """# The stories

What the pipeline promises, put to the test end to end. Each line is a claim; behind it is a story that fits one screen.
`tox -e scenarios` runs all of them, `tox -e scenarios -- -k NAME` some.

This page is made by `python -m sim list --write`.
"""


@dataclass(frozen=True)
class Story:
    """One scenario as its file tells it."""

    path: str
    function: str
    claim: str

    @property
    def folder(self) -> str:
        return spelled(self.path.rpartition("/")[0].replace("_", " ")) or "other"


class UnreadableStory(Exception):
    """A file under `scenarios` is no Python; the text says which line."""


def stories(root: Path) -> list[Story]:
    """Every story under the folder, in the order of the index. Raises UnreadableStory."""
    return [story for path in sorted(root.rglob("test_*.py")) for story in _stories_in(path, root)]


def _stories_in(path: Path, root: Path) -> Iterator[Story]:
    name = path.relative_to(root).as_posix()
    try:
        module = ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise UnreadableStory(f"{name}, line {error.lineno}: {error.msg}") from error
    for each in module.body:
        if isinstance(each, ast.FunctionDef) and each.name.startswith("test_"):
            claim = claim_of(ast.get_docstring(module), ast.get_docstring(each))
            yield Story(name, each.name, claim)


def index(told: list[Story]) -> str:
    """The page `scenarios/README.md`."""
    parts = [OPENING]
    for folder, group in groupby(told, key=lambda story: story.folder):
        parts.append(f"\n## {folder[:1].upper()}{folder[1:]}\n\n")
        parts += [f"- [{_sentence(story.claim)}]({story.path})\n" for story in group]
    return "".join(parts)


def is_stale(root: Path) -> bool:
    """Whether the page differs from what the stories claim now."""
    page = root / INDEX
    return not page.exists() or page.read_text(encoding="utf-8") != index(stories(root))


def _sentence(claim: str) -> str:
    plain = claim.replace("[", "\\[").replace("]", "\\]")
    return plain[:1].upper() + plain[1:]
