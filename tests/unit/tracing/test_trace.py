"""The trace of one recording: what belongs to it, in which order, and what is never shown."""

import json
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from rawk.adapters.traces.in_memory import InMemoryTracedMemories
from rawk.domain.errors import AIMisconfigured, DatabaseUnavailable, LogsUnavailable
from rawk.ports import LogLine
from rawk.use_cases.trace import MOST_MEMORIES, Trace, TraceRecording
from tests.unit.use_cases.pipeline import GRACE, Clock, Pipeline

MEMORY = "6f9c1e0b-7d0c-4a83-9d6c-2f3f3f9f8a55"
OTHER = "00000000-0000-4000-8000-000000000000"
REQUEST = "96bc7170-a1e6-4dea-9ca0-786c5e1d6bab"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class ListedLogs:
    """Lines in memory; remembers what was searched."""

    def __init__(self, *texts: str | dict, error: Exception | None = None) -> None:
        self.texts = [text if isinstance(text, str) else json.dumps(text) for text in texts]
        self.error = error
        self.searches: list[tuple[list[str], datetime | None]] = []

    def lines(self, ids: Collection[str], since: datetime | None) -> Iterator[LogLine]:
        self.searches.append((sorted(ids), since))
        if self.error is not None:
            raise self.error
        for number, text in enumerate(self.texts):
            if any(each in text for each in ids):
                yield LogLine(f"{id(self)} {number}", "log", NOON, text)

    def cut_short(self) -> list[str]:
        return []


def line(event: str, second: float = 0, **fields: object) -> dict:
    return {"timestamp": (NOON + timedelta(seconds=second)).isoformat(), "event": event, **fields}


def traced(an_id: str, *texts: str | dict) -> Trace:
    return TraceRecording([ListedLogs(*texts)], None, Clock()).trace(an_id, None)


def events(trace: Trace) -> list[str]:
    return [entry.what for entry in trace.entries]


RECORDED = [
    line("memory_accepted", 0, service="api", memory_id=MEMORY, correlation_id="corr-1"),
    line("request", 0.1, service="api", correlation_id="corr-1", milliseconds=98.2),
    line("job_claimed", 2, service="worker", memory_id=MEMORY, message_id="q-1", request_id=REQUEST, attempt=1),
    line("visibility_timeout_unchanged", 3, service="worker", message_id="q-1", request_id=REQUEST),
    f"REPORT RequestId: {REQUEST}\tDuration: 765.69 ms\tMax Memory Used: 41 MB\tInit Duration: 12.5 ms",
]


@pytest.mark.parametrize("an_id", [MEMORY, "corr-1", "q-1", REQUEST])
def test_any_of_its_ids_leads_to_the_whole_recording(an_id):
    trace = traced(an_id, *RECORDED, line("job_claimed", memory_id=OTHER, message_id="q-2", request_id="another"))

    assert sorted(events(trace)) == sorted(
        ["memory_accepted", "request", "job_claimed", "visibility_timeout_unchanged", "invocation_ended"]
    )
    assert trace.memories == [MEMORY]


def test_lines_are_in_the_order_of_time_whatever_log_they_are_in():
    logs = [ListedLogs(*RECORDED[2:4]), ListedLogs(*RECORDED[:2])]

    trace = TraceRecording(logs, None, Clock()).trace(MEMORY, None)

    assert events(trace) == ["memory_accepted", "request", "job_claimed", "visibility_timeout_unchanged"]
    assert [entry.where for entry in trace.entries] == ["api", "api", "worker", "worker"]


def test_an_entry_has_its_attempt_and_how_long_it_took():
    by_event = {entry.what: entry for entry in traced(MEMORY, *RECORDED).entries}

    assert by_event["request"].took_ms == 98.2
    assert (by_event["visibility_timeout_unchanged"].attempt, by_event["request"].attempt) == (1, None)
    ended = by_event["invocation_ended"]
    assert (ended.took_ms, ended.about) == (765.69, {"init_milliseconds": 12.5, "memory_mb": 41.0})


@pytest.mark.parametrize(
    "fields",
    [
        {"memory_id": OTHER, "correlation_id": "corr-1"},
        {"memory_id": OTHER, "message_id": "q-9", "request_id": REQUEST},
        {"correlation_id": "corr-10"},
        {"message_id": "q-1-not"},
    ],
)
def test_a_line_of_another_recording_is_left_out(fields):
    """Although it shares an invocation or a correlation id, or its id begins alike."""
    assert "foreign" not in events(traced(MEMORY, *RECORDED, line("foreign", **fields)))


def test_a_line_that_names_only_the_key_of_the_audio_belongs_to_it():
    assert "audio_left_to_sweep" in events(traced(MEMORY, line("audio_left_to_sweep", key=f"audio/acme/{MEMORY}")))


@pytest.mark.parametrize(
    "text",
    [
        f"2026-11-20 12:00:00 ERROR {MEMORY}",
        f'{{"timestamp": "2026-11-20T12:00:00+00:00", "memory_id": "{MEMORY}"}}',
        f'{{"event": 5, "memory_id": "{MEMORY}"}}',
        f'["{MEMORY}"]',
        f'{{"event": "x", "memory_id": "{MEMORY}"',
        "{" * 100_000 + MEMORY,
        f"START RequestId: {MEMORY}",
    ],
    ids=range(7),
)
def test_a_line_that_is_none_of_ours_is_left_out(text):
    assert traced(MEMORY, text).entries == []


@pytest.mark.parametrize(
    ("text", "what", "took_ms"),
    [
        (f"2026-11-20T12:05:00.123Z {REQUEST} Task timed out after 300.05 seconds", "invocation_timed_out", 300_050.0),
        (f"RequestId: {REQUEST} Error: Runtime exited with error: signal: killed", "invocation_died", None),
        (f"REPORT RequestId: {REQUEST}\tDuration: 3.5 ms\tStatus: timeout", "invocation_ended", 3.5),
    ],
)
def test_what_lambda_says_about_an_invocation_belongs_to_its_recording(text, what, took_ms):

    found = next(entry for entry in traced(MEMORY, RECORDED[2], text).entries if entry.what == what)
    assert found.took_ms == took_ms


@pytest.mark.parametrize(
    "name", ["text", "transcript", "title", "summary", "stack", "body", "password", "authorization"]
)
def test_a_field_that_may_hold_words_or_a_secret_is_never_shown(name):
    trace = traced(MEMORY, line("odd", memory_id=MEMORY, **{name: "We meet Ada"}, reason="why"))

    assert "Ada" not in str(trace)
    assert trace.entries[0].about == {"reason": "why"}


def test_one_correlation_id_of_many_recordings_gives_a_bounded_number():
    lines = [
        line("memory_accepted", memory_id=f"{n:08}-0000-4000-8000-000000000000", correlation_id="c") for n in range(50)
    ]

    trace = traced("c", *lines)

    assert len(trace.memories) == len(trace.entries) == MOST_MEMORIES


# the database


def of_the_pipeline(pipeline: Pipeline, *logs: ListedLogs) -> TraceRecording:
    return TraceRecording(logs, InMemoryTracedMemories(pipeline.memories), pipeline.clock)


@pytest.fixture
def failed():
    pipeline = Pipeline()
    memory_id = pipeline.record()
    pipeline.transcriber.failures = [AIMisconfigured("OpenAI answered 401")]
    pipeline.work()
    return pipeline, memory_id


def test_the_rows_are_part_of_the_timeline(failed):
    pipeline, memory_id = failed

    trace = of_the_pipeline(pipeline).trace(memory_id, None)

    assert events(trace) == ["status queued", "status processing", "status failed", "last change: failed"]
    last = trace.entries[-1]
    assert {entry.where for entry in trace.entries} == {"database"}
    assert (last.about["reason"], last.about["detail"], last.about["attempts"]) == (
        "configuration",
        "OpenAI answered 401",
        1,
    )


def test_the_message_that_failed_a_memory_leads_to_it(failed):
    pipeline, memory_id = failed
    message_id = pipeline.memory(memory_id).failed_message_id

    assert of_the_pipeline(pipeline).trace(message_id, None).memories == [memory_id]


def test_a_message_that_only_a_log_knows_leads_to_the_row(failed):
    pipeline, memory_id = failed
    logs = ListedLogs(line("job_claimed", memory_id=memory_id, message_id="redriven"))

    assert "status failed" in events(of_the_pipeline(pipeline, logs).trace("redriven", None))


def test_a_row_of_the_outbox_says_when_the_relay_may_send_the_job():
    pipeline = Pipeline()
    memory_id = pipeline.record(send=False)

    trace = of_the_pipeline(pipeline).trace(memory_id, None)

    [waiting] = [entry for entry in trace.entries if entry.what == "in the outbox"]
    assert waiting.about == {"due_at": pipeline.clock.now() + GRACE}


def test_a_deleted_memory_has_its_deletion_and_nothing_else():
    pipeline = Pipeline()
    memory_id = pipeline.record()
    pipeline.memories.delete("acme", memory_id, pipeline.clock.now())

    assert events(of_the_pipeline(pipeline).trace(memory_id, None)) == ["deleted"]


def test_no_transcript_and_no_title_leaves_the_database():
    pipeline = Pipeline()
    memory_id = pipeline.record()
    pipeline.work()
    transcript = pipeline.memory(memory_id).transcript
    assert transcript

    assert transcript not in str(of_the_pipeline(pipeline).trace(memory_id, None))


# time, and what cannot be read


def test_logs_are_read_since_the_memory_was_created(failed):
    pipeline, memory_id = failed
    logs, created_at = ListedLogs(), pipeline.memory(memory_id).created_at
    pipeline.clock.time += timedelta(days=3)

    of_the_pipeline(pipeline, logs).trace(memory_id, None, timedelta(days=1))

    assert {since for _, since in logs.searches} == {created_at - timedelta(minutes=1)}


@pytest.mark.parametrize(("since", "at_most", "searched"), [
    (NOON, timedelta(days=1), NOON),
    (None, timedelta(days=1), Clock().now() - timedelta(days=1)),
    (None, None, None),
])  # fmt: skip
def test_of_an_unknown_id_logs_are_read_for_the_time_that_was_asked_for(since, at_most, searched):
    logs = ListedLogs()
    TraceRecording([logs], None, Clock()).trace("unknown", since, at_most)

    assert logs.searches == [(["unknown"], searched)]


def test_every_id_is_searched_once():
    logs = ListedLogs(*RECORDED)
    TraceRecording([logs], None, Clock()).trace(MEMORY, None)

    searched = [each for ids, _ in logs.searches for each in ids]
    assert sorted(searched) == sorted([MEMORY, "corr-1", "q-1", REQUEST])


def test_a_log_that_cannot_be_read_leaves_the_others():
    broken, healthy = ListedLogs(error=LogsUnavailable("no permission")), ListedLogs(*RECORDED)

    trace = TraceRecording([broken, healthy], None, Clock()).trace(MEMORY, None)

    assert len(trace.entries) == len(RECORDED)
    assert [str(error) for error in trace.unreachable] == ["no permission"]
    assert len(broken.searches) == 1


def test_a_database_that_is_down_leaves_the_logs():
    class Down:
        asked = 0

        def trace(self, _: str, __: int) -> list:
            self.asked += 1
            raise DatabaseUnavailable("no answer")

    database = Down()
    trace = TraceRecording([ListedLogs(*RECORDED)], database, Clock()).trace(MEMORY, None)

    assert len(trace.entries) == len(RECORDED)
    assert [error.part for error in trace.unreachable] == ["database"]
    assert database.asked == 1
