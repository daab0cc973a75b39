"""Which scenarios a command line names, beside the folder of all of them: `tox -e scenarios -- NAME`."""

from collections.abc import Sequence
from pathlib import Path


class NoSuchScenario(Exception):
    """A name on the command line is not a scenario, a file or a folder of scenarios; the text says which."""


def chosen_scenarios(arguments: Sequence[str], here: Path, scenarios: Path) -> list[str]:
    """The arguments for pytest: those that name scenarios, or the folder of all where nothing else is named.

    A name is a path relative to `here`, or relative to the folder of all scenarios, as the closing table prints it.
    Raises NoSuchScenario.
    """
    named = [_found(argument, here, scenarios) for argument in arguments]
    return [each for each in named if Path(each) != scenarios] or named


def _found(argument: str, here: Path, scenarios: Path) -> str:
    path, *parts = argument.split("::")
    for folder in (here, scenarios):
        if (folder / path).exists():
            return "::".join([str((folder / path).resolve()), *parts])
    raise NoSuchScenario(
        f"there is no {path} in {scenarios}: use the names of the closing table, or select with -k WORD"
    )
