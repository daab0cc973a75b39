"""`rawk-sim incidents`: the page about outages, from the record of a run."""

from pathlib import Path
from typing import Any

import pytest

from sim.cli.main import main
from tests.unit.report.journals import JournalOf

INCIDENT = {
    "name": "openai-2024-08-16",
    "title": "OpenAI, 16 August 2024",
    "began": "2024-08-16T18:38:00+00:00",
    "source": "https://example.com/post-mortem",
    "assumed": ["the status"],
    "phases": [{"begins": 0.0, "ends": 2640.0, "what": "calls fail"}],
}
REPORT = {
    "recordings": 206,
    "refused_uploads": 0,
    "longest_refusal_seconds": 0.0,
    "transcript_p50_seconds": 0.02,
    "transcript_p95_seconds": 1800.0,
    "transcript_longest_seconds": 7200.0,
    "complete_p50_seconds": 0.1,
    "complete_p95_seconds": 1801.0,
    "complete_longest_seconds": 7201.0,
    "dead_letters": 13,
    "operator_was_needed": True,
    "all_well_after_seconds": 1740.0,
    "openai_calls": 957,
    "openai_calls_of_a_quiet_day": 412,
    "billed_audio_seconds": 5056.0,
    "billed_audio_seconds_of_a_quiet_day": 5056.0,
}


def page_of(folder: Path, capsys: pytest.CaptureFixture[str], **changes: Any) -> str:
    journal = JournalOf("incidents/test_a.py::test_a").run_started().accepted(1)
    journal.own(5, "incident_ended", incident=INCIDENT, report={**REPORT, **changes})
    journal.own(6, "verdict", claim="All complete.", verdict="passed", outcomes={"complete": 206})
    journal.write(folder)
    assert main(["incidents", str(folder)]) == 0
    return capsys.readouterr().out


def test_an_incident_is_shown_with_its_timeline_and_what_became_of_the_recordings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = page_of(tmp_path, capsys).splitlines()
    for line in (
        "## OpenAI, 16 August 2024",
        "It began at 2024-08-16T18:38:00+00:00 ([source](https://example.com/post-mortem)). "
        "Assumed, because the source is silent: the status.",
        "| 0:00 | 0:44 | calls fail |",
        "All complete. *passed*: `incidents/test_a.py::test_a`",
        "| what clients saw | 202 |",
        "| transcript after | half within 0 s, 95 % within 30 min, the last after 2 h |",
        "| dead letters | 13 |",
        "| operator | one redrive |",
        "| all complete | 29 min after the end of the outage |",
        "| calls of OpenAI | 957; on a quiet day 412 |",
    ):
        assert line in lines


def test_refusals_and_a_quiet_end_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changes = {"refused_uploads": 1, "longest_refusal_seconds": 600.0, "dead_letters": 0, "all_well_after_seconds": 0.0}
    lines = page_of(tmp_path, capsys, operator_was_needed=False, **changes).splitlines()
    assert "| what clients saw | 1 refusal, at most 10 min until accepted |" in lines
    assert "| dead letters | none |" in lines
    assert "| operator | not needed |" in lines
    assert "| all complete | before the outage ended |" in lines


def test_the_page_is_written_where_the_site_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page_of(tmp_path, capsys)
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path)
    assert main(["incidents", ".", "--write"]) == 0
    assert (tmp_path / "docs/incidents.md").read_text().startswith("# Outages that really happened\n")


def test_a_run_without_an_incident_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    JournalOf("a.py::test_a").run_started().accepted(1).write(tmp_path)
    assert main(["incidents", str(tmp_path)]) == 2
    assert "ran an incident: run `tox -e incidents` first" in capsys.readouterr().err
