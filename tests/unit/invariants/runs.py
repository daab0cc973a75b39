"""A finished run in memory that satisfies every invariant, and can be changed so that it does not.

It has two tenants with two memories each: one complete and one failed for `acme`, one complete and one
`transcript_only` for `acme-2`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sim.app.protocol import StatusStep
from sim.conservation import Event, Series, fold
from sim.engines.base.audio_bucket import StoredObject
from sim.engines.base.queues import Depth
from sim.engines.base.roles import Refused
from sim.journal.journal import Journal
from sim.picture.conservation import Derived
from sim.scenario.memories import AcceptedRecording
from sim.scenario.simulation import Simulation
from tests.unit.conservation.healthy import complete, redriven_after_death

BEGINNING = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
DELETED = "deleted-5"
COMPLETE, FAILED, FOREIGN, WAITING = "complete-1", "failed-2", "complete-3", "transcript-only-4"
TENANTS = {"acme": "first-tenants-key", "acme-2": "second-tenants-key"}
TRANSCRIPTS = {each: f"These are the words of recording {each}." for each in (COMPLETE, FAILED, FOREIGN, WAITING)}
PIPELINE, SCENARIO = "it-1", "queue/test_it.py::test_it"


@dataclass
class FakeClock:
    """Evaluates a condition once, at a moment when nothing more will change."""

    patience: timedelta = timedelta.max

    def now(self) -> datetime:
        return BEGINNING

    def wait_until(self, condition: Callable[[], bool], within: timedelta) -> bool:
        del within
        return condition()

    def virtual_at(self, real_seconds: float) -> float:
        return real_seconds

    def before_jump(self, act: Callable[[], bool]) -> Callable[[], None]:
        raise AssertionError(f"no fault is active: {act}")


@dataclass
class FinishedRun:
    """What the invariants read, as plain data. Change it before `simulation` is called."""

    journal: Journal
    accepted: list[AcceptedRecording]
    memories: dict[str, dict[str, Any]]
    steps: list[StatusStep]
    audio: set[str]
    jobs: Depth = field(default_factory=lambda: Depth(0, 0, 0))
    dead_letters: Depth = field(default_factory=lambda: Depth(1, 0, 0))
    outbox_count: int = 0
    poison_sent: int = 0
    lists: dict[str, list[str]] = field(
        default_factory=lambda: {"acme": [COMPLETE, FAILED], "acme-2": [FOREIGN, WAITING]}
    )
    """Tenant → ids in the tenant's list."""
    status_of_get: dict[tuple[str, str], int] = field(default_factory=dict)
    """Tenant and id → status code of a request for a memory, if it is not the right one."""
    server_errors: list[str] = field(default_factory=list)
    """What the clients note about answers of 5xx."""
    openai_calls: list[dict[str, Any]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    expected_refusals: set[tuple[str, str]] = field(default_factory=set)
    deleted: list[AcceptedRecording] = field(default_factory=list)
    tables: dict[str, str] = field(default_factory=lambda: {"memories": "", "outbox": "", "deleted_memories": ""})
    """Table → the text of all its rows."""
    versions: list[StoredObject] = field(default_factory=list)
    """What is in S3, for the invariant on deletions; the others read `audio`."""
    dead_letter_bodies: list[str] = field(default_factory=list)
    triggered_families: set[str] = field(default_factory=set)
    events: list[Event] | None = field(default_factory=lambda: [*complete("a"), *redriven_after_death("b", at=30)])
    """What was observed; None on an engine that observes nothing."""
    logs: dict[str, str] = field(default_factory=lambda: {"api": "ready\n", "worker": "job_done\n", "relay": "ran\n"})

    def history(self, memory_id: str, *statuses: str) -> None:
        """Replace the history of a memory; one second between two steps."""
        self.steps = [each for each in self.steps if each.memory_id != memory_id]
        self.steps += [
            StatusStep(memory_id, number, status, BEGINNING + timedelta(seconds=number))
            for number, status in enumerate(statuses)
        ]

    def transcription(self, memory_id: str, billed_seconds: float, outcome: str = "answered") -> None:
        """Add a transcription to OpenAI's journal."""
        call = {"memory_id": memory_id, "endpoint": "transcription", "billed_seconds": billed_seconds}
        self.openai_calls.append({**call, "outcome": outcome})

    def delete(self, title: str | None = "For my sister alone") -> None:
        """A fifth recording was accepted and deleted."""
        words = "Nobody shall ever hear these words again."
        self.deleted.append(AcceptedRecording(DELETED, "acme", f"sha256 of {DELETED}", words, title, "key-of-march"))
        self.tables["deleted_memories"] = f"{DELETED}\nacme\nsha256 of the key"

    def event(self, after_seconds: float, kind: str, **fields: object) -> None:
        """Add a line to the journal, so many seconds after the beginning of the run."""
        self.journal.write(kind, virtual_at=(BEGINNING + timedelta(seconds=after_seconds)).isoformat(), **fields)

    def fault(self, family: str, since: float, until: float | None = None) -> None:
        """A fault that was active for a time, in seconds after the beginning; without an end it still is."""
        self.event(since, "fault_started", fault=f"a failure of the {family}", family=family)
        if until is not None:
            self.event(until, "fault_ended", fault=f"a failure of the {family}", family=family, times_triggered=1)

    def invocation(self, since: float, until: float, outcome: str, error: str | None = None, **about: object) -> None:
        """An invocation of the worker, or of the `function` that is given."""
        name = {"function": f"{PIPELINE}-worker", **about}
        self.event(since, "lambda", event="started", request_id=f"request-{since}", **name)
        self.event(until, "lambda", event="ended", request_id=f"request-{since}", outcome=outcome, error=error, **name)

    def simulation(self) -> Simulation:
        return FakeSimulation(self)


class FakeSimulation(Simulation):
    """A simulation that reads a finished run instead of a pipeline."""

    def __init__(self, run: FinishedRun) -> None:
        self.pipeline: Any = SimpleNamespace(
            pipeline=SimpleNamespace(name=PIPELINE),
            ledger=SimpleNamespace(
                memories=lambda: run.memories,
                steps=lambda: sorted(run.steps, key=lambda each: (each.memory_id, each.number)),
                outbox_count=lambda: run.outbox_count,
                rows=lambda: run.tables,
                secrets=lambda: {"signing key 1 in hex": "0123456789abcdef" * 2},
                leases=lambda: [each for each, row in run.memories.items() if row["lease_token"] is not None],
            ),
            audio=SimpleNamespace(keys=lambda: run.audio, versions=lambda: iter(run.versions)),
            queues=SimpleNamespace(
                jobs=lambda: run.jobs,
                dead_letters=lambda: run.dead_letters,
                dead_letter_bodies=lambda: run.dead_letter_bodies,
            ),
            openai=SimpleNamespace(journal=lambda: run.openai_calls),
            roles=SimpleNamespace(refused=lambda: run.refused, expected=run.expected_refusals),
            credentials=SimpleNamespace(openai_api_key="sk-the-openai-key", tenant_keys=TENANTS),
            database_url="postgresql+psycopg://rawk:the-password@localhost/rawk",
            logs=lambda: run.logs,
            identities=SimpleNamespace(secret_keys=["aws/Secret+Key0aws"]),
        )
        self.operator: Any = SimpleNamespace(issued_keys=["rawk_Abcdefabcdef"], passwords=["a pass of words"])
        self.clock = FakeClock()
        self.journal = run.journal
        self.api: Any = SimpleNamespace(
            accepted=run.accepted,
            deleted=run.deleted,
            server_errors=run.server_errors,
            answers=len(run.accepted),
            tenants=list(TENANTS),
            list_memories=lambda tenant: [{"id": each} for each in run.lists[tenant]],
            get_memory=lambda memory_id, tenant: SimpleNamespace(
                status_code=run.status_of_get.get((tenant, memory_id), 200 if memory_id in run.lists[tenant] else 404)
            ),
        )
        self.queue: Any = SimpleNamespace(poison_sent=run.poison_sent)
        self.limits: Any = SimpleNamespace(orphan_audio_after_seconds=86_400)
        self.triggered_families = run.triggered_families
        self.record: Any = SimpleNamespace(derive=lambda: derived(run.events))
        self._untriggered = []


def derived(events: list[Event] | None) -> Derived | None:
    return None if events is None else Derived(fold(events), Series(), 0.0)


def healthy_run(folder: Path) -> FinishedRun:
    """A run that violates nothing; its journal is a new file in the folder."""
    (folder / "journal.jsonl").unlink(missing_ok=True)
    tenants = {COMPLETE: "acme", FAILED: "acme", FOREIGN: "acme-2", WAITING: "acme-2"}
    statuses = {COMPLETE: "complete", FAILED: "failed", FOREIGN: "complete", WAITING: "transcript_only"}
    run = FinishedRun(
        journal=Journal(folder / "journal.jsonl", SCENARIO),
        accepted=[AcceptedRecording(each, tenants[each], f"sha256 of {each}", TRANSCRIPTS[each]) for each in tenants],
        memories={each: _row(each, tenants[each], statuses[each]) for each in tenants},
        steps=[],
        audio={f"audio/{each}" for each in tenants},
    )
    run.history(COMPLETE, "queued", "processing", "transcript_only", "complete")
    run.history(FAILED, "queued", "processing", "failed", "queued", "processing", "failed")
    run.fault("openai", 1, 2)
    run.event(2.5, "operator_command", command="dlq redrive", exit_code=0)
    run.fault("openai", 4, 5)
    run.invocation(0, 3, "success")
    run.invocation(1, 2, "batch_item_failures")
    run.history(FOREIGN, "queued", "processing", "transcript_only", "complete")
    run.history(WAITING, "queued", "processing", "transcript_only")
    for memory_id in (COMPLETE, FOREIGN, WAITING):
        run.transcription(memory_id, billed_seconds=7.0)
    run.transcription(FAILED, billed_seconds=0.0)
    run.openai_calls.append({"memory_id": COMPLETE, "endpoint": "chat", "billed_seconds": None})
    return run


def _row(memory_id: str, tenant: str, status: str) -> dict[str, Any]:
    return {
        "id": memory_id,
        "tenant": tenant,
        "status": status,
        "audio_key": f"audio/{memory_id}",
        "transcript": None if status == "failed" else TRANSCRIPTS[memory_id],
        "failure_reason": "openai_unavailable" if status == "failed" else None,
        "attempts": 1,
        "openai_calls": 2,
        "lease_token": None,
    }
