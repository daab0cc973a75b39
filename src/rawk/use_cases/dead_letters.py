"""Operations on dead letters: list them with their memories, redrive some or all, purge some or all.

A redrive never duplicates results or costs: processing continues from what is committed.
"""

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime

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

    @property
    def memory_id(self) -> str | None:
        return self.job.memory_id if self.job else None

    @property
    def accepted_at(self) -> datetime:
        """When the API accepted the recording; without a memory, when the message was sent first."""
        return self.memory.created_at if self.memory else self.letter.first_sent_at

    @property
    def dead_since(self) -> datetime:
        """When the memory failed, or changed last; without a memory, when the message was sent first.

        SQS does not keep when it moved a message to the dead-letter queue.
        """
        return self.memory.updated_at if self.memory else self.letter.first_sent_at


@dataclass(frozen=True, slots=True)
class Selection:
    """Which dead letters an operation takes: those to which everything applies that is not None.

    A time that is the bound itself belongs to what is since then, and not to what is before.
    """

    whys: frozenset[str] | None = None
    memory_ids: frozenset[str] | None = None
    message_ids: frozenset[str] | None = None
    accepted_since: datetime | None = None
    accepted_before: datetime | None = None
    dead_since: datetime | None = None
    dead_before: datetime | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for what no dead letter can be."""
        for what, since, before in (
            ("accepted", self.accepted_since, self.accepted_before),
            ("dead", self.dead_since, self.dead_before),
        ):
            if since is not None and before is not None and since >= before:
                raise ValueError(f"nothing is {what} since {since.isoformat()} and before {before.isoformat()}")

    def takes(self, classified: ClassifiedDeadLetter) -> bool:
        return (
            _is_one_of(classified.why, self.whys)
            and _is_one_of(classified.memory_id, self.memory_ids)
            and _is_one_of(classified.letter.message_id, self.message_ids)
            and _is_between(classified.accepted_at, self.accepted_since, self.accepted_before)
            and _is_between(classified.dead_since, self.dead_since, self.dead_before)
        )


ALL = Selection()


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
        self, selection: Selection, limit: int, max_per_second: int | None
    ) -> Iterator[ClassifiedDeadLetter]:
        """Redrive the selected dead letters, one by one; yields each once it is back in the queue."""
        with closing(self._taken(limit, selection)) as taken:
            for classified in taken:
                self.letters.move(classified.letter)
                yield classified
                if max_per_second:
                    self.clock.sleep(1 / max_per_second)

    def purge(self, limit: int, selection: Selection = ALL) -> Iterator[ClassifiedDeadLetter]:
        """Remove the selected dead letters; yields each once it is removed."""
        with closing(self._taken(limit, selection)) as taken:
            for classified in taken:
                self.letters.remove(classified.letter)
                yield classified

    def _taken(self, limit: int, selection: Selection) -> Generator[ClassifiedDeadLetter]:
        """Of the dead letters that are there now, the selected ones, each in flight for us alone.

        The caller closes it, so that the others become visible at once, also after an error.

        One that is dead-lettered again meanwhile has a new message id: a redrive during an outage ends.
        """
        classified = {each.letter.message_id: each for each in self.classify(limit) if selection.takes(each)}
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


def _is_one_of(value: str | None, wanted: frozenset[str] | None) -> bool:
    return wanted is None or value in wanted


def _is_between(moment: datetime, since: datetime | None, before: datetime | None) -> bool:
    return (since is None or since <= moment) and (before is None or moment < before)
