"""Events as lines of text."""

from pathlib import Path

import pytest

from sim.journal.journal import Journal
from sim.report.event_lines import NoSuchSubject, all_events, last_events
from tests.unit.report.journals import MEMORY, OTHER_MEMORY, SCENARIO, JournalOf, dead_lettered_and_redriven


def written(journal: JournalOf, folder: Path) -> Journal:
    return Journal(journal.run_started().write(folder))


def test_the_last_events_of_the_memory_that_a_failure_names(tmp_path: Path) -> None:
    journal = JournalOf().accepted(1).accepted(1, OTHER_MEMORY).own(2, "memory", memory_id=MEMORY, status="complete")
    journal.sqs(3, "sent", memory_id=OTHER_MEMORY).verdict(9, "failed", reason=f"memory {OTHER_MEMORY} is lost")
    name, *events = last_events(written(journal, tmp_path), SCENARIO, 2)
    assert name.startswith(f"memory {OTHER_MEMORY}")
    lines = [" ".join(line.split()) for line in events]
    assert lines == ["0.1 s API POST /memories: 202", "2.1 s SQS sent to the queue"]


def test_without_a_named_memory_those_of_a_memory_that_is_not_complete(tmp_path: Path) -> None:
    journal = JournalOf().accepted(1).accepted(1, OTHER_MEMORY).own(2, "memory", memory_id=MEMORY, status="complete")
    journal.own(2, "memory", memory_id=OTHER_MEMORY, status="failed", failure_reason="openai_quota")
    assert last_events(written(journal, tmp_path), SCENARIO)[0] == f"memory {OTHER_MEMORY} (failed, openai_quota)"


def test_without_a_memory_the_last_events_of_all(tmp_path: Path) -> None:
    journal = JournalOf().own(1, "operator_command", command="dlq list", exit_code=0)
    (line,) = last_events(written(journal, tmp_path), SCENARIO)
    assert line.endswith("rawk dlq list has ended")


def test_a_scenario_without_events_has_no_last_events(tmp_path: Path) -> None:
    assert last_events(written(JournalOf(), tmp_path), "another.py::test_other") == []


def test_all_events_of_one_memory() -> None:
    lines = all_events(dead_lettered_and_redriven().run(), MEMORY[:4])
    assert lines[0] == SCENARIO
    assert any("moved back to the queue by a redrive" in line for line in lines)
    with pytest.raises(NoSuchSubject, match="begins with 'ffff'"):
        all_events(dead_lettered_and_redriven().run(), "ffff")
