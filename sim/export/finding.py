"""Which story somebody means: by its file, its function, both, or one variant of it."""

import ast
import difflib
import re
from dataclasses import dataclass
from pathlib import Path

from sim.report.stories import Story, stories


class UnknownStory(Exception):
    """No story of that name, or several; the text names what there is."""


@dataclass(frozen=True)
class Found:
    """One story, its text, and the variant that was asked for, empty for all of them."""

    story: Story
    module: ast.Module
    function: ast.FunctionDef
    variant: str


def find(said: str, root: Path) -> Found:
    """The story that is meant by `FILE`, `FUNCTION`, `FILE::FUNCTION`, each with `[VARIANT]` or without.

    Raises UnknownStory, and UnreadableStory for a file that is no Python.
    """
    name, variant = _without_variant(said.removeprefix(f"{root.as_posix()}/"))
    told = stories(root)
    if not told:
        raise UnknownStory(f"there is no story under {root}: run this at the top of the repository, or say --stories")
    meant = [story for story in told if _is(story, name)]
    if not meant:
        raise UnknownStory(f"there is no story {name!r}{_near(name, told)}")
    if len(meant) > 1:
        raise UnknownStory(f"{name!r} tells {len(meant)} stories, say which: {', '.join(s.function for s in meant)}")
    return opened(meant[0], root, variant)


def opened(story: Story, root: Path, variant: str = "") -> Found:
    """A story with its text."""
    module = ast.parse((root / story.path).read_text(encoding="utf-8"))
    functions = [each for each in module.body if isinstance(each, ast.FunctionDef)]
    return Found(story, module, next(each for each in functions if each.name == story.function), variant)


def _without_variant(said: str) -> tuple[str, str]:
    match = re.fullmatch(r"([^\[]*)(?:\[(.*)\])?", said, re.DOTALL)
    return (match[1], match[2] or "") if match else (said, "")


def _is(story: Story, name: str) -> bool:
    path, _, function = name.rpartition("::")
    if path:
        return _is_file(story, path) and _is_function(story, function)
    return _is_file(story, name) or _is_function(story, name)


def _is_file(story: Story, name: str) -> bool:
    plain = story.path.removesuffix(".py")
    return name.removesuffix(".py") in (plain, plain.rpartition("/")[2], plain.rpartition("/")[2].removeprefix("test_"))


def _is_function(story: Story, name: str) -> bool:
    return name in (story.function, story.function.removeprefix("test_"))


def _near(name: str, told: list[Story]) -> str:
    names = {each: each for story in told for each in (story.function, story.path)}
    names |= {story.path.rpartition("/")[2].removesuffix(".py"): story.path for story in told}
    near = difflib.get_close_matches(name.rpartition("::")[2] or name, names, n=3, cutoff=0.5)
    meant = list(dict.fromkeys(names[each] for each in near))
    return f"; is it {' or '.join(meant)}?" if meant else "; `python -m sim list` names all of them"
