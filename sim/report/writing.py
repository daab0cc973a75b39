"""Writes what a run leaves for people and programs, all of it from its journal."""

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
    """Write `report.html`, `summary.md` and `summary.json` into a run's folder; gives the path of the report.

    Raises NoJournal when there is no journal in the folder, OSError when it can not be written.
    """
    run = read_run(folder)
    (folder / SUMMARY).write_text(json.dumps(summary(run), indent=2) + "\n", encoding="utf-8")
    (folder / MARKDOWN).write_text(markdown(run), encoding="utf-8")
    path = folder / REPORT
    path.write_text(page(run), encoding="utf-8")
    return path
