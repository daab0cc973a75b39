"""The subjects of events: memories, and messages without a known memory, such as poison.

A message belongs to its memory in every queue, and also after a redrive, which gives it a new message id.
"""

from collections.abc import Iterable

from sim.journal.reading import Line
from sim.report.timeline.model import Subject

STATUS_AFTER = {"dead_lettered": "dead letter", "redriven": "", "deleted": "deleted"}
"""The status of a message without a memory after an event of its queue; other events do not change it."""


class Subjects:
    """All subjects of one scenario, each with its final state from the journal."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.all: dict[str, Subject] = {}
        self._of_message: dict[str, str] = {}
        lines = list(lines)
        for line in lines:
            self._add_memory(line)
        for line in lines:
            self._add_message(line)

    def of(self, line: Line) -> tuple[str, ...]:
        """The ids of the subjects of a line."""
        memories = [line.text("memory_id"), *line.texts("memory_ids")]
        known = [each for each in memories if each in self.all]
        if known:
            return tuple(dict.fromkeys(known))
        messages = [line.text("message_id"), *line.texts("message_ids")]
        return tuple(dict.fromkeys(self._of_message[each] for each in messages if each in self._of_message))

    def _add_memory(self, line: Line) -> None:
        memory_id = line.text("memory_id")
        accepted = line.kind == "api_request" and line.number_of("status_code") == 202
        if not memory_id or not (accepted or line.kind in ("memory", "openai_request")):
            return
        subject = self.all.setdefault(memory_id, Subject(memory_id, "memory"))
        if line.kind == "openai_request":
            subject.title = subject.title or line.text("recording")
        elif line.kind == "memory":
            subject.status = line.text("status")
            subject.reason = line.text("failure_reason")
            subject.attempts = int(line.number_of("attempts"))
            subject.openai_calls = int(line.number_of("openai_calls"))
            subject.billed_seconds = line.number_of("billed_seconds")

    def _add_message(self, line: Line) -> None:
        message_id = line.text("message_id")
        if not message_id or line.kind not in ("sqs", "poison_message_sent", "duplicate_message_sent"):
            return
        if line.text("memory_id") in self.all:
            self._of_message[message_id] = line.text("memory_id")
            return
        before_redrive = self._of_message.get(line.text("source_message_id"))
        subject_id = self._of_message.setdefault(message_id, before_redrive or message_id)
        subject = self.all.setdefault(subject_id, Subject(subject_id, "message", "message without a memory"))
        if line.kind == "poison_message_sent":
            subject.title = f"poison: {line.text('poison_kind')}"
        elif line.kind == "sqs":
            subject.status = STATUS_AFTER.get(line.text("event"), subject.status)
