"""The subjects of events: memories, and messages without a known memory, such as poison.

A message belongs to its memory in every queue, and also after a redrive, which gives it a new message id. A memory is
known as soon as it is committed or accepted; `know` takes it from lines that are not their turn yet.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from sim.app import APP
from sim.app.protocol import RowChange
from sim.conservation import Commit
from sim.journal.reading import Line
from sim.picture.vocabulary import MEMORY, MESSAGE

STATUS_AFTER = {"dead_lettered": "dead letter", "redriven": "", "deleted": "deleted"}
"""The status of a message without a memory after an event of its queue; other events do not change it."""

MESSAGE_KINDS = ("sqs", "poison_message_sent", "duplicate_message_sent")
CHANGING_KINDS = (*MESSAGE_KINDS, "openai_request", "api_request", "memory")
"""Kinds of lines that may change what is known of a subject, beside commits."""


@dataclass
class Subject:
    """What can be followed through the lanes: a memory, or a message without a memory, such as poison."""

    id: str
    kind: str
    title: str = ""
    tenant: str = ""
    status: str = ""
    reason: str = ""
    deleted: bool = False
    """By its owner."""

    def changes(self, before: "Subject") -> dict[str, Any]:
        """The fields that differ."""
        return {name: value for name, value in vars(self).items() if value != getattr(before, name)}


class Subjects:
    """All subjects so far, each as the last line has left it."""

    def __init__(self) -> None:
        self.all: dict[str, Subject] = {}
        self._memories: set[str] = set()
        self._of_message: dict[str, str] = {}

    def know(self, lines: Iterable[Line]) -> None:
        """Learn which memories there are, before their events are taken."""
        for line in lines:
            commit = commit_of(line) if line.kind == "database_commit" else None
            self._memories.update(_memories_of(line, commit))

    def of(self, line: Line) -> tuple[str, ...]:
        """The ids of the subjects of a line."""
        memories = [line.text("memory_id"), *line.texts("memory_ids")]
        known = [each for each in memories if each in self._memories]
        if known:
            return tuple(dict.fromkeys(known))
        messages = [line.text("message_id"), *line.texts("message_ids")]
        return tuple(dict.fromkeys(self._of_message[each] for each in messages if each in self._of_message))

    def take(self, line: Line) -> list[tuple[Subject, dict[str, Any]]]:
        """Take the next line; returns the subjects that it introduced or changed, each with the changed fields."""
        commit = commit_of(line) if line.kind == "database_commit" else None
        self._memories.update(_memories_of(line, commit))
        if commit is not None:
            return self._changes(dict.fromkeys(_subjects_of(commit)), lambda: self._take_commit(commit))
        self._map_message(line)
        ids = self.of(line)
        if line.kind not in CHANGING_KINDS and all(each in self.all for each in ids):
            return []
        return self._changes(ids, lambda: self._take_line(line))

    def _changes(self, ids: Iterable[str], take: Callable[[], None]) -> list[tuple[Subject, dict[str, Any]]]:
        before = {each: replace(self.all[each]) for each in ids if each in self.all}
        for subject_id in ids:
            if subject_id not in self.all:
                is_memory = subject_id in self._memories
                self.all[subject_id] = Subject(subject_id, MEMORY) if is_memory else Subject(subject_id, MESSAGE)
        take()
        found = [(self.all[each], before.get(each)) for each in ids]
        changes = [(each, each.changes(earlier or Subject(each.id, each.kind))) for each, earlier in found]
        return [(each, change) for each, change in changes if change or each.id not in before]

    def _map_message(self, line: Line) -> None:
        """Find out whose message it is."""
        message_id = line.text("message_id")
        if not message_id or line.kind not in MESSAGE_KINDS:
            return
        if line.text("memory_id") in self._memories:
            self._of_message[message_id] = line.text("memory_id")
        else:
            before_redrive = self._of_message.get(line.text("source_message_id"))
            self._of_message.setdefault(message_id, before_redrive or message_id)

    def _take_line(self, line: Line) -> None:
        self._take_memory(line)
        self._take_message(line)

    def _take_memory(self, line: Line) -> None:
        subject = self.all.get(line.text("memory_id"))
        if subject is None or subject.kind != MEMORY:
            return
        if line.kind == "openai_request":
            subject.title = subject.title or line.text("recording")
        elif line.kind == "api_request" and line.number_of("status_code") == 202:
            subject.tenant = subject.tenant or line.text("tenant")
        elif line.kind == "memory":
            subject.status = line.text("status")
            subject.reason = line.text("failure_reason")
            subject.tenant = subject.tenant or line.text("tenant")

    def _take_commit(self, commit: Commit) -> None:
        for row in commit.rows:
            subject = self.all[row.subject]
            subject.status, subject.reason, subject.tenant = row.status, row.reason or "", row.tenant
        for deletion in commit.deleted:
            subject = self.all[deletion.subject]
            subject.deleted = deletion.by_owner
            subject.status, subject.reason = "deleted" if deletion.by_owner else "removed", ""

    def _take_message(self, line: Line) -> None:
        subject = self.all.get(self._of_message.get(line.text("message_id"), ""))
        if subject is None or subject.kind != MESSAGE:
            return
        subject.title = subject.title or "message without a memory"
        if line.kind == "poison_message_sent":
            subject.title = f"poison: {line.text('poison_kind')}"
        elif line.kind == "sqs":
            subject.status = STATUS_AFTER.get(line.text("event"), subject.status)


def commit_of(line: Line) -> Commit:
    """The transaction that a line `database_commit` records."""
    changes = line.fields.get("changes") or []
    return APP.commit_of(
        line.virtual_at, [RowChange(each["table"], each["change"], each["fields"]) for each in changes]
    )


def _subjects_of(commit: Commit) -> list[str]:
    return [*(each.subject for each in commit.rows), *(each.subject for each in commit.deleted)]


def _memories_of(line: Line, commit: Commit | None) -> list[str]:
    """The memories that a line proves to exist."""
    if commit is not None:
        return _subjects_of(commit)
    accepted = line.kind == "api_request" and line.number_of("status_code") == 202
    is_known = bool(line.text("memory_id")) and (accepted or line.kind in ("memory", "openai_request"))
    return [line.text("memory_id")] if is_known else []
