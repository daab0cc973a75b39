"""A journal is read as it is found."""

import pytest

from sim.journal.reading import read_lines, seconds_of
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
def test_a_line_that_can_not_be_read_is_counted_and_left_out(text: str) -> None:
    journal = read_lines([*JournalOf().texts, text])
    assert journal.unreadable == 1
    assert [line.kind for line in journal.lines] == ["scenario_started"]


def test_an_empty_line_is_no_trouble() -> None:
    assert read_lines(["\n", ""]).unreadable == 0


def test_the_emulators_lines_belong_to_the_scenario_whose_pipeline_they_name() -> None:
    texts = JournalOf().sqs(1, "sent").line(2, "sqs", queue="somebody-else-jobs", what="sent").texts
    scenarios = [line.scenario for line in read_lines(texts).lines]
    assert scenarios == [SCENARIO, SCENARIO, None]


def test_a_pipeline_whose_name_begins_with_anothers_is_not_mixed_up() -> None:
    texts = JournalOf("first", "it-4950").texts + JournalOf("second", "it-4950-jobs-2").texts
    texts += JournalOf(begin=False).line(1, "sqs", queue="it-4950-jobs-2-jobs", what="sent").texts
    assert read_lines(texts).lines[-1].scenario == "second"


def test_lines_stand_in_the_order_of_the_worlds_time() -> None:
    texts = JournalOf().own(100, "late", real=1).own(50, "early", real=2).texts
    assert [line.kind for line in read_lines(texts).lines] == ["scenario_started", "early", "late"]


def test_a_line_without_the_worlds_time_is_placed_by_the_last_that_has_it() -> None:
    journal = JournalOf().own(3600, "jumped", real=10)
    journal.raw('{"at": "%s", "kind": "plain", "scenario": "%s"}\n' % (moment(12), SCENARIO))  # noqa: UP031
    plain = read_lines(journal.texts).lines[-1]
    assert plain.kind == "plain"
    assert plain.world_at == seconds_of(moment(3602))


def test_records_that_are_copied_later_do_not_turn_the_time_back() -> None:
    journal = JournalOf().own(3600, "jumped", real=10).own(5, "openai", real=11, memory_id=MEMORY)
    journal.raw('{"at": "%s", "kind": "plain", "scenario": "%s"}\n' % (moment(12), SCENARIO))  # noqa: UP031
    assert read_lines(journal.texts).lines[-1].world_at == seconds_of(moment(3602))
