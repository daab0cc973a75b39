"""Writes `report.html`, `summary.md` and `summary.json` into the folder of a run."""

import json
from pathlib import Path

from sim.report.markdown import markdown
from sim.report.page.page import page
from sim.report.run_record import read_run
from sim.report.summary import summary

REPORT = "report.html"
MARKDOWN = "summary.md"
SUMMARY = "summary.json"


def write_report(folder: Path) -> Path:
    """Write the three files from the folder's journal; returns the path of the report.

    Raises NoJournal if the folder has no journal, OtherRecordVersion if it has another version, OSError if a file
    cannot be written.
    """
    run = read_run(folder)
    _replace(folder / SUMMARY, json.dumps(summary(run), indent=2) + "\n")
    _replace(folder / MARKDOWN, markdown(run))
    return _replace(folder / REPORT, page(run))


def _replace(path: Path, text: str) -> Path:
    """A reader finds the earlier text or the new one, never half of it: the report is written while a run goes on."""
    fresh = path.with_name(f"{path.name}.new")
    try:
        fresh.write_text(text, encoding="utf-8")
        return fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
