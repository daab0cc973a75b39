"""What a scenario does to the jobs queue: put poison into it, deliver a job once more."""

from collections.abc import Sequence

from sim.app import APP
from sim.engines.base.queues import Queues
from sim.journal.journal import Journal
from sim.scenario import poison
from sim.scenario.memories import Memories


class JobsQueue:
    def __init__(self, queues: Queues, journal: Journal) -> None:
        self._queues = queues
        self._journal = journal
        self._poison: list[str] = []

    @property
    def poison_sent(self) -> int:
        return len(self._poison)

    def poison(self, *kinds: str) -> None:
        """Send one message of each kind (see `sim.scenario.poison.KINDS`)."""
        for kind in kinds:
            message_id = self._queues.send(poison.KINDS[kind])
            self._poison.append(poison.KINDS[kind])
            self._journal.write("poison_message_sent", poison_kind=kind, message_id=message_id)

    def all_poison_is_dead(self) -> bool:
        """Every poison message that was sent lies in the dead-letter queue, byte for byte as it was sent."""
        if self._queues.dead_letters().visible < len(self._poison):
            return False
        return not _without(self._poison, self._queues.dead_letter_bodies())

    def deliver_again(self, memories: Memories) -> None:
        """Put each memory's job into the queue once more, as SQS may (at least once, not exactly once)."""
        for memory_id in memories.ids:
            message_id = self._queues.send(APP.message_body(memory_id, "sent-by-the-scenario"))
            self._journal.write("duplicate_message_sent", memory_id=memory_id, message_id=message_id)

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
