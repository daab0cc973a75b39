"""The checked-in counts, and what has become worse than they say."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.counts.measuring import Measured

FILE = Path(__file__).parent.with_name("counts.toml")
ACCEPT = "tox -e bench -- counts --write"
SECONDS = "seconds"
SLOW = 1.5
"""How many times the checked-in seconds are worth a warning."""

HEAD = f"""\
# How often each thing is done for one action, on any machine. `tox -e bench -- counts` fails where a count has grown.
# Where the growth is wanted: `{ACCEPT}`, and say in the commit what it is for.
"""

type Counts = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Change:
    action: str
    what: str
    before: int
    now: int

    @property
    def is_worse(self) -> bool:
        return self.now > self.before

    def __str__(self) -> str:
        return f"{self.action}: {self.now} {self.what}, {self.before} checked in"


def changes(before: Counts, now: Counts) -> list[Change]:
    """What differs; what one side does not name is 0 there."""
    return [
        Change(action, what, old, new)
        for action in dict.fromkeys([*before, *now])
        for what in dict.fromkeys([*before.get(action, {}), *now.get(action, {})])
        if (old := before.get(action, {}).get(what, 0)) != (new := now.get(action, {}).get(what, 0))
    ]


def read(file: Path = FILE) -> tuple[Counts, float]:
    """The counts, and how many seconds their measurement took."""
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    return {action: counts for action, counts in content.items() if action != SECONDS}, float(content[SECONDS])


def text_of(measured: Measured) -> str:
    return "\n".join([HEAD, *_lines(measured)]) + "\n"


def _lines(measured: Measured) -> Iterator[str]:
    yield "# On the machine of the last change; more than half as many again are a warning."
    yield f"{SECONDS} = {measured.seconds:.0f}"
    for action, counts in measured.counts.items():
        yield f'\n["{action}"]'
        yield from (f'"{what}" = {counts[what]}' for what in sorted(counts))
