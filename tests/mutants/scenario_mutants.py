"""The failure policy, row by row: what happens to the scenarios when a row of it is missing.

Each `*.patch` beside this file takes one row out of the product. Its head says which row, what is then missing, and the
scenarios that must turn red:

    Row: 429 `insufficient_quota`
    Without: no retry: the quota is retried like a rate limit
    Red: openai/test_quota.py

`python -m tests.mutants.scenario_mutants --write` makes `docs/failure-policy.md` of them.
"""

import sys
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "failure-policy.md"

ROWS = (
    "timeout, connection error, 5xx, 429 rate limit",
    "429 `insufficient_quota`",
    "401, 403, 404 model",
    "bad or missing audio",
    "analysis fails",
    "a message that is not ours",
    "worker killed, timed out, out of memory",
    "deadline near",
    "database down",
    "SQS down at upload",
    "what is paid for is paid once",
)
"""Every kind of trouble that the policy has an answer to, in the order of the page."""

HEAD = """\
# The failure policy, and what notices when a row of it is missing

`src/rawk/use_cases/processing.py` and `src/rawk/domain/errors.py` decide what the pipeline does about a failure; how
long it goes on trying is [decision 4](decisions/0004-growing-gaps-and-survival.md). Each line below was taken out of
the product on purpose, by the patch of that name in `tests/planted_breaks/`, and the scenario named turned red while
`everyday/test_one_recording.py` stayed green. `tox -e planted` does it again.

This page is made by `python -m tests.mutants.scenario_mutants --write`.

| when this happens | and the product goes without | this scenario turns red | patch |
|---|---|---|---|
"""


APPLY = ("git", "apply", "-C1")
"""A line of context either side is enough to find the place: what else changes around it does not matter."""


class BadHead(ValueError):
    """A patch does not say what it is; the text names it."""


@dataclass(frozen=True)
class Break:
    """One row of the policy, taken out."""

    patch: Path
    row: str
    without: str
    scenario: str
    """Below `scenarios/`, as pytest names it."""

    @property
    def name(self) -> str:
        return self.patch.stem

    @property
    def scenario_file(self) -> Path:
        return ROOT / "scenarios" / self.scenario.partition("::")[0]


def all_breaks() -> list[Break]:
    """Every patch there is, in the order of the rows. Raises BadHead."""
    found = [read(patch) for patch in sorted(HERE.glob("*.patch"))]
    return sorted(found, key=lambda each: ROWS.index(each.row))


def read(patch: Path) -> Break:
    """Raises BadHead."""
    head = patch.read_text(encoding="utf-8").partition("\n\n")[0]
    said = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    if set(said) != {"Row", "Without", "Red"}:
        raise BadHead(f"{patch.name} must begin with Row:, Without: and Red:, not with {sorted(said)}")
    if said["Row"] not in ROWS:
        raise BadHead(f"{patch.name} is about {said['Row']!r}, which is no row of the policy")
    return Break(patch, said["Row"], said["Without"], said["Red"])


def page() -> str:
    """`docs/failure-policy.md`, whole."""
    lines = []
    for row, breaks in groupby(all_breaks(), key=lambda each: each.row):
        for number, each in enumerate(breaks):
            scenario, _, test = each.scenario.partition("::")
            link = f"[{scenario}](../scenarios/{scenario})" + (f" `{test}`" if test else "")
            lines.append(f"| {row if number == 0 else ''} | {each.without} | {link} | `{each.name}` |\n")
    return HEAD + "".join(lines)


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())
