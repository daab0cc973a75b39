"""The dead-letter queue as an operator meets it: each letter moved by two calls, all of them by a task of SQS's own."""

from typing import TYPE_CHECKING

from rawk.adapters.sqs.in_memory import InMemoryDeadLetters
from rawk.ports import DeadLetter
from sim.explorer.coverage.points import Mark
from sim.explorer.plan.call_sites import COUNT, MOVE, MOVE_ALL, PEEK, REMOVE

if TYPE_CHECKING:
    from sim.explorer.world.world import World

MOVE_MS = 200


class Letters:
    """`ports.DeadLetters` of one world."""

    __slots__ = ("_behind", "_to_move", "_world", "count", "moving", "peek")

    def __init__(self, world: "World") -> None:
        self._world = world
        self._behind = InMemoryDeadLetters(world.dead, world.jobs)
        self._to_move: list[str] = []
        self.moving = False
        """Whether a move task is under way."""
        self.peek = world.line.method(PEEK, self._behind.peek)
        self.count = world.line.method(COUNT, self._behind.count)

    def move(self, letter: DeadLetter) -> None:
        """As `rawk.adapters.sqs.queue` does: send, then remove. A crash in between leaves two copies, never none."""
        self._world.line.call(MOVE, None, self._send_back, letter)
        self.remove(letter)

    def remove(self, letter: DeadLetter) -> None:
        world = self._world
        world.line.call(REMOVE, world.promises.after_removal, self._behind.remove, letter)

    def move_all(self, max_per_second: int | None) -> None:
        self._world.line.call(MOVE_ALL, None, self._start_task, max_per_second)

    def _send_back(self, letter: DeadLetter) -> None:
        self._sent_back(self._world.jobs.send(letter.body), letter.body)

    def _start_task(self, max_per_second: int | None) -> None:
        del max_per_second
        if not self.moving:
            self.moving = True
            # What dies again while the task is at work is left for the next one.
            self._to_move = list(self._world.dead.held)
            self._go_on()

    def _go_on(self) -> None:
        scheduler = self._world.scheduler
        scheduler.at(scheduler.now_ms + MOVE_MS, self._move_one)

    def _move_one(self) -> None:
        world = self._world
        if not self._to_move:
            self.moving = False
            return
        letter = world.dead.receive_this(self._to_move.pop(0), 60)
        if letter is not None:
            self._sent_back(world.jobs.send(letter.body), letter.body)
            world.dead.delete(letter.receipt_handle)
            world.say_moved(letter.body)
        self._go_on()

    def _sent_back(self, message_id: str, body: str) -> None:
        world = self._world
        memory_id = world.promises.memory_named_in(body)
        if memory_id in world.books.redriven.values():
            world.sightings.mark(Mark.REDRIVEN_TWICE)
        world.books.redriven[message_id] = memory_id
        world.functions.look_again()
