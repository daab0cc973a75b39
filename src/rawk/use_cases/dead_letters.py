"""What an operator does about dead letters: look at them beside their memories, redrive some or all, purge.

A redrive never duplicates results or bills: processing picks up from what is committed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rawk.domain.errors import PoisonMessage
from rawk.domain.memory import Memory
from rawk.domain.messages import Job, decode
from rawk.ports import Clock, DeadLetter, DeadLetters, MemoryStore

POISON = "poison"
DELETED = "deleted"
UNFINISHED = "unfinished"
DONE = "done"


@dataclass(frozen=True, slots=True)
class ClassifiedDeadLetter:
    """A dead letter with what is needed to judge it.

    `why` is the memory's failure reason; `poison` for what is not ours, `deleted` where the memory is gone (or never
    was), `unfinished` where the worker never got to say why, `done` where nothing is left to do.
    """

    letter: DeadLetter
    job: Job | None
    memory: Memory | None
    why: str


@dataclass(frozen=True, slots=True)
class DeadLetterOperations:
    letters: DeadLetters
    memories: MemoryStore
    clock: Clock

    def judge(self, limit: int) -> list[ClassifiedDeadLetter]:
        """Raises QueueUnavailable, DatabaseUnavailable."""
        return [self._judged(letter) for letter in self.letters.peek(limit)]

    def redrive_all(self, max_per_second: int | None) -> int:
        """Start SQS's own move task; gives about how many letters it will move."""
        count = self.letters.count()
        if count:
            self.letters.move_all(max_per_second)
        return count

    def redrive_only(
        self, whys: Iterable[str], limit: int, max_per_second: int | None
    ) -> Iterator[ClassifiedDeadLetter]:
        """Send the letters with one of the reasons back, one by one; yields each once it is back in the queue."""
        wanted = set(whys)
        for judged in self.judge(limit):
            if judged.why in wanted:
                self.letters.move(judged.letter)
                yield judged
                if max_per_second:
                    self.clock.sleep(1 / max_per_second)

    def purge(self, limit: int, whys: Iterable[str] | None = None) -> Iterator[ClassifiedDeadLetter]:
        """Remove letters, all or those with one of the reasons; yields each once it is gone."""
        wanted = None if whys is None else set(whys)
        for judged in self.judge(limit):
            if wanted is None or judged.why in wanted:
                self.letters.remove(judged.letter)
                yield judged

    def _judged(self, letter: DeadLetter) -> ClassifiedDeadLetter:
        try:
            job = decode(letter.body)
        except PoisonMessage:
            return ClassifiedDeadLetter(letter, None, None, POISON)
        memory = self.memories.find(job.memory_id)
        return ClassifiedDeadLetter(letter, job, memory, _why(memory))


def _why(memory: Memory | None) -> str:
    if memory is None:
        return DELETED
    if memory.failure_reason is not None:
        return memory.failure_reason.value
    return DONE if memory.completed_at is not None else UNFINISHED
