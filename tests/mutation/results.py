"""The results of mutation testing: what survived, which survivors are equivalent, and the page about it."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.mutation.targets import TARGETS

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RESULTS = HERE / "results.json"
EQUIVALENT = HERE / "equivalent.toml"
PAGE = ROOT / "docs" / "reference" / "mutation-testing.md"
LEAST_SCORE = 0.95
"""Of the mutants of each module that are not equivalent."""

PAGE_HEAD = """\
# Mutation testing

[mutmut](https://mutmut.readthedocs.io) changes one expression of a module at a time; the tests of the module must fail.
A change that survives shows a line that no test checks. `tox -e mutation` runs all modules (`-- MODULES`: some of them)
and generates this page from the last result of each. It fails when fewer than 95 % of a module's mutants that are not
equivalent are killed.

Not mutated: calls of the log, and the texts of errors that have no other argument. What an alarm, a metric filter or a
client reads of them has tests of its own. mutmut leaves out functions with a decorator (`raised_as` of the AWS errors,
for example); they have tests, and no score. In-memory adapters are left out: the product does not run on them. The
mutants in `tests/mutants` are about whole policies, not about expressions.

The tests of the Postgres adapter run on a real server, one for the whole run. The adapter builds its statements with
SQLAlchemy, so that their conditions, values, orders and locks are expressions, and are mutated. SQL that is written as
text is not: almost any change of it is a syntax error, and that the server refuses it shows nothing about the tests.
So the migrations are left out, which Alembic loads from their files; tests take each step down and up again with rows
in the tables, and compare its result with the tables of the code in Postgres's catalogue.

NOT_RUN
| module | mutants | killed | equivalent | survived | score |
|---|---:|---:|---:|---:|---:|
"""


@dataclass(frozen=True)
class Survivor:
    """A mutant that no test killed: the lines that it removes and adds, without indentation."""

    function: str
    removed: str
    added: str


@dataclass(frozen=True)
class Result:
    """The last run of one module."""

    module: str
    mutants: int
    killed: int
    survivors: Sequence[Survivor] = field(default_factory=list)

    def open(self, equivalent: Mapping[tuple[str, str, str], str]) -> list[Survivor]:
        """The survivors that nobody has shown to be equivalent."""
        return [each for each in self.survivors if (self.module, each.removed, each.added) not in equivalent]

    def score(self, equivalent: Mapping[tuple[str, str, str], str]) -> float:
        """The killed part of the mutants that are not equivalent, between 0 and 1."""
        counted = self.killed + len(self.open(equivalent))
        return self.killed / counted if counted else 1.0


def equivalents() -> dict[tuple[str, str, str], str]:
    """Module, removed lines and added lines of each mutant that changes nothing a caller could notice → the reason."""
    entries = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8")).get("equivalent", [])
    return {(each["module"], each["removed"], each["added"]): each["reason"] for each in entries}


def read_results() -> dict[str, Result]:
    """By module."""
    stored = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else []
    return {
        each["module"]: Result(**{**each, "survivors": [Survivor(**survivor) for survivor in each["survivors"]]})
        for each in stored
    }


def write_results(results: Mapping[str, Result]) -> None:
    text = json.dumps([asdict(results[name]) for name in sorted(results)], indent=1, ensure_ascii=False)
    RESULTS.write_text(text + "\n", encoding="utf-8")


def page(results: Mapping[str, Result], equivalent: Mapping[tuple[str, str, str], str]) -> str:
    """The whole of docs/reference/mutation-testing.md."""
    lines = [PAGE_HEAD.replace("NOT_RUN", _not_run(results))]
    mutants = killed = same = survived = 0
    for name in sorted(results):
        result = results[name]
        left = len(result.open(equivalent))
        equal = len(result.survivors) - left
        lines.append(
            f"| `{name}` | {result.mutants} | {result.killed} | {equal} | {left} | {result.score(equivalent):.1%} |\n"
        )
        mutants, killed = mutants + result.mutants, killed + result.killed
        same, survived = same + equal, survived + left
    score = killed / max(killed + survived, 1)
    lines.append(f"| **all** | {mutants} | {killed} | {same} | {survived} | **{score:.1%}** |\n")
    lines.append(_open_survivors(results, equivalent) + _equivalents(equivalent))
    return "".join(lines)


def _not_run(results: Mapping[str, Result]) -> str:
    """The sentence about modules that are under mutation testing, but whose score is not known."""
    missing = sorted(target.module for target in TARGETS if target.module not in results)
    if not missing:
        return ""
    return f"Under mutation testing, but without a result yet: {', '.join(f'`{name}`' for name in missing)}.\n"


def _open_survivors(results: Mapping[str, Result], equivalent: Mapping[tuple[str, str, str], str]) -> str:
    rows = [
        f"| `{name}` | {_code(each.removed)} | {_code(each.added)} |\n"
        for name in sorted(results)
        for each in results[name].open(equivalent)
    ]
    head = "\n## Survivors\n\n| module | line | what the mutant makes of it |\n|---|---|---|\n"
    return head + "".join(rows) if rows else "\n## Survivors\n\nNone.\n"


def _equivalents(equivalent: Mapping[tuple[str, str, str], str]) -> str:
    rows = [
        f"| `{module}` | {_code(removed)} | {_code(added)} | {reason} |\n"
        for (module, removed, added), reason in sorted(equivalent.items())
    ]
    head = (
        "\n## Equivalent mutants\n\nNo caller could notice them (`tests/mutation/equivalent.toml`).\n\n"
        "| module | line | what the mutant makes of it | why it is equivalent |\n|---|---|---|---|\n"
    )
    return head + "".join(rows)


def _code(text: str) -> str:
    return f"`{' '.join(text.split()).replace('|', '¦')}`"
