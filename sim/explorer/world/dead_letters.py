"""The dead-letter queue, for the operator: one dead letter is moved by two calls, all of them by a task of SQS."""

from typing import TYPE_CHECKING

from rawk.adapters.sqs.in_memory import InMemoryDeadLetters
from rawk.ports import DeadLetter
from sim.explorer.coverage.points import CoveragePoint
from sim.explorer.plan.call_sites import COUNT, MOVE, MOVE_ALL, PEEK, REMOVE

if TYPE_CHECKING:
    from sim.explorer.world.world import World

MOVE_MS = 200


class DeadLetterQueue:
    """`ports.DeadLetters` of one world."""

    __slots__ = ("_in_memory", "_to_move", "_world", "count", "moving", "peek")

    def __init__(self, world: "World") -> None:
        self._world = world
        self._in_memory = InMemoryDeadLetters(world.dead_queue, world.jobs)
        self._to_move: list[str] = []
        self.moving = False
        """Whether a move task is running."""
        self.peek = world.port_calls.method(PEEK, self._in_memory.peek)
        self.count = world.port_calls.method(COUNT, self._in_memory.count)

    def move(self, dead_letter: DeadLetter) -> None:
        """Send, then remove, as `rawk.adapters.sqs.queue` does: a crash in between leaves two copies, never none."""
        self._world.port_calls.call(MOVE, None, self._send_back, dead_letter)
        self.remove(dead_letter)

    def remove(self, dead_letter: DeadLetter) -> None:
        world = self._world
        world.port_calls.call(REMOVE, world.invariants.after_removal, self._in_memory.remove, dead_letter)

    def move_all(self, max_per_second: int | None) -> None:
        self._world.port_calls.call(MOVE_ALL, None, self._start_task, max_per_second)

    def _send_back(self, dead_letter: DeadLetter) -> None:
        self._sent_back(self._world.jobs.send(dead_letter.body), dead_letter.body)

    def _start_task(self, max_per_second: int | None) -> None:
        del max_per_second
        if not self.moving:
            self.moving = True
            # A message that is dead-lettered again while the task runs is left for the next task.
            self._to_move = list(self._world.dead_queue.held)
            self._schedule_next()

    def _schedule_next(self) -> None:
        scheduler = self._world.scheduler
        scheduler.call_at(scheduler.now_ms + MOVE_MS, self._move_one)

    def _move_one(self) -> None:
        world = self._world
        if not self._to_move:
            self.moving = False
            return
        delivery = world.dead_queue.receive_this(self._to_move.pop(0), 60)
        if delivery is not None:
            self._sent_back(world.jobs.send(delivery.body), delivery.body)
            world.dead_queue.delete(delivery.receipt_handle)
            world.log_moved(delivery.body)
        self._schedule_next()

    def _sent_back(self, message_id: str, body: str) -> None:
        world = self._world
        memory_id = world.invariants.memory_named_in(body)
        if memory_id in world.ledger.redriven.values():
            world.coverage.reach(CoveragePoint.REDRIVEN_TWICE)
        world.ledger.redriven[message_id] = memory_id
        world.event_source_mapping.poll_soon()
