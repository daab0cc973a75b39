"""`ports.TracedMemories` on the in-memory store."""

from dataclasses import fields

from rawk.adapters.postgres.in_memory import InMemoryMemoryStore
from rawk.adapters.postgres.in_memory_rows import MemoryRow
from rawk.domain.memory import Memory
from rawk.ports import TracedMemory

_OF_THE_MEMORY = {each.name for each in fields(TracedMemory)} & {each.name for each in fields(Memory)}


class InMemoryTracedMemories:
    def __init__(self, store: InMemoryMemoryStore) -> None:
        self._store = store

    def trace(self, an_id: str, limit: int) -> list[TracedMemory]:
        rows = [row for memory_id, row in self._store.rows.items() if memory_id == an_id]
        if not rows:
            rows = [
                row
                for row in self._store.rows.values()
                if an_id in (row.memory.correlation_id, row.memory.failed_message_id)
            ]
        if rows:
            oldest = sorted(rows, key=lambda row: (row.memory.created_at, row.memory.id))
            return [self._traced(row) for row in oldest[:limit]]
        tombstone = self._store._tombstones.get(an_id)
        return [] if tombstone is None else [TracedMemory(an_id, tombstone.deleted_at)]

    def _traced(self, row: MemoryRow) -> TracedMemory:
        waiting = self._store.outbox.get(row.memory.id)
        values = {name: getattr(row.memory, name) for name in _OF_THE_MEMORY}
        if waiting is not None:
            values |= {"outbox_written_at": waiting.written_at, "outbox_due_at": waiting.due_at}
        return TracedMemory(**values, history=tuple(row.history))
