"""Which engine played which story, and how it ended there: a table out of runs, kept in docs/engines.md.

What runs showed is kept in docs/engine-results.json, so that a run of one engine, of some stories or all, brings up to
date what it played.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sim.report.verdicts import BROKEN, HELD, SIGNS, SKIPPED, UNKNOWN

RESULTS = Path("docs/engine-results.json")
PAGE = Path("docs/engines.md")
BEGINS, ENDS = "<!-- table: begins -->", "<!-- table: ends -->"
WORST_FIRST = (BROKEN, UNKNOWN, HELD, SKIPPED)


class NoTable(OSError):
    """There is nothing to make a table of, or nowhere to put it; the text says which."""


@dataclass(frozen=True)
class Played:
    """What became of one story, or one variant of it, on one engine."""

    verdict: str
    why: str = ""
    ended_as: tuple[str, ...] = ()
    """How its memories ended, in words and in order: `complete`, `failed, openai_quota`."""


type Column = Mapping[str, Played]
"""By the story's name, its variant in brackets."""


def column_of(run_folder: Path) -> tuple[str, dict[str, Played]]:
    """The engine of a run and what it played. Raises NoTable."""
    try:
        summary: dict[str, Any] = json.loads((run_folder / "summary.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NoTable(f"{run_folder} has no summary.json of a run: {error}") from error
    return summary["engine"], {each["name"]: _played(each) for each in summary["scenarios"]}


def _played(scenario: Mapping[str, Any]) -> Played:
    verdict = scenario["verdict"] if scenario["verdict"] in WORST_FIRST else UNKNOWN
    if verdict == HELD:
        return Played(verdict, ended_as=tuple(sorted(_ended(each) for each in scenario["memories"])))
    reason = scenario["reason"].strip().splitlines()
    return Played(verdict, reason[-1 if verdict == BROKEN else 0].strip() if reason else "")


def _ended(memory: Mapping[str, Any]) -> str:
    return ", ".join(filter(None, (memory["status"], memory["reason"])))


def read(results: Path) -> dict[str, dict[str, Played]]:
    """What earlier runs showed, by engine; nothing when nobody kept it."""
    if not results.exists():
        return {}
    kept = json.loads(results.read_text(encoding="utf-8"))
    return {
        engine: {name: Played(**{**each, "ended_as": tuple(each.get("ended_as", ()))}) for name, each in column.items()}
        for engine, column in kept.items()
    }


def brought_up_to_date(kept: Column, run: Column) -> dict[str, Played]:
    """What the run played is as the run says, each story with all its variants; the rest stays."""
    played = {_story(name) for name in run}
    return {name: each for name, each in kept.items() if _story(name) not in played} | dict(run)


def of_stories(column: Column, names: Collection[str]) -> dict[str, Played]:
    """Without what is no story any more; `names` are `folder/test_file.py::test_function`."""
    return {name: each for name, each in column.items() if name.partition("[")[0] in names}


def write(results: Path, columns: Mapping[str, Column]) -> None:
    plain = {
        engine: {name: {key: value for key, value in asdict(each).items() if value} for name, each in column.items()}
        for engine, column in columns.items()
    }
    results.write_text(json.dumps(plain, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def disagreements(columns: Mapping[str, Column]) -> list[str]:
    """A line for each story whose memories ended otherwise on two engines that both saw it hold."""
    lines = []
    for name in sorted({name for column in columns.values() for name in column}):
        ended: dict[tuple[str, ...], list[str]] = {}
        for engine, column in columns.items():
            if name in column and column[name].verdict == HELD:
                ended.setdefault(column[name].ended_as, []).append(engine)
        if len(ended) > 1:
            told = "; ".join(f"{', '.join(who)}: {', '.join(how) or 'nothing'}" for how, who in ended.items())
            lines.append(f"{name} ends otherwise: {told}")
    return lines


def table(columns: Mapping[str, Column]) -> str:
    """In Markdown: a row for each story, a column for each engine, and why something was not played."""
    engines = list(columns)
    reasons: dict[str, int] = {}
    rows = [f"| story | {' | '.join(engines)} |", f"|---|{'---|' * len(engines)}"]
    stories = sorted({_story(name) for column in columns.values() for name in column})
    rows += [
        f"| {story} | {' | '.join(_cell(columns[engine], story, reasons) for engine in engines)} |" for story in stories
    ]
    notes = [f"{number}. {reason}" for reason, number in reasons.items()]
    return "\n".join([*_counts(columns, stories), "", *rows, "", *notes])


def _counts(columns: Mapping[str, Column], stories: Iterable[str]) -> list[str]:
    lines = []
    for engine, column in columns.items():
        verdicts = [_worst(column, story).verdict for story in stories if _variants(column, story)]
        told = ", ".join(
            f"{verdicts.count(each)} {each}" for each in (HELD, BROKEN, UNKNOWN, SKIPPED) if each in verdicts
        )
        lines.append(f"- `{engine}`: {told}")
    return lines


def _cell(column: Column, story: str, reasons: dict[str, int]) -> str:
    if not _variants(column, story):
        return ""
    worst = _worst(column, story)
    if not worst.why:
        return SIGNS[worst.verdict]
    number = reasons.setdefault(worst.why.replace("|", "\\|"), len(reasons) + 1)
    return f"{SIGNS[worst.verdict]} ({number})"


def _worst(column: Column, story: str) -> Played:
    return min(_variants(column, story), key=lambda each: WORST_FIRST.index(each.verdict))


def _variants(column: Column, story: str) -> list[Played]:
    return [each for name, each in column.items() if _story(name) == story]


def _story(name: str) -> str:
    """The story's name without its variant, and short."""
    path, _, test = name.partition("[")[0].partition("::")
    return f"{path.removesuffix('.py')} {test.removeprefix('test_').replace('_', ' ')}"


def put_into(page: Path, text: str) -> None:
    """Between the marks on the page. Raises NoTable."""
    before, begins, rest = page.read_text(encoding="utf-8").partition(BEGINS)
    _, ends, after = rest.partition(ENDS)
    if not (begins and ends):
        raise NoTable(f"{page} has no place for the table: {BEGINS} … {ENDS}")
    page.write_text(f"{before}{BEGINS}\n{text}\n{ENDS}{after}", encoding="utf-8")
