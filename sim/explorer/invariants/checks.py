"""Checks the invariants after every call of the product that could violate one.

Each `after_…` and `before_…` gets one call of a port and checks what the call changed. `sim.invariants` checks some of
the same invariants at the end of a scenario; here they are checked at every step.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import islice, pairwise
from typing import Any, Protocol

from rawk.adapters.openai.in_memory import transcript_of
from rawk.adapters.postgres.in_memory import InMemoryMemoryStore
from rawk.adapters.postgres.in_memory_rows import MemoryRow
from rawk.adapters.sqs.in_memory import InMemoryQueue
from rawk.domain.errors import IdempotencyConflict, PoisonMessage
from rawk.domain.memory import ALLOWED_STEPS, RECORDING_FAULTS, AnalysisState, FailureReason, Memory, Status
from rawk.domain.messages import decode
from rawk.ports import AICall, MemoryFailure, Unknown
from sim.explorer.invariants.failures import untrue_reason
from sim.explorer.invariants.names import (
    AUDIO_UNCHANGED,
    BUDGET,
    COMPLETENESS,
    COST_RECORDED,
    DRAINS,
    IDEMPOTENCY,
    IN_TIME,
    LEAVES_A_TRACE,
    NO_TRANSCRIPT_ERASED,
    NOT_ABANDONED_EARLY,
    NOTHING_LOST,
    ONE_WORKER,
    PAID_ONCE,
    RETRYABLE,
    SILENCED,
    STATUS_FORWARD,
    STAYS_DELETED,
    TENANT_ISOLATION,
    TITLE_KEPT,
    TOMBSTONES_FORGOTTEN,
    TOMBSTONES_KEPT,
    TRUE_REASON,
    Violation,
)
from sim.explorer.plan.call_sites import TRANSCRIBE, CallSite
from sim.explorer.plan.plan import Outage
from sim.explorer.runtime.ledger import Ledger, Recording
from sim.explorer.runtime.policies import policies
from sim.explorer.runtime.scheduler import NEVER_MS, Actor, Scheduler

_LARGEST_DIFFERENCE_MS = 20_000
"""Of two clocks in one world."""
TOMBSTONE_TIME = timedelta(days=30)
"""How long a tombstone stays (docs/reference/privacy.md)."""
TOMBSTONE_MS = int(TOMBSTONE_TIME.total_seconds() * 1000)
TOMBSTONES_FORGOTTEN_WITHIN = timedelta(hours=2)
_UNFINISHED = frozenset({Status.QUEUED, Status.PROCESSING})


class AudioObjects(Protocol):
    """The audio in S3 by key."""

    @property
    def objects(self) -> Mapping[str, Any]: ...


class Invariants:
    """The invariants of one world. `violation` is the first violation that was found."""

    __slots__ = (
        "_audio",
        "_calls_in_invocation",
        "_dead_queue",
        "_jobs",
        "_ledger",
        "_named_by",
        "_openai_callers",
        "_scheduler",
        "_store",
        "as_a_scenario_sees",
        "is_at_rest",
        "outages",
        "violation",
    )

    def __init__(
        self,
        scheduler: Scheduler,
        ledger: Ledger,
        store: InMemoryMemoryStore,
        audio: AudioObjects,
        jobs: InMemoryQueue,
        dead_queue: InMemoryQueue,
    ) -> None:
        self._scheduler = scheduler
        self._ledger = ledger
        self._store = store
        self._audio = audio
        self._jobs = jobs
        self._dead_queue = dead_queue
        self.violation: Violation | None = None
        self.outages: tuple[Outage, ...] = ()
        self.as_a_scenario_sees = False
        """Whether only what a scenario can observe is a violation: not a state between two calls, for example."""
        self.is_at_rest = False
        self._openai_callers: dict[str, tuple[Actor, int]] = {}
        """Memory → the actor that calls OpenAI for it, and the number of that call."""
        self._calls_in_invocation: dict[tuple[int, int], int] = {}
        """Number of the actor and index of the call site → calls in this invocation."""
        self._named_by: dict[str, str] = {}
        """Message body → the memory it names."""

    def violate(self, invariant: str, details: str) -> None:
        """Record a violation. The first one ends the world after its step."""
        if self.as_a_scenario_sees and not self.is_at_rest and invariant not in LEAVES_A_TRACE:
            return
        self.violate_observably(invariant, details)

    def violate_observably(self, invariant: str, details: str) -> None:
        """Record a violation that a scenario can observe, too, at the moment that it happens."""
        if self.violation is None and invariant not in SILENCED:
            actor = self._scheduler.running
            event = "the world at rest"
            if actor is not None:
                event = f"{actor.name}: {actor.site.description}" if actor.site is not None else actor.name
            now_ms, steps = self._scheduler.now_ms, self._scheduler.steps
            self.violation = Violation(invariant, details, now_ms, event, self._cause(actor), steps)
            self._scheduler.stopping = True

    def _cause(self, actor: Actor | None) -> str:
        now_ms = self._scheduler.now_ms
        failing = [f"outage of {each.port} ({each.kind})" for each in self.outages if each.is_on(now_ms)]
        if not failing and actor is not None and actor.failures:
            port, kind = actor.failures[-1]
            failing = [f"{port} failed before ({kind})"]
        return ", ".join(failing)

    def label(self, memory_id: str) -> str:
        return f"memory {self._ledger.label(memory_id)}"

    # before a call to OpenAI

    def before_openai_call(self, actor: Actor, site: CallSite, args: tuple[Any, ...]) -> None:
        call: AICall = args[-1]
        ledger, memory_id = self._ledger, call.memory_id
        ledger.openai_calls[memory_id] += 1
        memory = ledger.last_seen.get(memory_id)
        if site is TRANSCRIBE and memory is not None and memory.transcript is not None:
            self.violate(PAID_ONCE, f"{actor.name} asks for a transcription that {self.label(memory_id)} already has")
        other = self._openai_callers.get(memory_id)
        if other is not None and other[0] is not actor and _is_still_in_call(*other):
            self.violate(ONE_WORKER, f"{actor.name} and {other[0].name} both call OpenAI for {self.label(memory_id)}")
        self._openai_callers[memory_id] = (actor, actor.calls)
        left_ms = actor.deadline_ms - self._scheduler.now_ms
        if call.timeout_seconds * 1000 > left_ms:
            self.violate(
                IN_TIME,
                f"{actor.name} calls OpenAI with a timeout of {call.timeout_seconds:.0f} s, "
                f"{left_ms / 1000:.0f} s before its deadline",
            )
        calls = self._calls_in_invocation[actor.number, site.index] = (
            self._calls_in_invocation.get((actor.number, site.index), 0) + 1
        )
        if calls > policies().processing.retry.tries:
            self.violate(BUDGET, f"{actor.name} has called OpenAI {calls} times for {self.label(memory_id)}")

    # after an effect

    def after_answer(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        del actor, answer, error
        self._openai_callers.pop(args[-1].memory_id, None)

    def after_transcription(
        self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None
    ) -> None:
        del actor, error
        memory_id = args[-1].memory_id
        self._openai_callers.pop(memory_id, None)
        if answer is not None:
            billed = self._ledger.billed_seconds
            billed[memory_id] = billed.get(memory_id, 0.0) + answer.billed_seconds

    def after_accept(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        new, ledger = args[0], self._ledger
        if isinstance(error, IdempotencyConflict) and (new.tenant, new.idempotency_key) not in ledger.memory_of_key:
            self.violate(TENANT_ISOLATION, f"{new.tenant} gets a conflict about a key of another tenant")
        if answer is None:
            return
        memory: Memory = answer.memory
        if memory.tenant != new.tenant:
            self.violate(TENANT_ISOLATION, f"{new.tenant}, a stranger, got a memory of {memory.tenant}")
        if memory.id == new.id:
            assert isinstance(actor.subject, Recording)
            ledger.made(new.id, actor.subject, actor)
        key = actor.subject.key if isinstance(actor.subject, Recording) else None
        if key is not None:
            self._forget_old_key(new.tenant, key)
            made = ledger.memory_of_key.setdefault((new.tenant, key), memory.id)
            if made != memory.id:
                self.violate(IDEMPOTENCY, f"{new.tenant}'s {key} has made two memories")
            self._check_content(actor.subject, memory.id, key)
        self.check_rows()

    def _check_content(self, sent: object, memory_id: str, key: str) -> None:
        """A repeated key must not give the memory of other content: what was sent would be lost."""
        known = self._ledger.recording_of.get(memory_id)
        if isinstance(sent, Recording) and known is not None and (sent.audio, sent.title) != (known.audio, known.title):
            self.violate(
                IDEMPOTENCY, f"{sent.tenant} sent another recording with {key} and got {self.label(memory_id)}"
            )

    def _forget_old_key(self, tenant: str, key: str) -> None:
        """A key may make another memory once the tombstone of its first one is gone."""
        deleted_ms = self._ledger.deleted.get(self._ledger.memory_of_key.get((tenant, key), ""), NEVER_MS)
        if self._scheduler.now_ms - deleted_ms > TOMBSTONE_MS:
            del self._ledger.memory_of_key[tenant, key]

    def after_withdrawal(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        del actor, error
        if answer is not None:
            self.after_upload_removed(args[1])

    def after_upload_removed(self, memory_id: str) -> None:
        """A memory was removed as never submitted: the API must not have accepted it. Its key is free again."""
        self._ledger.last_seen.pop(memory_id, None)
        keys = self._ledger.memory_of_key
        for request in [request for request, made in keys.items() if made == memory_id]:
            del keys[request]
        if memory_id in self._ledger.accepted:
            self.violate(NOTHING_LOST, f"{self.label(memory_id)} was accepted, and then removed as never submitted")

    def after_delete(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        del actor, error
        if answer is None:
            return
        tenant, memory_id, _ = args
        memory = self._ledger.last_seen.pop(memory_id, None)
        self._ledger.deleted[memory_id] = self._scheduler.now_ms
        if memory is None:
            self.violate(STAYS_DELETED, f"{self.label(memory_id)} is deleted once more, and was still there")
        elif memory.tenant != tenant:
            self.violate(TENANT_ISOLATION, f"{tenant}, a stranger, deleted a memory of {memory.tenant}")

    def after_get(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        del actor, error
        if answer is not None and answer.tenant != args[0]:
            self.violate(TENANT_ISOLATION, f"{args[0]}, a stranger, got a memory of {answer.tenant}")

    def after_page(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        del actor, error
        for memory in answer or ():
            if memory.tenant != args[0]:
                self.violate(TENANT_ISOLATION, f"{args[0]}, a stranger, got a list with a memory of {memory.tenant}")

    def after_claim(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        del error
        memory_id, token = args[0].memory_id, args[0].lease_token
        if (
            isinstance(answer, Unknown)
            and self._scheduler.now_ms - self._ledger.deleted.get(memory_id, -NEVER_MS) < TOMBSTONE_MS
        ):
            self.violate(TOMBSTONES_KEPT, f"a job of {self.label(memory_id)}, which was deleted, is taken for poison")
        before = self._ledger.last_seen.get(memory_id)
        self._calls_in_invocation.pop((actor.number, TRANSCRIBE.index), None)
        self._calls_in_invocation.pop((actor.number, TRANSCRIBE.index + 1), None)
        self.check_rows()
        after = self._ledger.last_seen.get(memory_id)
        if before is None or after is None or before.lease_token is None or before.lease_expires_at is None:
            return
        left = before.lease_expires_at - self._scheduler.true_now()
        too_early = left.total_seconds() * 1000 > _LARGEST_DIFFERENCE_MS
        if after.lease_token == token != before.lease_token and too_early and not self.as_a_scenario_sees:
            self.violate(ONE_WORKER, f"{actor.name} takes over a lease {left.total_seconds():.0f} s before it expires")

    def after_write(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        del actor, args, answer, error
        self.check_rows()

    def after_queueing(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        """A memory that became `queued` by this call needs an outbox row by the same transaction."""
        del actor, args, answer, error
        self.check_rows()
        self.check_locations()

    def after_removal(
        self, actor: Actor | None, args: tuple[Any, ...], answer: Any, error: BaseException | None
    ) -> None:
        """A message or an outbox row was removed: each memory that needs one must be named by another."""
        del actor, args, answer, error
        self.check_locations()

    def after_failure(self, actor: Actor, memory_id: str, failure: MemoryFailure) -> None:
        untrue = untrue_reason(actor, failure)
        if untrue:
            self.violate(TRUE_REASON, f"{self.label(memory_id)} {untrue}")

    def after_abandoned(self, memory_ids: Iterable[str]) -> None:
        """Called abandoned: neither the outbox nor a message with receives left may name it."""
        for memory_id in memory_ids:
            most = policies().limits.max_receive_count
            left = [
                message
                for message in self._jobs.held.values()
                if message.receives_here < most and self.memory_named_in(message.body) == memory_id
            ]
            if left or memory_id in self._store.outbox:
                where = "a message with receives left" if left else "the outbox"
                self.violate(
                    NOT_ABANDONED_EARLY, f"{self.label(memory_id)} is failed as abandoned, and {where} names it"
                )

    def after_audio_written(self, key: str, content: bytes) -> None:
        for memory_id, accepted in self._ledger.audio_of.items():
            row = self._store.rows.get(memory_id)
            if row is not None and row.memory.audio_key == key and content != accepted:
                self.violate(AUDIO_UNCHANGED, f"the accepted audio of {self.label(memory_id)} is replaced")

    def after_audio_removed(
        self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None
    ) -> None:
        del answer
        if error is None:
            for row in self._store.rows.values():
                if row.memory.audio_key == args[0]["Key"]:
                    self.violate(NOTHING_LOST, f"{actor.name} removes the audio of {self.label(row.memory.id)}")

    # the state

    def check_rows(self) -> None:
        """Check every memory that has changed since the last check."""
        last_seen = self._ledger.last_seen
        for memory_id, row in self._store.rows.items():
            before = last_seen.get(memory_id)
            if row.memory is not before:
                last_seen[memory_id] = row.memory
                self._check_change(before, row)
        if len(last_seen) > len(self._store.rows):
            gone = next(memory_id for memory_id in last_seen if memory_id not in self._store.rows)
            self.violate(NOTHING_LOST, f"{self.label(gone)} is no longer in the database, although nobody deleted it")

    def _check_change(self, before: Memory | None, row: MemoryRow) -> None:
        now = row.memory
        name = self.label(now.id)
        if now.status is Status.QUEUED and now.id not in self._ledger.audio_of and now.audio_key in self._audio.objects:
            self._ledger.audio_of[now.id] = self._audio.objects[now.audio_key].content
        if before is None:
            if now.id in self._ledger.deleted:
                self.violate(STAYS_DELETED, f"{name} is in the database again")
            if now.title != self._ledger.recording_of[now.id].title:
                self.violate(TITLE_KEPT, f"{name} has the title {now.title!r}")
        else:
            if before.status is not now.status:
                self._check_steps(row, name)
            if before.transcript is not None and now.transcript != before.transcript:
                self.violate(NO_TRANSCRIPT_ERASED, f"{name} had a transcript and has {now.transcript!r}")
        if now.transcript is not None and (before is None or before.transcript is None):
            words = transcript_of(self._ledger.accepted_audio(now.id))
            if now.transcript != words:
                self.violate(NOTHING_LOST, f"{name} has the words of another recording")
        self._check_cost(now, name)
        self._check_status(now, name)

    def _check_steps(self, row: MemoryRow, name: str) -> None:
        statuses = [change.status for change in row.history]
        if statuses[-1] is not row.memory.status:
            self.violate(STATUS_FORWARD, f"{name} is {row.memory.status}, and its history ends with {statuses[-1]}")
        for step in pairwise(statuses):
            if step not in ALLOWED_STEPS:
                self.violate(STATUS_FORWARD, f"{name} went from {step[0]} to {step[1]}")

    def _check_cost(self, now: Memory, name: str) -> None:
        calls = self._ledger.openai_calls[now.id]
        if now.openai_calls > calls:
            self.violate(COST_RECORDED, f"{name} counts {now.openai_calls} calls, but OpenAI was called {calls} times")
        billed = self._ledger.billed_seconds.get(now.id, 0.0)
        if now.billed_seconds > billed:
            self.violate(COST_RECORDED, f"{name} counts {now.billed_seconds} s billed, but OpenAI billed {billed} s")
        if now.transcript is not None and not now.billed_seconds:
            self.violate(COST_RECORDED, f"{name} has a transcript, but not what it cost")

    def _check_status(self, now: Memory, name: str) -> None:
        match now.status:
            case Status.COMPLETE:
                if now.transcript is None or now.analysis is None or now.analysis.summary != now.transcript:
                    self.violate(COMPLETENESS, f"{name} is complete, with the analysis {now.analysis}")
                if now.lease_token is not None or now.analysis_state is not AnalysisState.DONE:
                    self.violate(
                        COMPLETENESS,
                        f"{name} is complete, its analysis is {now.analysis_state}, its lease is {now.lease_token}",
                    )
            case Status.TRANSCRIPT_ONLY:
                if now.analysis_state is AnalysisState.PENDING and now.analysis_due_at is None:
                    self.violate(NOTHING_LOST, f"{name} waits for an analysis that is never due")
            case Status.FAILED:
                self._check_failure(now, name)
            case _:
                pass

    def _check_failure(self, now: Memory, name: str) -> None:
        if now.failure_reason is None:
            self.violate(TRUE_REASON, f"{name} failed without a reason")
        if now.transcript is not None:
            self.violate(NO_TRANSCRIPT_ERASED, f"{name} failed although it has a transcript")
        if now.failure_reason is FailureReason.AUDIO_MISSING and now.audio_key in self._audio.objects:
            self.violate(TRUE_REASON, f"{name} failed as {now.failure_reason}, although its audio exists")
        if now.failure_reason in RECORDING_FAULTS:
            self._check_owner_can_retry(now, name)
        elif now.id not in self._memories_with_a_message():
            self.violate(RETRYABLE, f"{name} failed, and neither a message nor a dead letter names it")

    def _check_owner_can_retry(self, now: Memory, name: str) -> None:
        """A memory whose own recording is at fault needs no message: its owner's retry needs the audio."""
        removed = self._ledger.recording_of[now.id].audio_removed
        if now.audio_key not in self._audio.objects and not removed:
            self.violate(RETRYABLE, f"{name} failed as {now.failure_reason}, and its audio is gone")

    def check_locations(self) -> None:
        """A message or an outbox row must name every unfinished memory.

        A message or a dead letter must name every failed one, unless its own recording is at fault.
        """
        unresting = [row.memory for row in self._store.rows.values() if row.memory.status in _UNFINISHED]
        failed = [row.memory for row in self._store.rows.values() if _needs_a_redrive(row.memory)]
        if not unresting and not failed:
            return
        named = self._memories_with_a_message()
        for memory in unresting:
            if memory.id not in named and memory.id not in self._store.outbox:
                self.violate(
                    NOTHING_LOST,
                    f"{self.label(memory.id)} is {memory.status}, and neither a message nor an outbox row names it",
                )
        for memory in failed:
            if memory.id not in named:
                self.violate(RETRYABLE, f"{self.label(memory.id)} failed, and its last message was removed")

    def _memories_with_a_message(self) -> set[str]:
        """Memories that a message or a dead letter names."""
        bodies = {message.body for queue in (self._jobs, self._dead_queue) for message in queue.held.values()}
        return {self.memory_named_in(body) for body in bodies}

    def memory_named_in(self, body: str) -> str:
        name = self._named_by.get(body)
        if name is None:
            name = self._named_by[body] = _memory_named_in(body)
        return name

    # the end

    def check_end(self) -> None:
        """After the faults have ended, a redrive, and a day for the sweep: check how every memory ended."""
        self.is_at_rest = True
        for memory_id in self._ledger.accepted:
            if memory_id not in self._store.rows and memory_id not in self._ledger.deleted:
                self.violate(NOTHING_LOST, f"{self.label(memory_id)} was accepted, but is not in the database")
        for row in self._store.rows.values():
            self._check_ending(row.memory, self.label(row.memory.id))
        known = {row.memory.audio_key for row in self._store.rows.values()}
        for memory_id, tombstone in self._store._tombstones.items():
            if self._scheduler.true_now() - tombstone.deleted_at > TOMBSTONE_TIME + TOMBSTONES_FORGOTTEN_WITHIN:
                self.violate(TOMBSTONES_FORGOTTEN, f"{self.label(memory_id)} still has a tombstone")
        for key in islice((key for key in self._audio.objects if key not in known), 1):
            self.violate(DRAINS, f"audio that belongs to no memory is still in S3: {key}")

    def _check_ending(self, memory: Memory, name: str) -> None:
        if memory.status is Status.UPLOADING:
            self.violate(DRAINS, f"{name} was never submitted, but still exists after a day")
            return
        audio_removed = self._ledger.recording_of[memory.id].audio_removed
        if memory.status is Status.FAILED and not audio_removed:
            self.violate(DRAINS, f"{name} is still failed ({memory.failure_reason}) after a redrive without faults")
        if memory.audio_key not in self._audio.objects and not audio_removed:
            self.violate(NOTHING_LOST, f"the audio of {name} is not in S3")
        if memory.lease_token is not None:
            self.violate(DRAINS, f"{name} still has a lease")
        gave_up = memory.analysis_state is AnalysisState.GAVE_UP
        if memory.status is Status.TRANSCRIPT_ONLY and not gave_up:
            self.violate(DRAINS, f"{name} still waits for its analysis")


def _needs_a_redrive(memory: Memory) -> bool:
    return memory.status is Status.FAILED and memory.failure_reason not in RECORDING_FAULTS


def _is_still_in_call(actor: Actor, call: int) -> bool:
    return actor.calls == call and not actor.killed and not actor.ended


def _memory_named_in(body: str) -> str:
    """Empty for poison."""
    try:
        return decode(body).memory_id
    except PoisonMessage:
        return ""
