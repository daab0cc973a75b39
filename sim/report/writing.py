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
    (folder / SUMMARY).write_text(json.dumps(summary(run), indent=2) + "\n", encoding="utf-8")
    (folder / MARKDOWN).write_text(markdown(run), encoding="utf-8")
    path = folder / REPORT
    path.write_text(page(run), encoding="utf-8")
    return path
