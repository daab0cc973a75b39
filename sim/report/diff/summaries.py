"""Reads the summary of a run: from its `summary.json`, or from its journal if it was killed before it wrote one."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.journal.reading import JOURNAL, NoJournal
from sim.report.run_record import read_run
from sim.report.summary import summary
from sim.report.writing import SUMMARY


@dataclass(frozen=True)
class Summary:
    """The content of a `summary.json`, and the name by which messages call the run."""

    name: str
    content: dict[str, Any]

    @property
    def scenarios(self) -> dict[str, dict[str, Any]]:
        """By name."""
        found = self.content.get("scenarios") or []
        return {str(each["name"]): each for each in found if isinstance(each, dict) and "name" in each}

    def about(self, key: str) -> Any:
        """A fact of the run; None where this summary does not say it."""
        return self.content.get(key)


def read_summary(path: Path) -> Summary:
    """The summary of a run, by its folder or by its `summary.json`.

    Any record version is read: the caller compares what both summaries say. Raises NoJournal, with the path, where
    there is no run or the file is no summary.
    """
    file = path / SUMMARY if path.is_dir() else path
    name = path.resolve().name if path.is_dir() else path.resolve().parent.name
    if path.is_dir() and not file.exists() and (path / JOURNAL).exists():
        return Summary(name, summary(read_run(path)))
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NoJournal(f"there is no run at {path}: give the folder of a run or its {SUMMARY}") from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise NoJournal(f"{file} is not a {SUMMARY}: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("scenarios"), list):
        raise NoJournal(f"{file} is not a {SUMMARY}: it has no list of scenarios")
    return Summary(name, content)
