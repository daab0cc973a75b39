"""Conservation, checked after every step of a world by the same reducer as in scenarios (`sim.conservation`).

A world has no journal. What a step changed is found by comparing a store with what it held after the step before:
whatever code changed it, and however, no change escapes. A comparison of an unchanged store costs about a microsecond.
"""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from rawk.adapters.openai.in_memory import transcript_of
from rawk.adapters.postgres.in_memory import InMemoryMemoryStore
from rawk.adapters.sqs.in_memory import InMemoryQueue
from rawk.domain.memory import Memory, Status
from sim.conservation import (
    Accepted,
    AudioRemoved,
    AudioStored,
    AudioTakenAway,
    Commit,
    Conservation,
    DeadLettered,
    Deletion,
    Event,
    Kind,
    MessageRemoved,
    MessageSent,
    Part,
    Row,
    State,
    Violation,
)
from sim.conservation.reducer import AUDIO, DATABASE, QUEUE
from sim.explorer.invariants.checks import AudioObjects
from sim.explorer.invariants.names import (
    AUDIO_UNCHANGED,
    NO_TRANSCRIPT_ERASED,
    NOTHING_LOST,
    RETRYABLE,
    STAYS_DELETED,
    TENANT_ISOLATION,
)
from sim.explorer.plan.call_sites import CallSite
from sim.explorer.runtime.ledger import Ledger
from sim.explorer.runtime.scheduler import Scheduler

OBSERVED = frozenset({AUDIO, DATABASE, QUEUE})
"""Payments are not: an answer of OpenAI that is lost may be paid for again."""

STATES = {
    Status.UPLOADING: State.UPLOADING,
    Status.QUEUED: State.UNFINISHED,
    Status.PROCESSING: State.UNFINISHED,
    Status.TRANSCRIPT_ONLY: State.READABLE,
    Status.COMPLETE: State.COMPLETE,
    Status.FAILED: State.FAILED,
}

INVARIANTS = {
    Part.TENANT: TENANT_ISOLATION,
    Part.TRANSCRIPT: NO_TRANSCRIPT_ERASED,
    Part.DEAD_LETTER: RETRYABLE,
    Part.DELETION: STAYS_DELETED,
}
"""The invariant that a violation is reported under; the other parts: nothing is lost."""


class ConservationCheck:
    """The check of one world. The first violation that a change causes is reported at once."""

    __slots__ = (
        "_answered",
        "_audio",
        "_dead",
        "_dead_queue",
        "_jobs",
        "_ledger",
        "_memories",
        "_memory_named_in",
        "_messages",
        "_objects",
        "_outbox",
        "_rows",
        "_scheduler",
        "_store",
        "_violate",
        "conservation",
    )

    def __init__(
        self,
        scheduler: Scheduler,
        ledger: Ledger,
        store: InMemoryMemoryStore,
        audio: AudioObjects,
        jobs: InMemoryQueue,
        dead_queue: InMemoryQueue,
        memory_named_in: Callable[[str], str],
        violate: Callable[[str, str], None],
    ) -> None:
        """`memory_named_in` gives the memory of a message body, empty for poison; `violate` reports."""
        self._scheduler = scheduler
        self._ledger = ledger
        self._store = store
        self._audio = audio
        self._jobs = jobs
        self._dead_queue = dead_queue
        self._memory_named_in = memory_named_in
        self._violate = violate
        self.conservation = Conservation(OBSERVED)
        self._rows: dict[str, Memory] = {}
        self._memories: tuple[Memory, ...] = ()
        self._outbox: set[str] = set()
        self._messages: set[str] = set()
        self._dead: set[str] = set()
        self._objects: dict[str, Any] = {}
        self._answered: set[str] = set()

    def after_call(self, site: CallSite) -> None:
        """Apply what a call of the product has changed, in the store that its port stands for."""
        port = site.port
        if port == "memories":
            memories = tuple(map(_memory_of, self._store.rows.values()))
            # Equal tuples have the same objects at each place, which is compared first.
            if memories != self._memories or self._store.outbox.keys() != self._outbox:
                self._committed(memories)
        elif port == "sqs":
            self._compare_queues()
        elif port == "s3":
            self._compare_objects()
        if len(self._ledger.accepted) != len(self._answered):
            self._clients_answered()

    def after_own_step(self) -> None:
        """Apply what the world itself has changed: a message was dead-lettered or moved back, audio was taken away."""
        self._compare_queues()
        self._compare_objects()

    def _compare_queues(self) -> None:
        if self._jobs.held.keys() != self._messages or self._dead_queue.held.keys() != self._dead:
            self._messages_changed()

    def _compare_objects(self) -> None:
        objects = self._audio.objects
        if objects != self._objects:
            self._objects_changed(objects)

    @property
    def _now(self) -> float:
        return self._scheduler.now_ms / 1000

    def _apply(self, event: Event) -> None:
        for violation in self.conservation.apply(event):
            name = f"memory {self._ledger.label(violation.subject)}"
            self._violate(_invariant_of(violation), f"{name} {violation.text}")

    def _objects_changed(self, objects: Mapping[str, Any]) -> None:
        known = self._objects
        for key, stored in objects.items():
            if known.get(key) is not stored:
                known[key] = stored
                self._apply(AudioStored(self._now, key, stored.content.decode("latin-1")))
        for key in [key for key in known if key not in objects]:
            del known[key]
            for memory_id, memory in self._rows.items():
                recording = self._ledger.recording_of.get(memory_id)
                if memory.audio_key == key and recording is not None and recording.audio_removed:
                    self._apply(AudioTakenAway(self._now, memory_id))
            self._apply(AudioRemoved(self._now, key))

    def _messages_changed(self) -> None:
        jobs, dead = self._jobs.held, self._dead_queue.held
        for message_id in jobs.keys() - self._messages:
            subject = self._memory_named_in(jobs[message_id].body) or None
            self._apply(MessageSent(self._now, message_id, subject))
        for message_id in dead.keys() - self._dead:
            if message_id not in self._messages:
                subject = self._memory_named_in(dead[message_id].body) or None
                self._apply(MessageSent(self._now, message_id, subject))
            self._apply(DeadLettered(self._now, message_id))
        for message_id in (self._messages | self._dead) - jobs.keys() - dead.keys():
            self._apply(MessageRemoved(self._now, message_id))
        self._messages, self._dead = set(jobs), set(dead)

    def _committed(self, memories: tuple[Memory, ...]) -> None:
        known, outbox = self._rows, self._store.outbox.keys()
        self._memories = memories
        changed: list[Row] = []
        for memory in memories:
            before = known.get(memory.id)
            if before is not memory:
                known[memory.id] = memory
                if before is None or _differs(memory, before):
                    changed.append(self._row(memory))
        deletions: tuple[Deletion, ...] = ()
        if len(known) > len(memories):
            deletions = tuple(self._gone(memory_id) for memory_id in sorted(known.keys() - self._store.rows.keys()))
        queued: tuple[str, ...] = ()
        sent: tuple[str, ...] = ()
        if outbox != self._outbox:
            queued, sent = tuple(sorted(outbox - self._outbox)), tuple(sorted(self._outbox - outbox))
            self._outbox = set(outbox)
        if changed or deletions or queued or sent:
            self._apply(Commit(self._scheduler.now_ms / 1000, tuple(changed), deletions, queued, sent))

    def _gone(self, memory_id: str) -> Deletion:
        del self._rows[memory_id]
        return Deletion(memory_id, memory_id in self._ledger.deleted)

    def _row(self, memory: Memory) -> Row:
        return Row(
            memory.id,
            memory.tenant,
            STATES[memory.status],
            memory.status.value,
            memory.audio_key,
            reason=memory.failure_reason,
            transcript=memory.transcript,
        )

    def _clients_answered(self) -> None:
        answered = self._ledger.accepted - self._answered
        self._answered |= answered
        for memory_id in sorted(answered):
            recording = self._ledger.recording_of.get(memory_id)
            if recording is None:
                self._apply(Accepted(self._now, memory_id))
                continue
            audio = self._ledger.accepted_audio(memory_id)
            self._apply(Accepted(self._now, memory_id, recording.tenant, audio.decode("latin-1"), transcript_of(audio)))


def _invariant_of(violation: Violation) -> str:
    if violation.part is Part.AUDIO and violation.kind is Kind.REPLACED:
        return AUDIO_UNCHANGED
    return INVARIANTS.get(violation.part, NOTHING_LOST)


_memory_of = attrgetter("memory")


def _differs(memory: Memory, before: Memory) -> bool:
    """Whether anything changed that conservation is about; a lease, for example, is not."""
    return not (
        before.status is memory.status
        and before.transcript is memory.transcript
        and before.audio_key == memory.audio_key
        and before.tenant == memory.tenant
        and before.failure_reason is memory.failure_reason
    )
