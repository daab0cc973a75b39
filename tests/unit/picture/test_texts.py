"""The lane, text, tone and subjects of each event."""

import pytest

from sim.picture.conservation import start_of
from sim.picture.contents import contents_of
from sim.picture.vocabulary import ERROR, OK, WAIT, WARNING
from tests.unit.report.journals import (
    BEGINNING,
    MEMORY,
    OTHER_MEMORY,
    PIPELINE,
    JournalOf,
    dead_lettered_and_redriven,
    moment,
)


def texts(journal: JournalOf, lane: str) -> list[tuple[float, str]]:
    """Time, in seconds after the journal's beginning, and text."""
    start = start_of(journal.record().lines) - BEGINNING.timestamp()
    return [(round(event["at"] + start, 1), event["text"]) for event in journal.events() if event["lane"] == lane]


def test_a_message_belongs_to_its_memory_through_dead_letter_queue_and_redrive() -> None:
    journal = dead_lettered_and_redriven()
    (subject,) = journal.record().contents.subjects.values()
    assert subject.id == MEMORY
    assert subject.was_dead
    assert subject.receives == 4
    events = journal.events()
    assert all(event["subjects"] == [MEMORY] for event in events if event["lane"] in ("SQS", "DLQ", "Lambda"))
    assert [event["label"] for event in events if event["glyph"] == "ring"] == ["1", "2", "3", "1"]
    assert texts(journal, "DLQ") == [
        (5408, "moved to the dead-letter queue"),
        (5412, "deleted from the dead-letter queue"),
    ]


def test_poison_is_a_subject_with_its_kind_as_title() -> None:
    journal = (
        JournalOf()
        .accepted(0)
        .sqs(1, "sent", "m-9")
        .own(1.1, "poison_message_sent", poison_kind="not JSON", message_id="m-9")
    )
    journal.sqs(2, "received", "m-9", receive_count=1).sqs(3, "dead_lettered", "m-9", dead=True)
    subjects = journal.record().contents.subjects
    assert set(subjects) == {MEMORY, "m-9"}
    assert (subjects["m-9"].title, subjects["m-9"].status) == ("poison: not JSON", "dead letter")


def test_redriven_poison_with_a_new_id_is_the_same_subject() -> None:
    journal = JournalOf().sqs(1, "sent", "m-9").sqs(2, "dead_lettered", "m-9", dead=True)
    journal.sqs(3, "redriven", "m-10", source_message_id="m-9").sqs(4, "received", "m-10", receive_count=1)
    subjects = contents_of(journal.feed()).subjects
    assert list(subjects) == ["m-9"]
    assert subjects["m-9"].events == 4


def test_a_message_about_an_unknown_memory_is_a_subject_itself() -> None:
    journal = JournalOf().sqs(1, "sent", "m-9", memory_id="00000000-0000-4000-8000-000000000000")
    assert list(journal.record().contents.subjects) == ["m-9"]


def test_a_batch_has_all_its_memories_as_subjects() -> None:
    about = {"function": f"{PIPELINE}-worker", "request_id": "r"}
    about |= {"memory_ids": [MEMORY, OTHER_MEMORY], "message_ids": ["a", "b"]}
    journal = JournalOf().accepted(0).accepted(0, OTHER_MEMORY).line(1, "lambda", event="started", **about)
    journal.line(2, "lambda", event="ended", outcome="timeout", error="Task timed out after 300.00 seconds", **about)
    ended = [event for event in journal.events() if event["lane"] == "Lambda"][-1]
    assert (ended["subjects"], ended["tone"]) == ([MEMORY, OTHER_MEMORY], ERROR)
    assert texts(journal, "Lambda")[-1] == (
        2,
        "worker timed out and was killed: Task timed out after 300.00 seconds",
    )


def test_transcript_only_is_a_warning_only_as_final_status() -> None:
    history = [{"status": status, "at": moment(1)} for status in ("queued", "transcript_only", "complete")]
    journal = JournalOf().own(2, "memory", memory_id=MEMORY, status="complete", status_history=history)
    assert [event["tone"] for event in journal.events()] == [WAIT, WAIT, OK]
    journal = JournalOf().own(2, "memory", memory_id=MEMORY, status="transcript_only", status_history=history[:2])
    assert [event["tone"] for event in journal.events()] == [WAIT, WARNING]


def test_requests_to_openai_show_failure_and_billing() -> None:
    about = {"memory_id": MEMORY, "endpoint": "transcription", "outcome": "answered"}
    journal = JournalOf().own(1, "openai_request", attempt=1, status_code=503, effect="status", **about)
    journal.own(2, "openai_request", attempt=2, status_code=200, billed_seconds=6.0, **about)
    journal.own(3, "openai_request", attempt=3, **{**about, "outcome": "connection_closed", "effect": "hang"})
    journal.own(4, "openai_request", attempt=1, status_code=200, effect="refusal", **{**about, "endpoint": "chat"})
    assert [text for _, text in texts(journal, "OpenAI")] == [
        "transcription, 1st request: 503",
        "transcription, 2nd request: 200, billed 6 s of audio",
        "transcription, 3rd request: no response, connection closed by a fault (hang)",
        "chat, 1st request: 200 (refusal)",
    ]
    assert [event["tone"] for event in journal.events()] == [WARNING, OK, WARNING, WARNING]


@pytest.mark.parametrize("effect", ["slow", "drip"])
def test_a_late_answer_of_openai_is_no_failure(effect: str) -> None:
    about = {"memory_id": MEMORY, "endpoint": "chat", "status_code": 200, "effect": effect, "duration_seconds": 20.0}
    journal = JournalOf().own(1, "openai_request", attempt=1, outcome="answered", **about)
    journal.own(2, "openai_request", attempt=2, outcome="client_disconnected", **about)

    assert [(event["tone"], event["openai"]["usable"]) for event in journal.events()] == [(OK, True), (WARNING, False)]
    assert texts(journal, "OpenAI")[0] == (1, f"chat, 1st request: 200 ({effect}), after 20 s")


def test_errors_of_aws_are_in_the_lane_of_their_service() -> None:
    about = {"resource": f"{PIPELINE}-audio", "memory_id": MEMORY, "operation": "PutObject"}
    journal = JournalOf().accepted(0).line(1, "aws_call", service="s3", status_code=200, **about)
    journal.line(2, "aws_call", service="s3", status_code=503, error_code="SlowDown", **about)
    journal.line(3, "aws_call", service="s3", status_code=200, **{**about, "operation": "CopyObject"})
    assert texts(journal, "S3") == [
        (1, "audio stored"),
        (2, "s3 PutObject returned 503 SlowDown"),
        (3, "audio copied"),
    ]


def test_an_unknown_kind_is_shown_with_its_fields() -> None:
    journal = (
        JournalOf().accepted(0).own(1, "api_moved", zone_count=3, memory_id=MEMORY, lane="S3").own(2, "odd", lane="no")
    )
    assert texts(journal, "S3") == [(1, "API moved: zone count 3")]
    assert texts(journal, "operator") == [(2, "odd")]


def test_fields_of_unexpected_types_are_accepted() -> None:
    journal = (
        JournalOf()
        .own(1, "memory", memory_id=MEMORY, status_history="none")
        .own(1, "memory", memory_id=7, status_history=[1, {}])
    )
    journal.own(2, "api_request", status_code="many").own(
        2, "openai_request", status_code=None, duration_seconds="long", memory_id=[]
    )
    journal.line(3, "lambda", function=f"{PIPELINE}-worker").sqs(3, "unheard_of").own(4, "operator_command")
    journal.own(5, "fault_ended", fault="never started").own(6, "condition_met").line(6, "sqs", queue=7)
    assert journal.events()


def test_the_removal_of_the_pipeline_is_not_part_of_the_scenario() -> None:
    journal = dead_lettered_and_redriven()
    before = len(journal.record().lines)
    journal.sqs(5500, "purged", "m-7").line(
        5500, "aws_call", service="s3", resource=f"{PIPELINE}-audio", status_code=404
    )
    assert len(journal.verdict(5501, "passed").record().lines) == before + 1
