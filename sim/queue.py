"""What a story does to the jobs queue: put poison into it, deliver a job once more."""

import json
from collections.abc import Sequence

from sim.engines.queues import Queues, job_body
from sim.memories import Memories
from sim.timeline import Journal

NOBODY = "00000000-0000-4000-8000-000000000000"

POISON = {
    "not JSON": "this is not JSON {",
    "JSON, but no object": '["a", "list"]',
    "an unknown version": json.dumps(
        {"version": 99, "type": "process_memory", "memory_id": NOBODY, "correlation_id": "c"}
    ),
    "an unknown type": json.dumps({"version": 1, "type": "bake_a_cake", "memory_id": NOBODY, "correlation_id": "c"}),
    "missing fields": json.dumps({"version": 1, "type": "process_memory"}),
    "an unknown memory": job_body(NOBODY),
}
"""Message bodies that are not ours, each by what is wrong with it."""


class JobsQueue:
    def __init__(self, queues: Queues, journal: Journal) -> None:
        self._queues = queues
        self._journal = journal
        self._poison: list[str] = []

    @property
    def poison_sent(self) -> int:
        return len(self._poison)

    def poison(self, *kinds: str) -> None:
        """Send one message of each kind (see `POISON`)."""
        for kind in kinds:
            message_id = self._queues.send(POISON[kind])
            self._poison.append(POISON[kind])
            self._journal.write("poison_sent", what=kind, message_id=message_id)

    def all_poison_is_dead(self) -> bool:
        """Every poison message that was sent lies in the dead-letter queue, byte for byte as it was sent."""
        if self._queues.dead_letters().visible < len(self._poison):
            return False
        return not _without(self._poison, self._queues.dead_letter_bodies())

    def deliver_again(self, memories: Memories) -> None:
        """Put each memory's job into the queue once more, as SQS may (at least once, not exactly once)."""
        for memory_id in memories.ids:
            message_id = self._queues.send(job_body(memory_id))
            self._journal.write("delivered_again", memory_id=memory_id, message_id=message_id)

    def dead_letters(self) -> int:
        return self._queues.dead_letters().total

    def is_empty(self) -> bool:
        return self._queues.jobs().total == 0

    def dead_letter_queue_is_empty(self) -> bool:
        return self.dead_letters() == 0


def _without(wanted: Sequence[str], found: Sequence[str]) -> list[str]:
    left = list(wanted)
    for body in found:
        if body in left:
            left.remove(body)
    return left
