"""Export and erasure of a tenant: everything that is stored of it, handed over or removed. Both can be repeated."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from itertools import batched

from rawk.domain.errors import AudioMissing, MemoryNotFound
from rawk.domain.memory import Memory, MemorySummary, Status, StatusChange
from rawk.ports import AudioStore, CallerStore, Clock, Cursor, MemoryStore
from rawk.use_cases.dead_letters import ClassifiedDeadLetter, DeadLetterOperations, Selection
from rawk.use_cases.delete_memory import DeleteMemory
from rawk.use_cases.list_memories import page_of
from rawk.use_cases.recovery import BATCH


@dataclass(frozen=True, slots=True)
class TenantExport:
    """The use case. Every method raises DatabaseUnavailable or StorageUnavailable."""

    memories: MemoryStore
    audio: AudioStore

    def memories_of(self, tenant: str) -> Iterator[Memory]:
        """The newest first; what is deleted meanwhile is left out."""
        for summary in _summaries(self.memories, tenant):
            memory = self.memories.get(tenant, summary.id)
            if memory is not None:
                yield memory

    def history_of(self, memory: Memory) -> list[StatusChange]:
        return self.memories.history(memory.id)

    def audio_of(self, memory: Memory) -> bytes | None:
        """None when the store does not have it (any more), and for an upload that is not submitted."""
        if memory.status is Status.UPLOADING:
            return None
        try:
            return self.audio.fetch(memory.audio_key)
        except AudioMissing:
            return None


@dataclass(frozen=True, slots=True)
class Callers:
    """Names of users, or ids of keys."""

    of_it_only: tuple[str, ...] = ()
    of_others_too: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Holdings:
    """Everything that is stored of a tenant."""

    memories: Counter[Status]
    audio_objects: int
    dead_letters: int
    users: Callers
    keys: Callers

    @property
    def any(self) -> bool:
        return any((self.memories, self.audio_objects, self.dead_letters, *_named(self.users), *_named(self.keys)))


class Erased(StrEnum):
    """What one step of an erasure has removed."""

    USER = "users"
    KEY = "keys"
    MEMORY = "memories"
    DEAD_LETTER = "dead letters"
    AUDIO = "audio objects"
    """One that no memory refers to; the audio of a memory goes with it."""


@dataclass(frozen=True, slots=True)
class TenantErasure:
    """The use case. Every method raises DatabaseUnavailable, StorageUnavailable or QueueUnavailable.

    After an interruption it is repeated from the beginning, and finds what is left.
    """

    memories: MemoryStore
    audio: AudioStore
    callers: CallerStore
    dead_letters: DeadLetterOperations
    clock: Clock

    def holdings(self, tenant: str, most_dead_letters: int) -> Holdings:
        """`most_dead_letters`: how many dead letters, of all tenants, are read."""
        return Holdings(
            memories=Counter(each.status for each in _summaries(self.memories, tenant)),
            audio_objects=sum(1 for _ in self.audio.of_tenant(tenant)),
            dead_letters=len(self._letters_of(tenant, most_dead_letters)),
            users=_split(tenant, [(user.name, user.tenants) for user in self.callers.list_users()]),
            keys=_split(tenant, [(key.id, key.tenants) for key in self.callers.list_keys()]),
        )

    def erase(self, tenant: str, most_dead_letters: int) -> Iterator[Erased]:
        """Remove everything; yields what each step has removed.

        Callers first, so that they record nothing more. Dead letters after the memories: a job that fails until then
        becomes one, and tombstones say whose it was. What is left of uploads last: only then no memory refers to it.
        """
        yield from self._end_callers(tenant)
        yield from self._delete_memories(tenant)
        yield from self._purge_dead_letters(tenant, most_dead_letters)
        yield from self._remove_audio(tenant)

    def _end_callers(self, tenant: str) -> Iterator[Erased]:
        users = [user for user in self.callers.list_users() if tenant in user.tenants]
        keys = [key for key in self.callers.list_keys() if tenant in key.tenants]
        if users or keys:
            self.callers.end_tenant(tenant, self.clock.now())
        yield from [Erased.USER for _ in users]
        yield from [Erased.KEY for _ in keys]

    def _delete_memories(self, tenant: str) -> Iterator[Erased]:
        deletion = DeleteMemory(self.memories, self.audio, self.clock)
        for summary in _summaries(self.memories, tenant):
            with suppress(MemoryNotFound):  # its owner deleted it at the same time
                deletion.delete(tenant, summary.id)
                yield Erased.MEMORY

    def _purge_dead_letters(self, tenant: str, most: int) -> Iterator[Erased]:
        message_ids = frozenset(each.letter.message_id for each in self._letters_of(tenant, most))
        if message_ids:
            for _ in self.dead_letters.purge(most, Selection(message_ids=message_ids)):
                yield Erased.DEAD_LETTER

    def _remove_audio(self, tenant: str) -> Iterator[Erased]:
        for keys in batched(self.audio.of_tenant(tenant), BATCH, strict=False):
            # A key of the configuration may still record.
            in_use = self.memories.known_audio(keys)
            for key in (each for each in keys if each not in in_use):
                self.audio.delete(key)
                yield Erased.AUDIO

    def _letters_of(self, tenant: str, most: int) -> list[ClassifiedDeadLetter]:
        letters = self.dead_letters.classify(most)
        orphaned = [each.memory_id for each in letters if each.memory is None and each.memory_id is not None]
        deleted = self.memories.deleted_by(tenant, orphaned) if orphaned else set()
        return [
            each for each in letters if (each.memory.tenant == tenant if each.memory else each.memory_id in deleted)
        ]


def _summaries(memories: MemoryStore, tenant: str) -> Iterator[MemorySummary]:
    """All memories of the tenant, the newest first; also when each is deleted before the next is asked for."""
    after: Cursor | None = None
    while True:
        page = page_of(memories, tenant, None, after, BATCH)
        yield from page.memories
        if page.next is None:
            return
        after = page.next


def _split(tenant: str, callers: list[tuple[str, tuple[str, ...]]]) -> Callers:
    its_own = [(name, tenants) for name, tenants in callers if tenant in tenants]
    return Callers(
        of_it_only=tuple(name for name, tenants in its_own if set(tenants) == {tenant}),
        of_others_too=tuple(name for name, tenants in its_own if set(tenants) != {tenant}),
    )


def _named(callers: Callers) -> tuple[str, ...]:
    return callers.of_it_only + callers.of_others_too
