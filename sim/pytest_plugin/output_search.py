"""Searches everything that a run wrote for secrets and for recorded words, once nothing more is written.

An invariant searches the logs of the product after each scenario. This search also finds what was written afterwards,
by parts that belong to no scenario (LocalStack, Postgres, the OpenAI simulator, the harness itself), and into the
record: journal, summary, report, junit.xml. What is sought stays in memory: processes pass it on as pytest-xdist does.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sim import recordings
from sim.invariants.secret_pieces import Search, Sought
from sim.invariants.sought import kept_secrets, secrets_of, speech_of
from sim.scenario.services import MAY_BE_DOWN
from sim.scenario.simulation import Simulation

CHUNK_CHARACTERS = 1_000_000
OVERLAP_CHARACTERS = 4_096
"""What lies on the border of two chunks is whole in the second one."""
STATE = "state"
"""The folder of a world with its database and its buckets: what was stored, not what was written about it."""
NAMES = tuple(f"{each.name} take 0" for each in recordings.all())
"""The record names recordings by their files and takes, and a title may have the same words."""
SOUGHT = pytest.StashKey[Sought]()
_PARTS = ("secrets", "whole", "speech")


def remember(config: pytest.Config, simulation: Simulation, scenario: str, source: str = "") -> None:
    """Call when a scenario has ended and its database still answers; without one, its configured secrets remain.

    The record has the scenario's own source: what is written there, such as a title, is not sought.
    """
    sought = secrets_of(simulation)
    with suppress(*MAY_BE_DOWN):
        sought = sought | kept_secrets(simulation) | speech_of(simulation)
    add(config, not_written_in(source, sought).of(scenario))


def not_written_in(source: str, sought: Sought) -> Sought:
    """Without the speech that stands in a string of this Python source."""
    strings = [
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    speech = {name: text for name, text in sought.speech.items() if not any(text in each for each in strings)}
    return replace(sought, speech=speech)


def add(config: pytest.Config, sought: Sought) -> None:
    config.stash[SOUGHT] = config.stash.get(SOUGHT, Sought()) | sought


def as_plain_data(config: pytest.Config) -> dict[str, dict[str, str]]:
    """For the controlling process."""
    sought = config.stash.get(SOUGHT, Sought())
    return {part: dict(getattr(sought, part)) for part in _PARTS}


def from_plain_data(data: Mapping[str, Any]) -> Sought:
    return Sought(**{part: data[part] for part in _PARTS})


def found_in_record(folder: Path, printed: Iterable[str], sought: Sought, *, failed: bool) -> Iterator[str]:
    """A sentence for each file of the record, and for what the scenarios printed, with a piece of what is sought.

    A scenario that failed may quote the words that it compared. In a run with one, they are sought in logs alone.
    """
    in_logs = Search(sought, NAMES)
    in_record = Search(replace(sought, speech={})) if failed else in_logs
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        if path.is_file() and STATE not in place.parts:
            search = in_record if len(place.parts) == 1 else in_logs
            if found := _found(search, _chunks_of(path)):
                yield f"{place} contains a piece of {', '.join(found)}"
    if found := _found(in_record, printed):
        yield f"the output of a scenario contains a piece of {', '.join(found)}"


def _found(search: Search, chunks: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name for chunk in chunks for name in search.found_in(chunk)))


def _chunks_of(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", errors="replace") as file:
        carried = ""
        while chunk := file.read(CHUNK_CHARACTERS):
            yield carried + chunk
            carried = chunk[-OVERLAP_CHARACTERS:]
