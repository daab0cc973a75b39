"""Builds journals for tests, line by line. Times are seconds after BEGINNING, in virtual time."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sim.journal.reading import JOURNAL, read_lines
from sim.journal.version import RECORD_VERSION
from sim.picture.feed import FeedEvent
from sim.report.run_record import RunRecord, ScenarioRecord, run_of

BEGINNING = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
SCENARIO = "queue/test_poison.py::test_it"
PIPELINE = "it-4950"
MEMORY = "0fc2b5a2-3af2-43af-8e1f-87883a230a75"
OTHER_MEMORY = "11111111-3af2-43af-8e1f-87883a230a75"


class JournalOf:
    """Adds lines as the harness and the emulator write them. `real` is the real time, if it is not virtual time."""

    def __init__(self, scenario: str = SCENARIO, pipeline: str = PIPELINE, *, begin: bool = True) -> None:
        self.scenario = scenario
        self.pipeline = pipeline
        self.texts: list[str] = []
        if begin:
            self.line(0, "scenario_started", scenario=scenario, pipeline=pipeline, claim="nothing is lost")

    def line(self, at: float, kind: str, *, real: float | None = None, **fields: Any) -> "JournalOf":
        times = {"at": moment(at if real is None else real), "virtual_at": moment(at)}
        self.texts.append(json.dumps({**times, "kind": kind, **fields}) + "\n")
        return self

    def run_started(self, **fields: Any) -> "JournalOf":
        """The first line of a run's journal; without fields it has the current version alone."""
        line = {"at": moment(-10), "kind": "run_started", **(fields or {"version": RECORD_VERSION})}
        self.texts.insert(0, json.dumps(line) + "\n")
        return self

    def write(self, folder: Path) -> Path:
        """Write `journal.jsonl` into the folder; gives its path."""
        path = folder / JOURNAL
        path.write_text("".join(self.texts), encoding="utf-8")
        return path

    def raw(self, text: str) -> "JournalOf":
        self.texts.append(text)
        return self

    def own(self, at: float, kind: str, **fields: Any) -> "JournalOf":
        """A line of the harness, which names the scenario."""
        return self.line(at, kind, scenario=self.scenario, **fields)

    def accepted(self, at: float, memory_id: str = MEMORY) -> "JournalOf":
        return self.own(
            at, "api_request", request="POST /memories", status_code=202, memory_id=memory_id, duration_seconds=0.1
        )

    def sqs(self, at: float, event: str, message_id: str = "m-1", *, dead: bool = False, **fields: Any) -> "JournalOf":
        """A line of the emulator, which names only the queue."""
        queue = f"{self.pipeline}-jobs-dead-letters" if dead else f"{self.pipeline}-jobs"
        return self.line(at, "sqs", event=event, queue=queue, message_id=message_id, **fields)

    def verdict(self, at: float, verdict: str, **fields: Any) -> "JournalOf":
        about = {
            "scenario": self.scenario,
            "claim": "nothing is lost",
            "verdict": verdict,
            "test_seconds": 1.0,
            **fields,
        }
        self.texts.append(json.dumps({"at": moment(at), "kind": "verdict", **about}) + "\n")
        return self

    def run(self) -> RunRecord:
        return run_of(read_lines(self.texts), "a-run")

    def record(self) -> ScenarioRecord:
        (record,) = self.run().scenarios
        return record

    def feed(self) -> list[FeedEvent]:
        return self.record().feed

    def events(self) -> list[FeedEvent]:
        """The events of the lanes."""
        return [event for event in self.feed() if event["kind"] == "event"]


def moment(seconds: float) -> str:
    return (BEGINNING + timedelta(seconds=seconds)).isoformat()


def dead_lettered_and_redriven() -> JournalOf:
    """One memory whose message is received three times, dead-lettered and redriven, and which then completes."""
    journal = JournalOf().accepted(1).own(1, "fault_started", fault="OpenAI is down", family="openai")
    journal.sqs(1, "sent", memory_id=MEMORY)
    for count, at, back_at in ((1, 1, 1801), (2, 1801, 5401), (3, 5401, 5407)):
        message = {"memory_id": MEMORY, "receive_count": count}
        journal.sqs(at, "received", visibility_timeout_seconds=1800, **message)
        about = {"function": f"{PIPELINE}-worker", "request_id": f"r-{count}"}
        about |= {"message_ids": ["m-1"], "memory_ids": [MEMORY]}
        journal.line(at, "lambda", event="started", cold_start=count == 1, **about)
        journal.own(
            at + 5, "openai_request", memory_id=MEMORY, endpoint="transcription", attempt=count, status_code=503
        )
        journal.line(
            at + 6, "lambda", event="ended", outcome="batch_item_failures", failed_message_ids=["m-1"], **about
        )
        journal.sqs(back_at, "visible_again", **message)
    journal.sqs(5408, "dead_lettered", dead=True, memory_id=MEMORY, source_queue=f"{PIPELINE}-jobs")
    journal.own(5410, "fault_ended", fault="OpenAI is down", family="openai", times_triggered=3)
    journal.own(5411, "operator_command", command="dlq redrive", exit_code=0)
    journal.sqs(5412, "redriven", "m-2", memory_id=MEMORY, source_message_id="m-1")
    journal.sqs(5412, "deleted", "m-1", dead=True, memory_id=MEMORY)
    journal.sqs(5412, "received", "m-2", memory_id=MEMORY, receive_count=1)
    journal.sqs(5414, "deleted", "m-2", memory_id=MEMORY)
    journal.own(5415, "condition_met", condition="all_complete")
    steps = [{"status": "queued", "at": moment(1)}, {"status": "failed", "at": moment(5407)}]
    steps += [{"status": "transcript_only", "at": moment(5413)}, {"status": "complete", "at": moment(5414)}]
    journal.own(5416, "memory", memory_id=MEMORY, status="complete", attempts=4, openai_calls=5, status_history=steps)
    return journal.own(5416, "scenario_ended")
