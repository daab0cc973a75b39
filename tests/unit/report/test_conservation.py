"""Conservation is derived from the lines of a journal, and says when lines are missing."""

import json

import pytest

from sim.conservation import Place, Verdict
from sim.picture.conservation import Derived, conservation_of
from sim.report.summary import summary
from tests.unit.report.journals import MEMORY, PIPELINE, JournalOf

KEY = f"audio/acme/{MEMORY}"
BUCKET = f"{PIPELINE}-audio"


class ObservedJournal(JournalOf):
    """Numbers its lines as the harness and the emulator do."""

    def __init__(self, *, begin: bool = True) -> None:
        self.counts: dict[str, int] = {}
        super().__init__(begin=begin)

    def line(self, at: float, kind: str, *, real: float | None = None, **fields: object) -> "ObservedJournal":
        source = str(fields.get("queue") or fields.get("function") or fields.get("resource") or "harness")
        self.counts[source] = self.counts.get(source, 0) + 1
        super().line(at, kind, real=real, **{**fields, "seq": self.counts[source]})
        return self

    def memories(self, at: float, change: str, outbox: str = "", **fields: object) -> None:
        row = {"id": MEMORY, "tenant": "acme", "audio_key": KEY, "billed_seconds": 0, **fields}
        changes = [{"table": "memories", "change": change, "fields": row}]
        changes += [{"table": "outbox", "change": outbox, "fields": {"memory_id": MEMORY}}] if outbox else []
        self.own(at, "database_commit", changes=changes)

    def upload(self) -> "ObservedJournal":
        self.line(1, "s3_object", event="stored", resource=BUCKET, key=KEY, sha256="bytes", memory_id=MEMORY)
        self.memories(2, "inserted", outbox="inserted", status="queued")
        self.sqs(3, "sent", memory_id=MEMORY)
        outbox = [{"table": "outbox", "change": "deleted", "fields": {"memory_id": MEMORY}}]
        self.own(4, "database_commit", changes=outbox)
        about = {"request": "POST /memories", "status_code": 202, "memory_id": MEMORY}
        self.own(5, "api_request", **about, tenant="acme", audio_sha256="bytes", transcript_sha256="words")
        return self

    def processing(self) -> "ObservedJournal":
        self.sqs(6, "received", memory_id=MEMORY, receive_count=1)
        self.line(7, "lambda", event="started", function=f"{PIPELINE}-worker", request_id="r", message_ids=["m-1"])
        self.memories(8, "updated", status="processing")
        return self

    def finished(self) -> "ObservedJournal":
        self.own(
            9, "openai_request", endpoint="transcription", memory_id=MEMORY, billed_seconds=5.0, outcome="answered"
        )
        self.memories(10, "updated", status="complete", transcript_sha256="words", billed_seconds=5.0)
        about = {"function": f"{PIPELINE}-worker", "request_id": "r", "message_ids": ["m-1"], "outcome": "success"}
        self.line(11, "lambda", event="ended", **about)
        self.sqs(12, "deleted", memory_id=MEMORY)
        return self

    def ended(self) -> "ObservedJournal":
        counts = {name: count for name, count in self.counts.items() if name != "harness"}
        self.own(20, "events_counted", counts=counts)
        self.own(21, "scenario_ended")
        return self

    def derived(self) -> Derived:
        derived = conservation_of(self.record().lines)
        assert derived is not None
        return derived


def test_a_recording_from_its_upload_to_complete() -> None:
    derived = ObservedJournal().upload().processing().finished().ended().derived()

    assert derived.conservation.verdict is Verdict.CONSERVED
    assert derived.conservation.places() == {MEMORY: Place.COMPLETE}
    strip = derived.series.as_json(derived.start)
    assert strip["places"] == ["complete", "in flight", "queued", "outbox"]
    assert strip["samples"] == [
        [0.0, 0, 0, 0, 0],
        [1.0, 0, 0, 0, 1],
        [2.0, 0, 0, 1, 0],
        [5.0, 0, 1, 0, 0],
        [9.0, 1, 0, 0, 0],
    ]


def test_the_event_that_loses_a_recording() -> None:
    journal = ObservedJournal().upload().processing()
    journal.sqs(13.3, "deleted", memory_id=MEMORY)

    assert journal.ended().derived().sentences() == [
        "12.3 s: recording 0fc2… was deleted from the queue while processing; nobody holds it"
    ]


@pytest.mark.parametrize(
    ("outcome", "sentences"), [("connection_closed", 0), ("client_disconnected", 1), ("answered", 1)]
)
def test_an_answer_that_a_fault_cut_off_may_be_paid_for_again(outcome: str, sentences: int) -> None:
    journal = ObservedJournal().upload().processing()
    journal.own(8, "openai_request", endpoint="transcription", memory_id=MEMORY, billed_seconds=5.0, outcome=outcome)

    assert len(journal.finished().ended().derived().sentences()) == sentences


def test_the_operators_purge_is_meant() -> None:
    journal = ObservedJournal().upload().processing()
    journal.memories(9, "updated", status="failed", failure_reason="openai_unavailable")
    journal.sqs(10, "dead_lettered", memory_id=MEMORY, dead=True)
    journal.own(11, "operator_command_started", command="dlq purge --yes")
    journal.sqs(12, "deleted", memory_id=MEMORY, dead=True)
    journal.own(13, "operator_command", command="dlq purge --yes", exit_code=0)

    derived = journal.ended().derived()

    assert (derived.conservation.verdict, derived.conservation.place_of(MEMORY)) == (Verdict.CONSERVED, Place.FAILED)


def test_each_line_that_is_missing_is_noticed() -> None:
    whole = ObservedJournal().upload().processing().finished().ended()
    for number in range(1, len(whole.texts)):
        kind = json.loads(whole.texts[number])["kind"]
        journal = ObservedJournal()
        journal.texts = [*whole.texts[:number], *whole.texts[number + 1 :]]

        assert journal.derived().conservation.verdict is Verdict.NOT_KNOWN, kind


def test_a_journal_that_ends_early_is_not_known() -> None:
    assert ObservedJournal().upload().derived().conservation.verdict is Verdict.NOT_KNOWN


def test_an_engine_that_observes_nothing() -> None:
    journal = JournalOf().accepted(1).own(2, "events_counted", counts=None).own(3, "scenario_ended")

    assert conservation_of(journal.record().lines) is None
    assert conservation_of(JournalOf().accepted(1).record().lines) is None


def test_the_summary_has_the_series_and_the_moment_of_each_violation() -> None:
    journal = ObservedJournal().upload().processing()
    journal.sqs(13.3, "deleted", memory_id=MEMORY)

    (scenario,) = summary(journal.ended().run())["scenarios"]
    found = scenario["conservation"]

    assert found["conservation_verdict"] == "violated"
    assert len(found["violations"]) == 1
    assert found["violations"][0].startswith("12.3 s: recording 0fc2… was deleted from the queue")
    assert found["at"] == [12.3]
    assert found["series"]["places"] == ["in flight", "queued", "outbox", "lost"]
    assert found["series"]["samples"][-1][1:] == [0, 0, 0, 1]
    assert summary(JournalOf().accepted(1).run())["scenarios"][0]["conservation"] is None
