"""Runs that an invariant must refuse, and unusual ones that it must accept: changes of `runs.healthy_run`.

`DOCTORED` has at least one run for every sentence of an invariant's docstring, and reaches each of its `raise`s.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from sim import invariants
from sim.app.protocol import StatusStep
from sim.conservation import AudioStored, Event, MessageRemoved, Paid
from sim.engines.base.audio_bucket import StoredObject
from sim.engines.base.queues import Depth
from sim.engines.base.roles import Refused
from sim.scenario.simulation import Simulation
from tests.unit.conservation.healthy import accepted, complete
from tests.unit.invariants.runs import (
    BEGINNING,
    COMPLETE,
    DELETED,
    FAILED,
    FOREIGN,
    PIPELINE,
    TRANSCRIPTS,
    WAITING,
    FinishedRun,
)

RETRY = "POST /memories/…/retry"

type Invariant = Callable[[Simulation], None]
type Change = Callable[[FinishedRun], object]


def without_row(run: FinishedRun) -> None:
    del run.memories[COMPLETE]
    run.history(COMPLETE)


def erased_from_complete(run: FinishedRun) -> None:
    run.history(COMPLETE, "complete")
    run.memories[COMPLETE]["transcript"] = None


def with_row(memory_id: str, **columns: object) -> Change:
    return lambda run: run.memories[memory_id].update(columns)


def unknown_recording(run: FinishedRun) -> None:
    """What is no known recording has no transcript to compare."""
    run.accepted[0] = replace(run.accepted[0], transcript=None)
    run.memories[COMPLETE]["transcript"] = "whatever OpenAI heard"


def bad_audio_acknowledged(run: FinishedRun) -> None:
    run.memories[FAILED]["failure_reason"] = "audio_too_long"
    run.dead_letters = Depth(0, 0, 0)


def deleted(change: Change) -> Change:
    """A recording was deleted, and something is unusual about it."""

    def with_deletion(run: FinishedRun) -> None:
        run.delete()
        change(run)

    return with_deletion


def in_table(name: str, text: str) -> Change:
    return lambda run: run.tables.update({name: run.tables.get(name, "") + "\n" + text})


def in_s3(key: str, sha256: str, age: timedelta, *families: str) -> Change:
    """An object of that age is in S3 after faults of the families."""

    def change(run: FinishedRun) -> None:
        run.versions.append(StoredObject(key, sha256, BEGINNING - age))
        run.triggered_families.update(families)

    return change


def same_speech(run: FinishedRun) -> None:
    """Another recording of the same words, with the same title, still exists."""
    run.delete("A title of two")
    words = run.deleted[0].transcript
    run.accepted[0] = replace(run.accepted[0], transcript=words, title="A title of two")
    run.memories[COMPLETE]["transcript"] = words
    run.tables["memories"] = f"{words}\nA title of two"


def logged(process: str, text: str) -> Change:
    return lambda run: run.logs.update({process: f"ready\n{text}\n"})


def with_title(title: str) -> Change:
    def change(run: FinishedRun) -> None:
        run.memories[COMPLETE]["title"] = title
        run.logs["worker"] += f"analysed {title.lower()}\n"

    return change


def denied(role: str, action: str, *expected: tuple[str, str]) -> Change:
    def change(run: FinishedRun) -> None:
        run.refused.append(Refused(role, action, "arn:aws:sqs:::jobs", 2))
        run.expected_refusals.update(expected)

    return change


def in_list(tenant: str, memory_id: str) -> Change:
    return lambda run: run.lists[tenant].append(memory_id)


def answered(tenant: str, memory_id: str, status_code: int) -> Change:
    return lambda run: run.status_of_get.update({(tenant, memory_id): status_code})


def history(memory_id: str, *statuses: str) -> Change:
    return lambda run: run.history(memory_id, *statuses)


def invocation(
    since: float,
    until: float,
    outcome: str,
    error: str | None = None,
    fault: tuple[str, float, float | None] | None = None,
    ready_at: float | None = None,
    **about: object,
) -> Change:
    def change(run: FinishedRun) -> None:
        if ready_at is not None:
            run.event(ready_at, "pipeline_ready")
        if fault is not None:
            run.fault(*fault)
        run.invocation(since, until, outcome, error, **about)

    return change


def fails_of(reason: str, fault: tuple[str, float, float | None] | None) -> Change:
    """One memory has failed after 2 s, and there was one fault, or none."""

    def change(run: FinishedRun) -> None:
        run.journal.path.unlink()
        run.history(FAILED, "queued", "processing", "failed")
        run.memories[FAILED]["failure_reason"] = reason
        if fault is not None:
            run.fault(*fault)

    return change


def revived(*acts: tuple[str, float, dict[str, object]]) -> Change:
    """A memory fails 10 s after the beginning, in an outage, is queued again 2 s later, and completes."""

    def change(run: FinishedRun) -> None:
        run.journal.path.unlink()
        run.fault("openai", 0, None)
        run.history(FAILED)
        statuses = {0: "queued", 1: "processing", 10: "failed", 12: "queued", 13: "processing", 14: "transcript_only"}
        run.history(COMPLETE)
        run.steps += [
            StatusStep(COMPLETE, number, status, BEGINNING + timedelta(seconds=seconds))
            for number, (seconds, status) in enumerate(statuses.items())
        ]
        for kind, after_seconds, fields in acts:
            run.event(after_seconds, kind, **fields)

    return change


def unknown_recording_fails(run: FinishedRun) -> None:
    unknown_recording(run)
    run.history(COMPLETE, "queued", "processing", "failed")


def attribute(**values: object) -> Change:
    def change(run: FinishedRun) -> None:
        for name, value in values.items():
            setattr(run, name, value)

    return change


def observed(*events: Event) -> Change:
    """More events after those of the healthy run."""
    return lambda run: run.events.extend(events) if run.events is not None else None


DOCTORED: dict[Invariant, dict[str, tuple[Change, str]]] = {
    invariants.conservation: {
        "lost, and found again at rest": (
            observed(*accepted("r", at=100), MessageRemoved(112.3, "m-r"), *complete("r", at=120)[3:]),
            r"^112\.3 s: recording r was deleted from the queue while queued; nobody holds it",
        ),
        "replaced": (observed(AudioStored(99, "audio/acme/a", "other bytes")), "^99.0 s: recording a has other audio"),
        "duplicated": (observed(Paid(99, "a", 5.0)), "^99.0 s: recording a was paid for 2 times"),
    },
    invariants.nothing_lost: {
        "accepted and not in the database": (without_row, f"{COMPLETE} was accepted and is not in the database"),
        "the audio is gone": (lambda run: run.audio.discard(f"audio/{WAITING}"), f"the audio of memory {WAITING}"),
        "the audio of a failed memory is gone": (lambda run: run.audio.discard(f"audio/{FAILED}"), FAILED),
        "queued for ever": (with_row(COMPLETE, status="queued"), "stayed queued"),
        "processing for ever": (with_row(COMPLETE, status="processing"), "stayed processing"),
        "still uploading": (with_row(COMPLETE, status="uploading"), "stayed uploading"),
        "failed without a reason": (with_row(FAILED, failure_reason=None), f"{FAILED} failed without a reason"),
        "failed with an empty reason": (with_row(FAILED, failure_reason=""), f"{FAILED} failed without a reason"),
        "the words of another": (with_row(COMPLETE, transcript=TRANSCRIPTS[FOREIGN]), "transcript of another"),
        "some words are missing": (with_row(WAITING, transcript=TRANSCRIPTS[WAITING][:-5]), "transcript of another"),
        "complete without a transcript": (with_row(COMPLETE, transcript=None), "transcript of another"),
    },
    invariants.no_transcription_paid_twice: {
        "billed twice": (lambda run: run.transcription(COMPLETE, 7.0), f"{COMPLETE}': 2"),
        "billed twice, and the client was gone": (
            lambda run: run.transcription(COMPLETE, 7.0, "client_disconnected"),
            f"{COMPLETE}': 2",
        ),
        "billed twice, the second time for less": (lambda run: run.transcription(WAITING, 0.1), f"{WAITING}': 2"),
    },
    invariants.no_transcript_erased: {
        "complete, and then without one": (with_row(COMPLETE, transcript=None), f"{COMPLETE} was transcript_only"),
        "transcript_only, and then without one": (with_row(WAITING, transcript=None), f"{WAITING} was transcript_only"),
        "complete at once, and then without one": (
            erased_from_complete,
            f"{COMPLETE} was complete",
        ),
    },
    invariants.status_never_went_back: {
        "from complete to queued": (
            history(COMPLETE, "queued", "processing", "transcript_only", "complete", "queued"),
            "complete to queued",
        ),
        "from transcript_only to failed": (
            history(WAITING, "queued", "processing", "transcript_only", "failed"),
            "transcript_only to failed",
        ),
        "from queued to uploading": (history(COMPLETE, "queued", "uploading"), "queued to uploading"),
        "from failed to complete": (history(FAILED, "queued", "failed", "complete"), "failed to complete"),
    },
    invariants.tenants_see_only_their_own: {
        "in the list of another": (in_list("acme", FOREIGN), rf"list of acme contains \['{FOREIGN}'\]"),
        "in the list of a tenant whose name begins alike": (in_list("acme-2", FAILED), "list of acme-2 contains"),
        "readable by another": (answered("acme", WAITING, 200), "acme got 200"),
        "existence is betrayed": (answered("acme-2", COMPLETE, 403), "acme-2 got 403"),
    },
    invariants.no_secret_in_a_log: {
        "the OpenAI key": (
            logged("worker", "using sk-the-openai-key"),
            "log of the worker contains a piece of the OpenAI key",
        ),
        "a tenant's key": (logged("api", "refused second-tenants-key"), "acme-2's API key"),
        "the database's address": (
            logged("relay", "postgresql+psycopg://rawk:the-password@localhost/rawk"),
            "log of the relay contains a piece of the password of the database, the database URL",
        ),
        "the end of a tenant's key, in a URL": (logged("api", "GET /?key%3Dd-tenants%2Dkey"), "API key"),
        "the password of the database": (
            logged("migration", "authentication of the-password"),
            "the password of the database",
        ),
        "a key that a command has printed": (logged("operator", "bcdefabc"), "issued API key 1"),
        "the secret key of an AWS session": (logged("api", "ret+Key0aws"), "AWS secret key 1"),
        "what signs tokens": (logged("api", "key 56789abcdef01234"), "signing key 1 in hex"),
        "a user's password": (logged("operator", "RAWK_NEW_PASSWORD=a pass of words"), "the password of user 1"),
        "a token": (logged("api", "GET /events?ticket=eyJhbGciOiJI.eyJzdWIiOiJhZ"), "a signed token"),
        "the hash of a password": (logged("api", "$argon2id$v=19$m=19456"), "the hash of a password"),
        "a few words, in JSON": (
            logged("operator", '{"title": "These are\\nthe words"}'),
            f"log of the operator contains a piece of the transcript of {COMPLETE}",
        ),
        "a title": (with_title("The Harbour at Night"), f"a piece of the own title of {COMPLETE}"),
        "an audio link": (logged("api", "302 to /audio/1?X-Amz-Signature=0a1b2c"), "a presigned request"),
        "a transcript": (logged("worker", f"said: {TRANSCRIPTS[WAITING]}"), f"the transcript of {WAITING}"),
    },
    invariants.deleted_means_gone: {
        "the row is there": (deleted(in_table("memories", DELETED)), "memories still names memory deleted-5"),
        "a history is there": (deleted(in_table("memory_events", DELETED)), "memory_events still names"),
        "a job in the outbox": (deleted(in_table("outbox", DELETED)), "outbox still names"),
        "the transcript in the tombstone": (
            deleted(in_table("deleted_memories", "Nobody shall ever hear these words again.")),
            "deleted_memories contains a piece of the transcript",
        ),
        "a piece of the transcript in a new table": (
            deleted(in_table("archive", "… ever hear these words …")),
            "archive contains a piece of the transcript",
        ),
        "the title": (deleted(in_table("deleted_memories", "For my sister alone")), "contains the title"),
        "the key": (deleted(in_table("deleted_memories", "key-of-march")), "contains the idempotency key"),
        "the title in a log": (deleted(logged("api", '"title": "For my sister alone"')), "log of the api contains"),
        "the words in a log": (deleted(logged("worker", "shall ever hear these")), "log of the worker contains"),
        "the title in a dead letter": (
            deleted(attribute(dead_letter_bodies=['{"title": "For my sister alone"}'])),
            "dead-letter queue contains the title",
        ),
        "the API shows it": (deleted(answered("acme", DELETED, 200)), "answers 200 for memory deleted-5"),
        "the audio": (deleted(in_s3(f"audio/acme/{DELETED}", "…", timedelta())), f"audio/acme/{DELETED} is still"),
        "a copy of the audio": (
            deleted(in_s3("copies/1", f"sha256 of {DELETED}", timedelta(), "openai")),
            "copies/1 is still",
        ),
        "audio that is swept too late": (
            deleted(in_s3(f"audio/acme/{DELETED}", "…", timedelta(hours=25, minutes=11), "storage")),
            "is still in S3, 1 day, 1:11",
        ),
    },
    invariants.no_unexpected_denial: {
        "nothing was expected": (denied("worker", "sqs:SendMessage"), r"the worker sqs:SendMessage on .* \(2\)"),
        "expected of another role": (
            denied("worker", "s3:GetObject", ("api", "s3:GetObject")),
            "the worker s3:GetObject",
        ),
        "another action was expected": (denied("api", "s3:GetObject", ("api", "s3:PutObject")), "the api s3:GetObject"),
    },
    invariants.no_unexpected_function_error: {
        "an error without a fault": (
            invocation(10, 11, "error", "DatabaseUnavailable: refused"),
            "worker ended with error: DatabaseUnavailable: refused, and no fault provoked it",
        ),
        "an error long after the fault": (
            invocation(10, 11, "error", "DatabaseUnavailable: refused", fault=("database", 2, 8)),
            "no fault provoked it",
        ),
        "an error before the fault": (
            invocation(10, 11, "error", "DatabaseUnavailable: refused", fault=("database", 13, 20)),
            "no fault provoked it",
        ),
        "an error that no fault of that kind provokes": (
            invocation(10, 11, "error", "DatabaseUnavailable: refused", fault=("worker", 9, 12)),
            "no fault provoked it",
        ),
        "an error that the product does not foresee": (
            invocation(10, 11, "error", "KeyError: 'memory_id'", fault=("database", 9, 12)),
            "worker ended with error: KeyError: 'memory_id'$",
        ),
        "an error after the pipeline was ready": (
            invocation(10, 11, "error", "ConfigurationError: no secret", ready_at=9),
            "no fault provoked it",
        ),
        "a crash before the pipeline was ready": (
            invocation(10, 11, "crash", "Runtime.ExitError", ready_at=20),
            "no fault provoked it",
        ),
        "an error without words": (invocation(10, 11, "error", fault=("database", 9, 12)), "ended with error"),
        "the relay's error": (
            invocation(10, 11, "error", "QueueUnavailable: no answer", function=f"{PIPELINE}-relay"),
            "relay ended with error",
        ),
        "a crash while OpenAI is down": (
            invocation(10, 11, "crash", "Runtime.ExitError", fault=("openai", 0, 20)),
            "worker ended with crash: Runtime.ExitError, and no fault provoked it",
        ),
        "a timeout without a fault": (invocation(100, 400, "timeout", "Sandbox.Timedout"), "ended with timeout"),
    },
    invariants.no_unexpected_answer: {
        "one 500": (attribute(server_errors=["GET /api/v1/memories was answered 500"]), "GET .* was answered 500"),
        "a 502 among others": (attribute(server_errors=["POST /a was answered 502", "b"]), "answered 502; b"),
    },
    invariants.no_unexpected_failure: {
        "failed in fair weather": (fails_of("openai_unavailable", None), "no fault provoked it"),
        "failed before the fault": (fails_of("openai_unavailable", ("openai", 10, None)), "no fault provoked it"),
        "no quota without a word of OpenAI": (fails_of("openai_quota", ("storage", 0, None)), "openai_quota"),
        "missing audio without a failure of S3": (fails_of("audio_missing", ("openai", 0, None)), "audio_missing"),
        "a wrong key that nobody changed": (fails_of("configuration", ("database", 0, None)), "configuration"),
        "failed for a while": (revived(), f"{COMPLETE} left failed for queued, without a redrive"),
        "a redrive long before": (revived(("operator_command", 0, {"command": "dlq redrive"})), "without a redrive"),
        "only a list of the dead letters": (revived(("operator_command", 11, {"command": "dlq list"})), "without a r"),
        "a retry that was refused": (
            revived(("api_request", 11, {"request": RETRY, "status_code": 409, "memory_id": COMPLETE})),
            "without a retry",
        ),
        "a retry of another memory": (
            revived(("api_request", 11, {"request": RETRY, "status_code": 202, "memory_id": WAITING})),
            "without a retry",
        ),
        "a duplicate of another message": (
            revived(("duplicate_message_sent", 11, {"memory_id": WAITING})),
            "without a retry",
        ),
    },
    invariants.at_rest: {
        "a visible job": (attribute(jobs=Depth(1, 0, 0)), "jobs queue still contains"),
        "a job in flight": (attribute(jobs=Depth(0, 1, 0)), "jobs queue still contains"),
        "a delayed job": (attribute(jobs=Depth(0, 0, 1)), "jobs queue still contains"),
        "a row in the outbox": (attribute(outbox_count=1), "outbox still contains 1 rows"),
        "a lease": (with_row(COMPLETE, lease_token="token"), rf"still have a lease: \['{COMPLETE}'\]"),
        "no dead letter for a failed memory": (attribute(dead_letters=Depth(0, 0, 0)), "0 dead letters, but 1 failed"),
        "a dead letter too many": (attribute(dead_letters=Depth(1, 1, 0)), "2 dead letters, but 1 failed"),
        "poison that vanished": (attribute(poison_sent=1), "1 dead letters, but 1 failed memories .* and 1 poison"),
        "a dead letter of bad audio": (
            with_row(FAILED, failure_reason="audio_unreadable"),
            "1 dead letters, but 0 failed",
        ),
    },
}
"""Invariant → name of a run that it must refuse → the change that makes the run so, and what the refusal says."""

ACCEPTED: dict[Invariant, dict[str, Change]] = {
    invariants.conservation: {"an engine that observes nothing": attribute(events=None)},
    invariants.nothing_lost: {
        "audio that is no known recording": unknown_recording,
        "a memory that nobody accepted": with_row(COMPLETE, status="complete"),
        "orphaned audio": lambda run: run.audio.add("audio/unknown"),
    },
    invariants.no_transcription_paid_twice: {
        "a second transcription without a bill": lambda run: run.transcription(COMPLETE, 0.0),
        "a second analysis": lambda run: run.openai_calls.append(
            {"memory_id": COMPLETE, "endpoint": "chat", "billed_seconds": 1.0, "outcome": "answered"}
        ),
        "an answer that a fault cut off": lambda run: run.transcription(COMPLETE, 7.0, "connection_closed"),
    },
    invariants.no_transcript_erased: {"failed without a transcript": with_row(FAILED, transcript=None)},
    invariants.status_never_went_back: {
        "revived after a failure": history(FAILED, "queued", "processing", "failed", "queued", "processing", "failed"),
        "another worker takes over": history(WAITING, "queued", "processing", "transcript_only", "complete"),
    },
    invariants.tenants_see_only_their_own: {"an empty list": attribute(lists={"acme": [], "acme-2": []})},
    invariants.no_secret_in_a_log: {"ids and digests": logged("api", f"{COMPLETE} sha256 of {COMPLETE}")},
    invariants.deleted_means_gone: {
        "a deletion": deleted(lambda run: None),  # noqa: ARG005
        "an id in a log": deleted(logged("api", DELETED)),
        "an id in a dead letter": deleted(attribute(dead_letter_bodies=[DELETED])),
        "two recordings of the same words": same_speech,
        "equal bytes of another memory": deleted(in_s3("audio/acme/x", f"sha256 of {COMPLETE}", timedelta())),
        "audio that waits for the sweep": deleted(in_s3(f"audio/acme/{DELETED}", "…", timedelta(hours=25), "storage")),
        "audio after the API was killed": deleted(in_s3(f"audio/acme/{DELETED}", "…", timedelta(hours=1), "api")),
        "a title of three letters": lambda run: (run.delete("run"), in_table("memories", "running")(run)),
    },
    invariants.no_unexpected_denial: {
        "a provoked denial": denied("worker", "s3:GetObject", ("worker", "s3:GetObject")),
    },
    invariants.no_unexpected_function_error: {
        "an error while the database is down": invocation(
            10, 11, "error", "DatabaseUnavailable: refused", fault=("database", 5, 20)
        ),
        "an error that began while the database was down": invocation(
            10, 15, "error", "DatabaseUnavailable: refused", fault=("database", 5, 12)
        ),
        "an error while the database is still down": invocation(
            10, 11, "error", "rawk.domain.errors.DatabaseUnavailable: refused", fault=("database", 5, None)
        ),
        "a killed worker": invocation(10, 11, "crash", "Runtime.ExitError", fault=("worker", 5, 20)),
        "a frozen worker": invocation(100, 400, "timeout", "Sandbox.Timedout", fault=("worker", 50, 150)),
        "an error before the pipeline was ready": invocation(
            10, 11, "error", "ConfigurationError: no secret", ready_at=20, function=f"{PIPELINE}-relay"
        ),
        "an error of another pipeline": invocation(10, 11, "error", "KeyError: 1", function="it-12-worker"),
    },
    invariants.no_unexpected_answer: {"none": attribute(server_errors=[])},
    invariants.no_unexpected_failure: {
        "failed for good while OpenAI is down": fails_of("openai_unavailable", ("openai", 0, None)),
        "audio that is no known recording": unknown_recording_fails,
        "redriven": revived(("operator_command", 12, {"command": "dlq redrive --only configuration"})),
        "retried by its owner": revived(
            ("api_request", 11, {"request": RETRY, "status_code": 202, "memory_id": COMPLETE})
        ),
        "sent once more by the scenario": revived(("duplicate_message_sent", 11, {"memory_id": COMPLETE})),
    },
    invariants.at_rest: {
        "poison among the dead letters": attribute(poison_sent=2, dead_letters=Depth(3, 0, 0)),
        "a dead letter in flight": attribute(dead_letters=Depth(0, 1, 0)),
        "bad audio without a dead letter": bad_audio_acknowledged,
    },
}
"""Invariant → name of an unusual run that it must accept → the change that makes the run so."""
