"""Whom an event concerns: memories, and messages that are about no memory we know (poison).

A message keeps its memory through every queue, and through a redrive that gives it a new id.
"""

from collections.abc import Iterable

from sim.journal.reading import Line
from sim.report.timeline.picture import Subject


class Subjects:
    """Everybody who appears in one scenario, each with what the journal says of their end."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.all: dict[str, Subject] = {}
        self._of_message: dict[str, str] = {}
        lines = list(lines)
        for line in lines:
            self._meet_memory(line)
        for line in lines:
            self._meet_message(line)

    def of(self, line: Line) -> tuple[str, ...]:
        """The ids of those whom a line concerns."""
        memories = [line.text("memory_id"), *line.texts("memory_ids")]
        known = [each for each in memories if each in self.all]
        if known:
            return tuple(dict.fromkeys(known))
        messages = [line.text("message_id"), *line.texts("message_ids")]
        return tuple(dict.fromkeys(self._of_message[each] for each in messages if each in self._of_message))

    def _meet_memory(self, line: Line) -> None:
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

    def _meet_message(self, line: Line) -> None:
        message_id = line.text("message_id")
        if not message_id or line.kind not in ("sqs", "poison_message_sent", "duplicate_message_sent"):
            return
        if line.text("memory_id") in self.all:
            self._of_message[message_id] = line.text("memory_id")
            return
        earlier = self._of_message.get(line.text("source_message_id"))
        whose = self._of_message.setdefault(message_id, earlier or message_id)
        subject = self.all.get(whose) or self.all.setdefault(whose, Subject(whose, "message", "a message not ours"))
        if line.kind == "poison_message_sent":
            subject.title = f"poison: {line.text('poison_kind')}"
        elif line.kind == "sqs":
            subject.status = {"dead_lettered": "dead letter", "redriven": "", "deleted": "gone"}.get(
                line.text("event"), subject.status
            )
