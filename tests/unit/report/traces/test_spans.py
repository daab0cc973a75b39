"""Spans derived from journals: what nests in what, for how long, and what belongs to one recording."""

from collections.abc import Sequence
from itertools import pairwise

import pytest

from sim.report.traces.spans import RecordingTrace, Span, traces_of
from tests.unit.picture.recorded_journals import NAMES, lines_of
from tests.unit.report.journals import (
    BEGINNING,
    MEMORY,
    OTHER_MEMORY,
    PIPELINE,
    SCENARIO,
    JournalOf,
    dead_lettered_and_redriven,
)


def trace_of(journal: JournalOf) -> RecordingTrace:
    (trace,) = traces_of(SCENARIO, journal.record().lines)
    return trace


def named(trace: RecordingTrace, name: str) -> list[Span]:
    return [span for span in trace.spans if span.name.startswith(name)]


def seconds(span: Span) -> tuple[float, float]:
    began = BEGINNING.timestamp()
    return round(span.start - began, 3), round(span.end - began, 3)


def invocation(
    journal: JournalOf, at: float, end: float | None, messages: Sequence[str] = ("m-1",), outcome: str = "success"
) -> JournalOf:
    about = {"function": f"{PIPELINE}-worker", "request_id": f"r-{at}", "message_ids": [*messages]}
    journal.line(at, "lambda", event="started", cold_start=False, **about)
    return journal if end is None else journal.line(end, "lambda", event="ended", outcome=outcome, **about)


def all_traces() -> list[RecordingTrace]:
    return [trace for name in NAMES for trace in traces_of(name, lines_of(name))]


def test_every_attempt_of_a_retried_and_redriven_job_is_a_span_with_its_invocation_and_calls() -> None:
    trace = trace_of(dead_lettered_and_redriven())

    attempts = named(trace, "attempt ")
    assert [span.name for span in attempts] == ["attempt 1", "attempt 2", "attempt 3", "attempt 4"]
    assert [seconds(span) for span in attempts] == [(1, 7), (1801, 1807), (5401, 5407), (5412, 5414)]
    assert [bool(span.failed) for span in attempts] == [True, True, True, False]
    calls = named(trace, "transcription")
    assert [call.parent.parent for call in calls if call.parent is not None] == attempts[:3]
    assert [call.failed for call in calls] == [" 503"] * 3 or all("503" in call.failed for call in calls)


def test_a_returned_message_is_invisible_between_its_attempts_in_virtual_time() -> None:
    hidden = named(trace_of(dead_lettered_and_redriven()), "invisible")

    assert [seconds(span) for span in hidden] == [(7, 1801), (1807, 5401)]


def test_a_dead_letter_lasts_until_its_redrive_and_leads_to_the_new_message() -> None:
    trace = trace_of(dead_lettered_and_redriven())

    (dead,) = named(trace, "dead letter")
    assert seconds(dead) == (5408, 5412)
    redriven = named(trace, "waiting")[-1]
    assert redriven.links == [dead]
    assert dead.links == [named(trace, "attempt 3")[0]]


def test_every_attempt_is_linked_to_the_wait_of_its_message() -> None:
    trace = trace_of(dead_lettered_and_redriven())

    assert [[link.name for link in attempt.links] for attempt in named(trace, "attempt ")] == [["waiting"]] * 4


def test_an_attempt_that_is_killed_says_so() -> None:
    journal = JournalOf().accepted(1).sqs(1, "sent", memory_id=MEMORY).sqs(2, "received", memory_id=MEMORY)
    trace = trace_of(invocation(journal, 2, 302, outcome="timeout"))

    assert [(span.name, span.failed) for span in trace.spans if span.failed] == [
        ("attempt 1", "timeout"),
        ("worker", "timeout"),
    ]


def test_a_batch_has_an_invocation_in_the_trace_of_each_of_its_recordings() -> None:
    journal = JournalOf().accepted(1).accepted(1, OTHER_MEMORY)
    for message, memory in (("m-1", MEMORY), ("m-2", OTHER_MEMORY)):
        journal.sqs(1, "sent", message, memory_id=memory).sqs(2, "received", message, memory_id=memory)
    about = {"memory_ids": [MEMORY, OTHER_MEMORY]}
    journal.line(
        2, "lambda", event="started", function=f"{PIPELINE}-worker", request_id="r", message_ids=["m-1", "m-2"], **about
    )
    journal.line(
        5,
        "lambda",
        event="ended",
        function=f"{PIPELINE}-worker",
        request_id="r",
        outcome="success",
        message_ids=["m-1", "m-2"],
        **about,
    )

    traces = traces_of(SCENARIO, journal.record().lines)

    assert [[span.name for span in trace.spans if span.part == "worker"] for trace in traces] == [
        ["attempt 1", "worker"]
    ] * 2
    assert len({trace.id for trace in traces}) == 2


def test_what_never_ended_ends_with_the_last_event() -> None:
    journal = JournalOf().accepted(1).sqs(1, "sent", memory_id=MEMORY).sqs(2, "received", memory_id=MEMORY)
    invocation(journal, 2, None).own(60, "memory", memory_id=MEMORY, status="processing")

    assert seconds(named(trace_of(journal), "worker")[0]) == (2, 60)


def test_a_commit_is_a_moment_of_the_invocation_that_made_it() -> None:
    journal = JournalOf().accepted(1).sqs(1, "sent", memory_id=MEMORY).sqs(2, "received", memory_id=MEMORY)
    invocation(journal, 2, 9).sqs(9, "deleted", memory_id=MEMORY)
    row = {"id": MEMORY, "tenant": "acme", "status": "processing", "audio_key": f"audio/acme/{MEMORY}"}
    journal.own(3, "database_commit", changes=[{"table": "memories", "change": "updated", "fields": row}])

    (worker,) = named(trace_of(journal), "worker")
    assert [(moment.name, moment.attributes) for moment in worker.moments] == [("commit", {"status": "processing"})]


def test_a_message_without_a_memory_has_a_trace_of_its_own() -> None:
    journal = (
        JournalOf().sqs(1, "sent", "poison").sqs(1, "received", "poison").sqs(2, "dead_lettered", "poison", dead=True)
    )
    trace = trace_of(journal)

    assert (trace.subject, trace.title) == ("poison", "message without a memory")


def test_a_scenario_without_recordings_has_no_trace() -> None:
    assert traces_of(SCENARIO, JournalOf().record().lines) == []


@pytest.mark.parametrize("name", NAMES)
def test_in_a_recorded_run_every_span_lies_in_its_parent_and_has_an_id_and_the_trace_of_its_recording(
    name: str,
) -> None:
    traces = traces_of(name, lines_of(name))

    assert traces
    for trace in traces:
        root, *others = trace.spans
        assert root.parent is None
        for span in others:
            assert span.parent is not None
            assert span.parent.start <= span.start <= span.end <= span.parent.end
        assert {span.trace_id for span in trace.spans} == {trace.id}
        assert len({span.span_id for span in trace.spans}) == len(trace.spans)


def test_the_recorded_outage_is_retried_after_growing_gaps_of_virtual_time() -> None:
    """Hours, in a run that took seconds."""
    for trace in traces_of("outage", lines_of("outage-and-redrive")):
        starts = [span.start for span in named(trace, "attempt ")][:3]
        assert [round((later - earlier) / 60) for earlier, later in pairwise(starts)] == [30, 60]


def test_the_same_journal_has_the_same_ids() -> None:
    assert [trace.spans[-1].span_id for trace in all_traces()] == [trace.spans[-1].span_id for trace in all_traces()]
