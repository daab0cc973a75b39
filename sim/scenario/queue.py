"""`sim.queue`: the jobs queue and its dead-letter queue, as a scenario sees and changes them."""

from collections.abc import Sequence

from sim.app import APP
from sim.engines.base.queues import Queues
from sim.journal.journal import Journal
from sim.scenario import poison
from sim.scenario.memories import Memories


class JobsQueue:
    """Sends messages to the jobs queue, and counts those in it and in its dead-letter queue."""

    def __init__(self, queues: Queues, journal: Journal) -> None:
        self._queues = queues
        self._journal = journal
        self._poison_bodies: list[str] = []

    @property
    def poison_sent(self) -> int:
        """Number of poison messages that this scenario sent."""
        return len(self._poison_bodies)

    def send_poison(self, *kinds: str) -> None:
        """Send one poison message of each kind. `poison.KINDS` lists the kinds."""
        for kind in kinds:
            message_id = self._queues.send(poison.KINDS[kind])
            self._poison_bodies.append(poison.KINDS[kind])
            self._journal.write("poison_message_sent", poison_kind=kind, message_id=message_id)

    def all_poison_dead_lettered(self) -> bool:
        """Every poison message that was sent is in the dead-letter queue, byte for byte."""
        if self._queues.dead_letters().visible < len(self._poison_bodies):
            return False
        return not _without(self._poison_bodies, self._queues.dead_letter_bodies())

    def redeliver(self, memories: Memories) -> None:
        """Send each memory's job once more, as SQS may deliver a message more than once."""
        for memory_id in memories.ids:
            message_id = self._queues.send(APP.message_body(memory_id, "sent-by-the-scenario"))
            self._journal.write("duplicate_message_sent", memory_id=memory_id, message_id=message_id)

    def dead_letter_count(self) -> int:
        """Number of messages in the dead-letter queue."""
        return self._queues.dead_letters().total

    def is_empty(self) -> bool:
        """The jobs queue has no message: none waiting, delayed or in flight."""
        return self._queues.jobs().total == 0

    def dead_letter_queue_is_empty(self) -> bool:
        """The dead-letter queue has no message."""
        return self.dead_letter_count() == 0


def _without(bodies: Sequence[str], found: Sequence[str]) -> list[str]:
    """The bodies that are not among those found; a body that occurs twice must be found twice."""
    left = list(bodies)
    for body in found:
        if body in left:
            left.remove(body)
    return left
