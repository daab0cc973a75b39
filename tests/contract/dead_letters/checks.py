"""What must hold for dead letters whatever an operator does with them and wherever SQS, or the command, stops.

The same checks run on the in-memory model (every call, every kind of failure, hundreds of dead letters) and on the
emulator (some of each).
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from rawk.adapters.sqs.queue import SqsDeadLetters
from rawk.adapters.system import SystemClock
from rawk.domain.errors import QueueUnavailable
from rawk.domain.messages import Job, encode
from rawk.use_cases.dead_letters import DELETED, POISON, ClassifiedDeadLetter, DeadLetterOperations, Selection
from tests.contract.dead_letters.failing_sqs import CallFailure, FailingSqs, Killed


class TwoQueues(Protocol):
    client: Any
    dead_url: str
    jobs_url: str

    def bury(self, number: int) -> list[str]:
        """Put this many dead letters with different bodies there; gives the bodies."""

    def bodies(self, queue_url: str) -> list[str]:
        """Of all messages, visible or not; the queue may be empty afterwards."""

    def let_a_minute_pass(self) -> None:
        """What is in flight becomes visible."""


@dataclass
class _NoMemories:
    def find(self, _: str) -> None:
        return None


def operations(queues: TwoQueues, client: Any) -> DeadLetterOperations:
    letters = SqsDeadLetters(client, queues.dead_url, queues.jobs_url, wait_seconds=0)
    return DeadLetterOperations(letters, _NoMemories(), SystemClock())  # type: ignore[arg-type]


def bodies(number: int) -> list[str]:
    """So many different ones: jobs of memories (whom nobody knows) and messages that are no jobs, in turn."""
    return [f"letter {place}" if place % 2 else encode(_job(place)) for place in range(number)]


def _job(place: int) -> Job:
    return Job(memory_id=str(UUID(int=place)), correlation_id="c")


EVERY = Selection(whys=frozenset({POISON, DELETED}))
OF_MEMORIES = Selection(memory_ids=frozenset(_job(place).memory_id for place in range(1000)))
OF_POISON = Selection(whys=frozenset({POISON}))


def redrive_only(rawk: DeadLetterOperations) -> Iterator[ClassifiedDeadLetter]:
    return rawk.redrive_only(EVERY, 10_000, None)


def purge(rawk: DeadLetterOperations) -> Iterator[ClassifiedDeadLetter]:
    return rawk.purge(10_000, EVERY)


def redrive_memories(rawk: DeadLetterOperations) -> Iterator[ClassifiedDeadLetter]:
    return rawk.redrive_only(OF_MEMORIES, 10_000, None)


def purge_poison(rawk: DeadLetterOperations) -> Iterator[ClassifiedDeadLetter]:
    return rawk.purge(10_000, OF_POISON)


def list_them(rawk: DeadLetterOperations) -> Iterator[ClassifiedDeadLetter]:
    yield from rawk.classify(10_000)


def redrive_all(rawk: DeadLetterOperations) -> Iterator[ClassifiedDeadLetter]:
    rawk.redrive_all(None)
    yield from ()


OPERATIONS: dict[str, Callable[[DeadLetterOperations], Iterator[ClassifiedDeadLetter]]] = {
    "redrive_only": redrive_only,
    "redrive_all": redrive_all,
    "redrive_memories": redrive_memories,
    "purge": purge,
    "purge_poison": purge_poison,
    "list": list_them,
}


SELECTIVE = [name for name in OPERATIONS if name != "redrive_all"]
"""Those that take dead letters one by one, or none."""


def chosen(name: str, buried: list[str]) -> list[str]:
    """Those of the dead letters that the operation takes."""
    is_poison = {"redrive_memories": False, "purge_poison": True}.get(name)
    return [body for body in buried if is_poison is None or body.startswith("letter") == is_poison]


def calls_of(name: str, queues: TwoQueues, number: int) -> int:
    """How many calls of SQS the operation makes without a failure."""
    queues.bury(number)
    client = FailingSqs(queues.client)
    list(OPERATIONS[name](operations(queues, client)))
    return len(client.calls)


def check(
    name: str, queues: TwoQueues, number: int, failure: CallFailure, at_call: int, *, short: bool = False
) -> None:
    """Bury, operate until the failure, and count: where is each dead letter, and what did the command print?"""
    buried = queues.bury(number)
    client = FailingSqs(queues.client, failure, at_call, short_receives=short)
    reported: list[str] = []
    with suppress(Killed, QueueUnavailable):
        reported.extend(each.letter.body for each in OPERATIONS[name](operations(queues, client)))
    queues.let_a_minute_pass()
    dead, jobs = Counter(queues.bodies(queues.dead_url)), Counter(queues.bodies(queues.jobs_url))
    where = f"{name} of {number}, {failure} at call {at_call} ({', '.join(client.calls[-3:])})"

    assert set(reported) <= set(buried), where
    assert max(Counter(reported).values(), default=0) <= 1, f"{where}: reported twice"
    assert max(dead.values(), default=0) <= 1, f"{where}: a dead letter became two"
    others = set(buried) - set(chosen(name, buried))
    assert all(dead[body] and not jobs[body] for body in others), f"{where}: one that was not selected was touched"
    gone = [body for body in buried if not dead[body] and not jobs[body]]
    match name:
        case "purge" | "purge_poison":
            assert not jobs, f"{where}: a purge sent something"
            assert len(gone) <= len(reported) + 1, f"{where}: removed without a report"
            assert not [body for body in reported if dead[body]], f"{where}: reported as removed, and is there"
        case "list":
            assert sorted(dead) == sorted(buried), f"{where}: a list changed the queue"
            assert not jobs, where
        case _:
            assert not gone, f"{where}: lost {gone}"
            assert max(jobs.values(), default=0) <= 1, f"{where}: sent twice by one command"
            assert all(jobs[body] for body in reported), f"{where}: reported as redriven, and is not sent"
            both = [body for body in buried if dead[body] and jobs[body]]
            assert len(both) <= 1, f"{where}: more than the one that was interrupted is in both queues"


def check_whole(name: str, queues: TwoQueues, number: int, failure: CallFailure, at_call: int, *, short: bool) -> None:
    """A failure that only makes an answer smaller or repeats it must not make the operation less."""
    buried = queues.bury(number)
    client = FailingSqs(queues.client, failure, at_call, short_receives=short)
    reported = [each.letter.body for each in OPERATIONS[name](operations(queues, client))]
    assert sorted(reported) == sorted(chosen(name, buried)), (
        f"{name} of {number}: {failure} at call {at_call} left some out"
    )
