"""The feed: what recorded journals become, one line after another and all at once."""

from random import Random

import pytest

from sim.picture.conservation import conservation_of, start_of
from sim.picture.contents import contents_of
from sim.picture.feed import Feed, FeedEvent, feed_of
from tests.unit.picture.recorded_journals import NAMES, expected_files, lines_of
from tests.unit.report.journals import BEGINNING, MEMORY, OTHER_MEMORY, JournalOf, dead_lettered_and_redriven
from tests.unit.report.test_conservation import ObservedJournal

ZERO = BEGINNING.timestamp()


def of_kind(feed: list[FeedEvent], kind: str) -> list[FeedEvent]:
    return [event for event in feed if event["kind"] == kind]


def places(feed: list[FeedEvent]) -> dict[str, str]:
    found: dict[str, str] = {}
    for event in of_kind(feed, "places"):
        found.update(dict(event["moves"]))
    return found


def test_the_recorded_feeds_are_what_the_journals_become() -> None:
    for path, text in expected_files().items():
        assert path.read_text(encoding="utf-8") == text, (
            f"{path.name} is stale: run python -m tests.unit.picture.recorded_journals"
        )


@pytest.mark.parametrize("name", NAMES)
def test_one_line_after_another_is_the_same_as_all_at_once(name: str) -> None:
    lines = lines_of(name)
    feed = Feed(start_of(lines))
    one_by_one = [event for line in lines for event in feed.add(line)]
    at_once = feed_of(lines)

    words = sorted((event["at"], event["lane"], event["text"]) for event in of_kind(one_by_one, "event"))
    assert words == sorted((event["at"], event["lane"], event["text"]) for event in of_kind(at_once, "event"))
    assert places(one_by_one) == places(at_once)
    assert violations(one_by_one) == violations(at_once)
    assert [event["n"] for event in one_by_one] == list(range(1, len(one_by_one) + 1))


def violations(feed: list[FeedEvent]) -> list[str]:
    """As a page has them in the end."""
    texts: list[str] = []
    for event in of_kind(feed, "places"):
        if event.get("all_violations"):
            texts.clear()
        texts += [each["text"] for each in event["violations"]]
    return texts


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("name", NAMES)
def test_lines_in_any_order_lead_to_the_same_places(name: str, seed: int) -> None:
    """As another process writes late: by a few lines, or by any number of them."""
    lines = lines_of(name)
    random = Random(seed)
    most = random.choice([3, 30, len(lines)])
    order = sorted(range(len(lines)), key=lambda index: index + random.uniform(0, most))
    feed = Feed(start_of(lines))
    mixed = [event for index in order for event in feed.add(lines[index])]
    derived = conservation_of(lines)

    assert derived is not None
    expected = {subject: place.value for subject, place in derived.conservation.places().items()}
    assert {subject: place for subject, place in places(mixed).items() if place is not None} == expected
    assert violations(mixed) == derived.sentences()


def test_times_are_counted_from_the_beginning_of_the_first_event() -> None:
    feed = feed_of(dead_lettered_and_redriven().record().lines)
    assert feed[0]["at"] == 0.0
    assert [event["kind"] for event in feed[:2]] == ["subject", "event"]
    assert feed[1]["text"] == "uploads a recording"
    assert [event["at"] for event in feed] == sorted(event["at"] for event in feed)


def test_a_memory_that_its_owner_deleted_is_called_deleted() -> None:
    journal = ObservedJournal().upload().processing().finished()
    row = {"id": MEMORY, "tenant": "acme", "audio_key": "k", "billed_seconds": 5.0, "status": "complete"}
    changes = [
        {"table": "memories", "change": "deleted", "fields": row},
        {"table": "deleted_memories", "change": "inserted", "fields": {"memory_id": MEMORY}},
    ]
    feed = feed_of(journal.own(15, "database_commit", changes=changes).ended().record().lines)

    (last,) = [event for event in of_kind(feed, "subject") if event.get("deleted")]
    assert (last["id"], last["status"]) == (MEMORY, "deleted")
    assert [event["text"] for event in feed if event.get("lane") == "Postgres"][-1] == "deleted by its owner"
    assert places(feed) == {MEMORY: "deleted by its owner"}


def test_a_status_is_said_once_whether_commits_or_the_history_say_it() -> None:
    history = [{"status": "queued", "at": "2026-11-21T08:00:02+00:00"}]
    observed = ObservedJournal().upload().own(18, "memory", memory_id=MEMORY, status="queued", status_history=history)
    unobserved = JournalOf().accepted(1).own(18, "memory", memory_id=MEMORY, status="queued", status_history=history)
    for journal in (observed, unobserved):
        feed = feed_of(journal.record().lines)
        assert [event["text"] for event in feed if event.get("lane") == "Postgres"] == ["status: queued"]


def test_a_memory_left_without_its_analysis_ends_with_a_warning() -> None:
    journal = ObservedJournal().upload().processing()
    journal.memories(10, "updated", status="transcript_only", transcript_sha256="words")
    (wording,) = [event for event in feed_of(journal.ended().record().lines) if "transcript only" in str(event)]
    assert wording["tone"] == "warning"
    journal = ObservedJournal().upload().processing()
    journal.memories(10, "updated", status="transcript_only", transcript_sha256="words")
    journal.memories(11, "updated", status="complete", transcript_sha256="words")
    (wording,) = [event for event in feed_of(journal.ended().record().lines) if "transcript only" in str(event)]
    assert wording["tone"] == "wait"


def test_a_command_is_written_when_it_starts_and_when_it_has_ended() -> None:
    journal = JournalOf().own(1, "operator_command_started", command="dlq redrive")
    journal.own(2, "operator_command", command="dlq redrive", exit_code=3)
    starts, ends = of_kind(feed_of(journal.record().lines), "event")
    assert (starts["text"], starts["command"]) == (
        "rawk dlq redrive starts",
        {"event": "started", "name": "dlq redrive"},
    )
    assert (ends["text"], ends["tone"]) == ("rawk dlq redrive has ended (exit code 3)", "error")
    assert ends["command"] == {"event": "ended", "name": "dlq redrive", "exit_code": 3}


def test_facts_stand_beside_the_words() -> None:
    journal = JournalOf().accepted(0).sqs(1, "received", memory_id=MEMORY, receive_count=2)
    about = {"function": "it-4950-worker", "request_id": "r", "message_ids": ["m-1"]}
    journal.line(2, "lambda", event="started", cold_start=True, **about)
    journal.own(3, "openai_request", memory_id=MEMORY, endpoint="chat", status_code=200, outcome="answered")
    events = {event["lane"]: event for event in of_kind(feed_of(journal.record().lines), "event")}
    assert events["SQS"]["sqs"] == {"event": "received", "message": "m-1", "queue": "jobs", "receive_count": 2}
    started = {"event": "started", "id": "r", "function": "worker", "messages": ["m-1"], "cold": True}
    assert events["Lambda"]["invocation"] == started
    assert events["API"]["request"] == {"seconds": 0.1, "status": 202}
    assert events["OpenAI"]["openai"]["usable"] is True


def test_an_engine_that_observes_no_events_has_no_places() -> None:
    journal = JournalOf().accepted(0).accepted(0, OTHER_MEMORY).own(3, "events_counted", counts=None)
    assert of_kind(feed_of(journal.record().lines), "places") == []


def test_what_several_processes_did_in_one_moment_has_one_order_however_it_was_written() -> None:
    """The harness's commit counts before the deletion of the message, as in the order of all events."""
    journal = ObservedJournal().upload().processing()
    journal.own(9, "openai_request", endpoint="transcription", memory_id=MEMORY, billed_seconds=5.0, outcome="answered")
    journal.sqs(10, "deleted", memory_id=MEMORY)
    journal.memories(10, "updated", status="complete", transcript_sha256="words", billed_seconds=5.0)
    lines = journal.ended().record().lines
    feed = Feed(start_of(lines))
    events = [event for line in lines for event in feed.add(line)]
    assert violations(events) == violations(feed_of(lines)) == []
    assert places(events) == places(feed_of(lines)) == {MEMORY: "complete"}


def test_one_moment_is_one_move() -> None:
    journal = ObservedJournal()
    journal.line(1, "s3_object", event="stored", resource="it-4950-audio", key="k", sha256="bytes", memory_id=MEMORY)
    journal.memories(2, "inserted", outbox="inserted", status="queued", audio_key="k")
    feed = feed_of(journal.sqs(2, "sent", memory_id=MEMORY).ended().record().lines)
    assert [event["moves"] for event in of_kind(feed, "places")] == [[[MEMORY, "queued"]]]


@pytest.mark.parametrize("name", NAMES)
def test_a_journal_that_lacks_lines_has_a_feed(name: str) -> None:
    lines = lines_of(name)
    for number in range(0, len(lines), 3):
        feed = feed_of([*lines[:number], *lines[number + 1 :]])
        assert {each for event in feed for each in event.get("subjects", ())} <= set(contents_of(feed).subjects)


def test_a_deletion_of_what_the_journal_does_not_have_is_shown() -> None:
    row = {"id": MEMORY, "tenant": "acme", "audio_key": "k", "billed_seconds": 5.0, "status": "complete"}
    changes = [{"table": "memories", "change": "deleted", "fields": row}]
    feed = feed_of(JournalOf().own(1, "database_commit", changes=changes).record().lines)
    assert [event["text"] for event in of_kind(feed, "event")] == ["removed from the database"]
    assert [event["status"] for event in of_kind(feed, "subject")] == ["removed"]


def test_a_commit_that_changes_no_status_says_nothing() -> None:
    journal = ObservedJournal().upload().processing()
    journal.memories(9, "updated", status="processing", billed_seconds=0)
    texts = [event["text"] for event in feed_of(journal.record().lines) if event.get("lane") == "Postgres"]
    assert texts == ["status: queued", "status: processing"]


def test_only_the_last_status_is_the_degraded_end() -> None:
    journal = ObservedJournal().upload().processing()
    for at, status in ((9, "transcript_only"), (10, "processing"), (11, "transcript_only")):
        journal.memories(at, "updated", status=status, transcript_sha256="words")
    events = [event for event in feed_of(journal.record().lines) if event.get("lane") == "Postgres"]
    assert [event["tone"] for event in events] == ["wait", "wait", "wait", "wait", "warning"]


def test_an_engine_without_commits_has_status_reason_and_tenant_from_the_end() -> None:
    journal = JournalOf().own(1, "api_request", request="POST /memories", status_code=202, memory_id=MEMORY, tenant="a")
    end = {
        "memory_id": OTHER_MEMORY,
        "status": "failed",
        "failure_reason": "quota",
        "tenant": "b",
        "status_history": [],
    }
    subjects = contents_of(feed_of(journal.own(3, "memory", **end).record().lines)).subjects
    assert [(each.tenant, each.status, each.reason) for each in subjects.values()] == [
        ("a", "", ""),
        ("b", "failed", "quota"),
    ]


def test_a_redriven_message_of_a_memory_changes_no_status_of_it() -> None:
    journal = ObservedJournal().upload().sqs(6, "dead_lettered", memory_id=MEMORY)
    journal.sqs(7, "redriven", "m-2", source_message_id="m-1").sqs(8, "deleted", "m-2")
    (memory,) = contents_of(feed_of(journal.record().lines)).subjects.values()
    assert (memory.kind, memory.status, memory.events) == ("memory", "queued", 7)


def test_poison_is_no_dead_letter_any_more_after_its_redrive() -> None:
    journal = JournalOf().sqs(1, "sent", "m-9").sqs(2, "dead_lettered", "m-9", dead=True)
    assert contents_of(feed_of(journal.record().lines)).subjects["m-9"].status == "dead letter"
    journal.sqs(3, "redriven", "m-10", source_message_id="m-9")
    assert contents_of(feed_of(journal.record().lines)).subjects["m-9"].status == ""


def test_faults_end_by_their_names_and_the_last_one_lasts_until_the_end() -> None:
    journal = JournalOf().own(1, "fault_started", fault="a", family="x").own(2, "fault_started", fault="b", family="x")
    journal.own(3, "fault_ended", fault="b", family="x", times_triggered=2).own(9, "condition_met", condition="c")
    faults = contents_of(feed_of(journal.record().lines)).faults
    assert [(each.fault, each.start, each.end, each.times_triggered) for each in faults] == [
        ("a", 0, 8, None),
        ("b", 1, 2, 2),
    ]
