"""What a scenario's lines say: each in its lane, about whom it is."""

from sim.report.run_record import amplification
from sim.report.timeline.picture import BAD, OK, TROUBLE, WAIT, Picture
from tests.unit.report.journals import (
    BEGINNING,
    MEMORY,
    OTHER_MEMORY,
    PIPELINE,
    JournalOf,
    dead_lettered_and_redriven,
    moment,
)

ZERO = BEGINNING.timestamp()


def told(picture: Picture, lane: str) -> list[tuple[float, str]]:
    return [(round(point.at - ZERO, 1), point.text) for point in picture.points if point.lane == lane]


def states(picture: Picture) -> list[tuple[str, float, float]]:
    spans = [span for span in picture.spans if span.lane in ("SQS", "DLQ")]
    return [(span.style, round(span.start - ZERO), round(span.end - ZERO)) for span in spans]


def test_a_message_is_followed_through_dead_letter_queue_and_redrive() -> None:
    picture = dead_lettered_and_redriven().picture()
    (subject,) = picture.subjects.values()
    assert subject.id == MEMORY
    assert subject.was_dead
    assert subject.receives == 4
    assert all(point.subjects == (MEMORY,) for point in picture.points if point.lane in ("SQS", "DLQ", "Lambda"))
    assert [label.label for label in picture.points if label.glyph == "ring"] == ["1", "2", "3", "1"]
    assert told(picture, "DLQ") == [(5408, "moved to the dead-letter queue"), (5412, "left the dead-letter queue")]


def test_the_states_of_a_message_between_its_events() -> None:
    picture = dead_lettered_and_redriven().picture()
    assert states(picture) == [
        ("flight", 1, 1801),
        ("flight", 1801, 5401),
        ("flight", 5401, 5407),
        ("waiting", 5407, 5408),
        ("dead", 5408, 5412),
        ("flight", 5412, 5414),
    ]


def test_a_delayed_message_waits_first() -> None:
    journal = JournalOf().accepted(0).sqs(1, "sent", memory_id=MEMORY, delay_seconds=900)
    journal.sqs(901, "delay_ended", memory_id=MEMORY).sqs(902, "received", memory_id=MEMORY, receive_count=1)
    assert states(journal.sqs(903, "deleted", memory_id=MEMORY).picture()) == [
        ("delayed", 1, 901),
        ("waiting", 901, 902),
        ("flight", 902, 903),
    ]


def test_what_is_still_open_at_the_end_of_the_record_lasts_until_then() -> None:
    journal = JournalOf().accepted(0).sqs(1, "sent", memory_id=MEMORY)
    journal.own(2, "fault_started", fault="OpenAI is down", family="openai")
    about = {"function": f"{PIPELINE}-worker", "request_id": "r", "memory_ids": [MEMORY], "message_ids": ["m-1"]}
    picture = journal.line(3, "lambda", event="started", **about).own(9, "condition_met", condition="x").picture()
    assert states(picture) == [("waiting", 1, 9)]
    (fault,) = picture.faults
    assert (fault.start - ZERO, fault.end - ZERO, fault.times_triggered) == (2, 9, None)
    (run,) = [span for span in picture.spans if span.lane == "Lambda"]
    assert run.end - ZERO == 9
    assert "did not end" in run.text


def test_poison_is_followed_by_what_it_is() -> None:
    journal = (
        JournalOf()
        .accepted(0)
        .sqs(1, "sent", "m-9")
        .own(1.1, "poison_message_sent", poison_kind="not JSON", message_id="m-9")
    )
    journal.sqs(2, "received", "m-9", receive_count=1).sqs(3, "dead_lettered", "m-9", dead=True)
    subjects = journal.picture().subjects
    assert set(subjects) == {MEMORY, "m-9"}
    assert (subjects["m-9"].title, subjects["m-9"].status) == ("poison: not JSON", "dead letter")


def test_poison_that_is_moved_back_under_a_new_id_is_the_same_poison() -> None:
    journal = JournalOf().sqs(1, "sent", "m-9").sqs(2, "dead_lettered", "m-9", dead=True)
    journal.sqs(3, "redriven", "m-10", source_message_id="m-9").sqs(4, "received", "m-10", receive_count=1)
    picture = journal.picture()
    assert list(picture.subjects) == ["m-9"]
    assert picture.subjects["m-9"].events == 4


def test_a_dead_letter_that_somebody_looks_at_stays_dead() -> None:
    journal = JournalOf().sqs(1, "sent", "m-9").sqs(2, "dead_lettered", "m-9", dead=True)
    journal.sqs(5, "received", "m-9", dead=True, receive_count=1).sqs(6, "visible_again", "m-9", dead=True)
    assert states(journal.sqs(9, "deleted", "m-9", dead=True).picture()) == [("waiting", 1, 2), ("dead", 2, 9)]


def test_a_message_about_a_memory_that_there_is_not_stands_for_itself() -> None:
    journal = JournalOf().sqs(1, "sent", "m-9", memory_id="00000000-0000-4000-8000-000000000000")
    assert list(journal.picture().subjects) == ["m-9"]


def test_a_batch_concerns_everybody_in_it() -> None:
    about = {"function": f"{PIPELINE}-worker", "request_id": "r"}
    about |= {"memory_ids": [MEMORY, OTHER_MEMORY], "message_ids": ["a", "b"]}
    journal = JournalOf().accepted(0).accepted(0, OTHER_MEMORY).line(1, "lambda", event="started", **about)
    journal.line(2, "lambda", event="ended", outcome="timeout", error="Task timed out after 300.00 seconds", **about)
    picture = journal.picture()
    (run,) = [span for span in picture.spans if span.lane == "Lambda"]
    assert (run.subjects, run.tone) == ((MEMORY, OTHER_MEMORY), BAD)
    assert told(picture, "Lambda")[-1] == (
        2,
        "worker ran out of time and was killed: Task timed out after 300.00 seconds",
    )


def test_transcript_only_is_trouble_when_it_is_the_end_and_a_step_when_it_is_not() -> None:
    on_the_way = [{"status": status, "at": moment(1)} for status in ("queued", "transcript_only", "complete")]
    journal = JournalOf().own(2, "memory", memory_id=MEMORY, status="complete", status_history=on_the_way)
    assert [point.tone for point in journal.picture().points] == [WAIT, WAIT, OK]
    journal = JournalOf().own(2, "memory", memory_id=MEMORY, status="transcript_only", status_history=on_the_way[:2])
    assert [point.tone for point in journal.picture().points] == [WAIT, TROUBLE]


def test_openais_answers_say_what_went_wrong_and_what_was_paid() -> None:
    about = {"memory_id": MEMORY, "endpoint": "transcription", "outcome": "answered"}
    journal = JournalOf().own(1, "openai_request", attempt=1, status_code=503, effect="status", **about)
    journal.own(2, "openai_request", attempt=2, status_code=200, billed_seconds=6.0, **about)
    journal.own(3, "openai_request", attempt=3, **{**about, "outcome": "connection_closed", "effect": "hang"})
    journal.own(4, "openai_request", attempt=1, status_code=200, effect="refusal", **{**about, "endpoint": "chat"})
    picture = journal.picture()
    assert [text for _, text in told(picture, "OpenAI")] == [
        "transcription, 1st call: 503",
        "transcription, 2nd call: 200, billed 6 s of audio",
        "transcription, 3rd call: no answer, connection cut (hang)",
        "chat, 1st call: 200 (refusal)",
    ]
    assert [point.tone for point in picture.points] == [TROUBLE, OK, TROUBLE, TROUBLE]


def test_what_aws_refused_is_told_where_it_happened() -> None:
    about = {"resource": f"{PIPELINE}-audio", "memory_id": MEMORY, "operation": "PutObject"}
    journal = JournalOf().accepted(0).line(1, "aws_call", service="s3", status_code=200, **about)
    journal.line(2, "aws_call", service="s3", status_code=503, error_code="SlowDown", **about)
    assert told(journal.picture(), "S3") == [(1, "audio stored"), (2, "s3 PutObject refused: 503 SlowDown")]


def test_a_kind_that_nobody_knows_is_told_as_it_is() -> None:
    journal = (
        JournalOf().accepted(0).own(1, "moon_landed", crew=3, memory_id=MEMORY, lane="S3").own(2, "odd", lane="no")
    )
    picture = journal.picture()
    assert told(picture, "S3") == [(1, "moon landed: crew 3")]
    assert told(picture, "operator") == [(2, "odd")]


def test_lines_with_fields_of_other_types_break_nothing() -> None:
    journal = (
        JournalOf()
        .own(1, "memory", memory_id=MEMORY, status_history="none")
        .own(1, "memory", memory_id=7, status_history=[1, {}])
    )
    journal.own(2, "api_request", status_code="many").own(
        2, "openai_request", status_code=None, duration_seconds="long", memory_id=[]
    )
    journal.line(3, "lambda", function=f"{PIPELINE}-worker").sqs(3, "unheard_of").own(4, "operator_command")
    journal.own(5, "fault_ended", fault="never begun").own(6, "condition_met").line(6, "sqs", queue=7)
    assert journal.picture().points


def test_the_taking_down_of_a_pipeline_is_no_part_of_the_scenario() -> None:
    journal = dead_lettered_and_redriven()
    before = len(journal.record().lines)
    journal.sqs(5500, "purged", "m-7").line(
        5500, "aws_call", service="s3", resource=f"{PIPELINE}-audio", status_code=404
    )
    assert len(journal.verdict(5501, "passed").record().lines) == before + 1


def test_what_a_scenario_took() -> None:
    took = amplification(dead_lettered_and_redriven().record())
    assert (took["memories"], took["receives"], took["max_receives"]) == (1, 4, 3)
    assert (took["invocations"], took["failed_invocations"], took["cold_starts"]) == (3, 3, 1)
    assert (took["openai_calls"], took["failed_openai_calls"]) == (3, 3)
    assert (took["dead_letters"], took["redriven"], took["fault_triggers"]) == (1, 1, 3)
