"""Which stories a command line asks for, when it names some beside the folder of all: `tox -e scenarios -- NAME`."""

from collections.abc import Sequence
from pathlib import Path


class NoSuchStory(Exception):
    """A name on the command line is no story, file or folder of stories; the text says which."""


def chosen_stories(arguments: Sequence[str], here: Path, stories: Path) -> list[str]:
    """The arguments for pytest: those that name stories, and the folder of all only where nothing else is named.

    A name is a path from `here`, or what the closing table says: a path from the stories' own folder. Raises
    NoSuchStory.
    """
    named = [_found(argument, here, stories) for argument in arguments]
    return [each for each in named if Path(each) != stories] or named


def _found(argument: str, here: Path, stories: Path) -> str:
    path, *parts = argument.split("::")
    for folder in (here, stories):
        if (folder / path).exists():
            return "::".join([str((folder / path).resolve()), *parts])
    raise NoSuchStory(f"there is no {path} in {stories}: name stories as the table does, or choose some with -k WORD")
