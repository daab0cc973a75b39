"""Operations on dead letters: list them with their memories, redrive some or all, purge.

A redrive never duplicates results or costs: processing continues from what is committed.
"""

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace

from rawk.domain.errors import PoisonMessage
from rawk.domain.memory import Memory
from rawk.domain.messages import Job, decode
from rawk.ports import Clock, DeadLetter, DeadLetters, MemoryStore

POISON = "poison"
DELETED = "deleted"
UNPROCESSED = "unprocessed"
UNFINISHED = "unfinished"
DONE = "done"


@dataclass(frozen=True, slots=True)
class ClassifiedDeadLetter:
    """A dead letter with its job, its memory and the reason why it is there.

    `why` is the memory's failure reason, or `poison` for a message that is no job of ours, `deleted` where there is no
    such memory (any more), `unprocessed` where the memory still waits for a worker, `unfinished` where a worker died
    without a reason, `done` where nothing is left to do.
    """

    letter: DeadLetter
    job: Job | None
    memory: Memory | None
    why: str


@dataclass(frozen=True, slots=True)
class DeadLetterOperations:
    """The use case. Every method raises QueueUnavailable and DatabaseUnavailable."""

    letters: DeadLetters
    memories: MemoryStore
    clock: Clock

    def classify(self, limit: int) -> list[ClassifiedDeadLetter]:
        """Up to `limit` dead letters, which stay in the queue."""
        return [self._classify(letter) for letter in self.letters.peek(limit)]

    def count(self) -> int:
        """SQS's approximate number of dead letters, those in flight included."""
        return self.letters.count()

    def redrive_all(self, max_per_second: int | None) -> int:
        """Start SQS's own move task; gives the approximate number of dead letters that it moves.

        It starts also when SQS counts none: the number may be late, and a task without messages ends at once.
        """
        count = self.letters.count()
        self.letters.move_all(max_per_second)
        return count

    def redrive_only(
        self, whys: Iterable[str], limit: int, max_per_second: int | None
    ) -> Iterator[ClassifiedDeadLetter]:
        """Redrive the dead letters with one of the reasons, one by one; yields each once it is back in the queue."""
        with closing(self._taken(limit, whys)) as taken:
            for classified in taken:
                self.letters.move(classified.letter)
                yield classified
                if max_per_second:
                    self.clock.sleep(1 / max_per_second)

    def purge(self, limit: int, whys: Iterable[str] | None = None) -> Iterator[ClassifiedDeadLetter]:
        """Remove all dead letters, or those with one of the reasons; yields each once it is removed."""
        with closing(self._taken(limit, whys)) as taken:
            for classified in taken:
                self.letters.remove(classified.letter)
                yield classified

    def _taken(self, limit: int, whys: Iterable[str] | None) -> Generator[ClassifiedDeadLetter]:
        """Of the dead letters that are there now, those with one of the reasons, each in flight for us alone.

        The caller closes it, so that the others become visible at once, also after an error.

        One that is dead-lettered again meanwhile has a new message id: a redrive during an outage ends.
        """
        wanted = None if whys is None else set(whys)
        classified = {
            each.letter.message_id: each for each in self.classify(limit) if wanted is None or each.why in wanted
        }
        with closing(self.letters.take(classified)) as letters:
            for letter in letters:
                yield replace(classified[letter.message_id], letter=letter)

    def _classify(self, letter: DeadLetter) -> ClassifiedDeadLetter:
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
    if memory.waits_for_a_worker:
        return UNPROCESSED
    return DONE if memory.completed_at is not None else UNFINISHED
