"""Journals with unreadable, unplaced or foreign lines, of killed runs, and of other versions."""

from pathlib import Path

import pytest

from sim.cli.main import main
from sim.journal.reading import JournalTail, read_journal, read_lines, seconds_of
from sim.journal.version import RECORD_VERSION, OtherRecordVersion
from tests.unit.report.journals import MEMORY, SCENARIO, JournalOf, moment


@pytest.mark.parametrize(
    "text",
    [
        "not JSON\n",
        '["no", "object"]\n',
        '{"kind": "no time"}\n',
        '{"at": "yesterday", "kind": "no time"}\n',
        '{"at": "2026-11-21T08:00:00+00:00"}\n',
        '{"at": "2026-11-21T08:00:00+00:00", "kind": 7}\n',
        '{"at": "2026-11-21T08:00:00+00:0',
    ],
)
def test_an_unreadable_line_is_counted_and_skipped(text: str) -> None:
    journal = read_lines([*JournalOf().texts, text])
    assert journal.unreadable == 1
    assert [line.kind for line in journal.lines] == ["scenario_started"]


def test_an_empty_line_is_not_counted() -> None:
    assert read_lines(["\n", ""]).unreadable == 0


def test_a_line_of_the_emulator_belongs_to_the_scenario_whose_pipeline_it_names() -> None:
    texts = JournalOf().sqs(1, "sent").line(2, "sqs", queue="other-pipeline-jobs", event="sent").texts
    scenarios = [line.scenario for line in read_lines(texts).lines]
    assert scenarios == [SCENARIO, SCENARIO, None]


def test_the_longest_matching_pipeline_name_counts() -> None:
    texts = JournalOf("first", "it-4950").texts + JournalOf("second", "it-4950-jobs-2").texts
    texts += JournalOf(begin=False).line(1, "sqs", queue="it-4950-jobs-2-jobs", event="sent").texts
    assert read_lines(texts).lines[-1].scenario == "second"


def test_lines_are_in_the_order_of_virtual_time() -> None:
    texts = JournalOf().own(100, "late", real=1).own(50, "early", real=2).texts
    assert [line.kind for line in read_lines(texts).lines] == ["scenario_started", "early", "late"]


def test_a_line_without_virtual_time_uses_the_offset_of_the_line_before() -> None:
    journal = JournalOf().own(3600, "jumped", real=10)
    journal.raw('{"at": "%s", "kind": "plain", "scenario": "%s"}\n' % (moment(12), SCENARIO))  # noqa: UP031
    plain = read_lines(journal.texts).lines[-1]
    assert plain.kind == "plain"
    assert plain.virtual_at == seconds_of(moment(3602))


def test_records_that_are_copied_later_do_not_change_the_offset() -> None:
    journal = JournalOf().own(3600, "jumped", real=10).own(5, "openai_request", real=11, memory_id=MEMORY)
    journal.raw('{"at": "%s", "kind": "plain", "scenario": "%s"}\n' % (moment(12), SCENARIO))  # noqa: UP031
    assert read_lines(journal.texts).lines[-1].virtual_at == seconds_of(moment(3602))


@pytest.mark.parametrize(
    ("fields", "found"), [({"seed": 1}, "no version"), ({"version": 1}, "1"), ({"version": "two"}, "two")]
)
def test_a_journal_of_another_version_is_refused(tmp_path: Path, fields: dict[str, object], found: str) -> None:
    path = JournalOf().run_started(**fields).write(tmp_path)
    with pytest.raises(OtherRecordVersion) as refused:
        read_journal(tmp_path)
    assert str(refused.value) == (
        f"{path} was written by another version of the harness ({found}, this one reads {RECORD_VERSION}): "
        "run the scenarios again"
    )


def test_a_journal_without_the_line_that_has_the_version_is_refused(tmp_path: Path) -> None:
    JournalOf().write(tmp_path)
    with pytest.raises(OtherRecordVersion, match="no version"):
        read_journal(tmp_path)


@pytest.mark.parametrize("command", [["report", "."], ["events", ".", "0fc2"], ["roles", "."]])
def test_every_command_refuses_another_version_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    JournalOf().run_started(version=1).write(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main(command) == 2
    assert capsys.readouterr().err == (
        "sim: journal.jsonl was written by another version of the harness (1, this one reads 2): "
        "run the scenarios again\n"
    )


@pytest.mark.parametrize("text", ["", '{"at": "2026-11-21T08:0'])
def test_a_run_that_was_killed_at_its_first_line_can_be_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "journal.jsonl").write_text(text, encoding="utf-8")
    assert read_journal(tmp_path).lines == []


def test_the_half_written_journal_of_a_killed_run_can_be_read(tmp_path: Path) -> None:
    journal = JournalOf().accepted(1).run_started()
    journal.raw('{"at": "2026-11-21T08:00:05+00:00", "kind": "sq').write(tmp_path)
    read = read_journal(tmp_path)
    assert ([line.kind for line in read.lines], read.unreadable) == (
        ["run_started", "scenario_started", "api_request"],
        1,
    )


def test_a_journal_is_read_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text("".join(JournalOf().line(1, "world_log", message="before").texts))
    tail = JournalTail(path, path.stat().st_size)
    texts = JournalOf().sqs(1, "sent").sqs(2, "received").texts

    assert tail.read() == []
    with path.open("a") as file:
        file.write("".join(texts[:2]) + texts[2][:20])
    assert [line.kind for line in tail.read()] == ["scenario_started", "sqs"]
    with path.open("a") as file:
        file.write(texts[2][20:])

    assert [(line.text("event"), line.scenario, line.number) for line in tail.read()] == [("received", SCENARIO, 2)]
    assert tail.read() == []


def test_a_line_that_is_read_later_has_the_offset_of_those_before(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    tail = JournalTail(path, 0)
    path.write_text('{"at": "2026-11-21T08:00:00+00:00", "virtual_at": "2026-11-21T09:00:00+00:00", "kind": "a"}\n')
    tail.read()
    with path.open("a") as file:
        file.write('not JSON\n{"at": "2026-11-21T08:00:01+00:00", "kind": "b"}\n')

    (line,) = tail.read()

    assert line.virtual_at - line.at == 3600
