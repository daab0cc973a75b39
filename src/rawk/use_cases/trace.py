"""The trace of one recording: every log line about it, whatever part wrote it, and its rows, as one timeline.

An id leads to others: a memory has a correlation id, its jobs have message ids, their invocations have request ids.
Lines with a new one are looked for until there is none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from rawk.domain.errors import Unavailable
from rawk.log_lines import fields_of, moment_of
from rawk.ports import Clock, LogLine, Logs, TracedMemories, TracedMemory

MOST_MEMORIES = 20
"""Of one trace: a client may send many recordings with one correlation id."""

MOST_ROUNDS = 5
"""Searches for lines with ids that the lines before have named."""

CLOCKS_DIFFER = timedelta(minutes=1)
"""A line may be a little older than the row that it is about."""

SHOWN = (
    *("level", "status", "reason", "detail", "error", "exception", "why", "claim", "outcome", "receive_count"),
    *("taken_over", "after_seconds", "wait_seconds", "tries_made", "due_at", "until", "gave_up", "code", "param"),
    *("part", "doing", "method", "path", "kind", "audio_bytes", "received_bytes", "billed_seconds", "repeated"),
    *("init_milliseconds", "memory_mb", "logger", "expires_at"),
)
"""Fields of a line that a trace may show: none can hold what a person said or wrote."""

UUID_CHARACTERS = 36

IDS = ("memory_id", "correlation_id", "message_id", "request_id")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `attempt` is the attempt to process the memory that it belongs to."""

    at: datetime
    where: str
    what: str
    attempt: int | None = None
    took_ms: float | None = None
    ids: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trace:
    entries: Sequence[Entry]
    memories: Sequence[str]
    unreachable: Sequence[Unavailable]
    """Why the trace lacks something."""
    cut_short: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Record:
    at: datetime
    where: str
    fields: Mapping[str, Any]
    text: str

    def id(self, name: str) -> str | None:
        value = self.fields.get(name)
        return value if isinstance(value, str) and value else None


@dataclass(frozen=True, slots=True)
class TraceRecording:
    """The use case. `memories` None: the database is not asked."""

    logs: Sequence[Logs]
    memories: TracedMemories | None
    clock: Clock

    def trace(self, an_id: str, since: datetime | None, at_most: timedelta | None = None) -> Trace:
        """`since` None: since the memory was created, if the database knows it, else for `at_most`, or everything."""
        unreachable: list[Unavailable] = []
        rows = self._rows(an_id, unreachable)
        search = _Search(an_id, rows)
        self._read(search, since or self._begin(search, at_most), unreachable)
        if not rows:
            for memory_id in sorted(search.memories):
                rows += self._rows(memory_id, unreachable)
        entries = [*_of_lines(search.found()), *(entry for row in rows for entry in _of_row(row))]
        entries.sort(key=lambda entry: entry.at)
        named = dict.fromkeys((*(row.id for row in rows), *sorted(search.memories)))
        cut_short = [text for logs in self.logs for text in logs.cut_short()]
        return Trace(entries, [*named], unreachable, cut_short)

    def _rows(self, an_id: str, unreachable: list[Unavailable]) -> list[TracedMemory]:
        if self.memories is None or any(each.part == "database" for each in unreachable):
            return []
        try:
            return self.memories.trace(an_id, MOST_MEMORIES)
        except Unavailable as error:
            unreachable.append(error)
            return []

    def _begin(self, search: "_Search", at_most: timedelta | None) -> datetime | None:
        if search.created_at is not None:
            return search.created_at - CLOCKS_DIFFER
        return None if at_most is None else self.clock.now() - at_most

    def _read(self, search: "_Search", since: datetime | None, unreachable: list[Unavailable]) -> None:
        failed: set[int] = set()
        for _ in range(MOST_ROUNDS):
            ids = search.new_ids()
            if not ids:
                return
            for number, logs in enumerate(self.logs):
                if number in failed:
                    continue
                try:
                    search.add(logs.lines(ids, since))
                except Unavailable as error:
                    failed.add(number)
                    unreachable.append(error)


class _Search:
    """The lines so far, and the ids that say which of them are about the recording."""

    def __init__(self, an_id: str, rows: Sequence[TracedMemory]) -> None:
        self._wanted = an_id
        self._records: dict[str, _Record] = {}
        self._searched: set[str] = set()
        self.memories = {row.id for row in rows}
        self._others: set[str] = {an_id}
        for row in rows:
            self._others.update(filter(None, (row.correlation_id, row.failed_message_id)))
        moments = [row.created_at for row in rows if row.created_at is not None]
        self.created_at = min(moments, default=None)

    def new_ids(self) -> list[str]:
        new = sorted({*self.memories, *self._others} - self._searched)
        self._searched.update(new)
        return new

    def add(self, lines: Iterable[LogLine]) -> None:
        """What was read before an error counts. Raises Unavailable."""
        try:
            for line in lines:
                self._add(line)
        finally:
            while self._learn():
                pass

    def _add(self, line: LogLine) -> None:
        fields = fields_of(line.text) if line.key not in self._records else None
        at = None if fields is None else moment_of(fields) or line.at
        if fields is not None and at is not None:
            service = fields.get("service")
            where = service if isinstance(service, str) else line.where
            self._records[line.key] = _Record(at.astimezone(UTC), where, fields, line.text)

    def found(self) -> list[_Record]:
        return sorted((each for each in self._records.values() if self._is_about_it(each)), key=lambda each: each.at)

    def _learn(self) -> bool:
        """Take the ids of the lines that are about the recording; True if there are new ones."""
        before = len(self.memories) + len(self._others)
        for record in self._records.values():
            memory_id = record.id("memory_id")
            if memory_id and self._wanted in (record.id(name) for name in IDS) and len(self.memories) < MOST_MEMORIES:
                self.memories.add(memory_id)
            if self._is_about_it(record):
                self._others.update(filter(None, (record.id(name) for name in IDS[1:])))
        return len(self.memories) + len(self._others) > before

    def _is_about_it(self, record: _Record) -> bool:
        """A line that names another memory is not, although both may share a correlation id or an invocation."""
        memory_id = record.id("memory_id")
        if memory_id is not None:
            return memory_id in self.memories
        others = (record.id(name) for name in IDS[1:])
        return any(each in self._others for each in others) or any(each in record.text for each in self._unmistakable)

    @property
    def _unmistakable(self) -> set[str]:
        """Ids that no other text contains."""
        return self.memories | ({self._wanted} if len(self._wanted) == UUID_CHARACTERS else set())


def _of_lines(records: Sequence[_Record]) -> list[Entry]:
    attempts = {_delivery(each): each.fields["attempt"] for each in records if "attempt" in each.fields}
    return [_entry(record, attempts) for record in records]


def _delivery(record: _Record) -> tuple[str | None, str | None]:
    return record.id("request_id"), record.id("message_id")


def _entry(record: _Record, attempts: Mapping[tuple[str | None, str | None], Any]) -> Entry:
    attempt, took = attempts.get(_delivery(record)), record.fields.get("milliseconds")
    about = {name: record.fields[name] for name in SHOWN if record.fields.get(name) is not None}
    if about.get("level") in ("DEBUG", "INFO"):
        del about["level"]
    return Entry(
        at=record.at,
        where=record.where,
        what=record.fields["event"],
        attempt=attempt if isinstance(attempt, int) else None,
        took_ms=float(took) if isinstance(took, int | float) else None,
        ids={name: value for name in IDS if (value := record.id(name)) is not None},
        about=about,
    )


def _of_row(row: TracedMemory) -> list[Entry]:
    ids = {"memory_id": row.id}
    if row.deleted_at is not None:
        return [Entry(row.deleted_at, "database", "deleted", ids=ids)]
    entries = [Entry(step.at, "database", f"status {step.status}", ids=ids) for step in row.history]
    if row.outbox_due_at is not None:
        about = {"due_at": row.outbox_due_at}
        entries.append(
            Entry(row.outbox_written_at or row.outbox_due_at, "database", "in the outbox", ids=ids, about=about)
        )
    if row.updated_at is not None:
        entries.append(Entry(row.updated_at, "database", f"last change: {row.status}", ids=ids, about=_facts(row)))
    return entries


def _facts(row: TracedMemory) -> dict[str, object]:
    about: dict[str, object] = {
        "attempts": row.attempts,
        "openai_calls": row.openai_calls,
        "billed_seconds": row.billed_seconds,
        "analysis": row.analysis_state,
        "analyses_queued": row.analysis_attempts or None,
        "analysis_due_at": row.analysis_due_at,
        "reason": row.failure_reason,
        "detail": row.failure_detail,
        "failed_message_id": row.failed_message_id,
        "lease_expires_at": row.lease_expires_at,
    }
    return {name: value for name, value in about.items() if value is not None}
