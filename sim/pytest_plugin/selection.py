"""Which scenarios a command line asks for, when it names some beside the folder of all: `tox -e scenarios -- NAME`."""

from collections.abc import Sequence
from pathlib import Path


class NoSuchScenario(Exception):
    """A name on the command line is no scenario, file or folder of scenarios; the text says which."""


def chosen_scenarios(arguments: Sequence[str], here: Path, scenarios: Path) -> list[str]:
    """The arguments for pytest: those that name scenarios, and the folder of all only where nothing else is named.

    A name is a path from `here`, or what the closing table says: a path from the scenarios' own folder. Raises
    NoSuchScenario.
    """
    named = [_found(argument, here, scenarios) for argument in arguments]
    return [each for each in named if Path(each) != scenarios] or named


def _found(argument: str, here: Path, scenarios: Path) -> str:
    path, *parts = argument.split("::")
    for folder in (here, scenarios):
        if (folder / path).exists():
            return "::".join([str((folder / path).resolve()), *parts])
    raise NoSuchScenario(
        f"there is no {path} in {scenarios}: name scenarios as the table does, or choose some with -k WORD"
    )
