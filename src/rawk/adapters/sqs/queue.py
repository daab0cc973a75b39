"""The jobs queue and its dead-letter queue in SQS."""

import hashlib
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from itertools import batched
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from rawk.adapters.aws_errors import (
    FAILED_CALL,
    MalformedAnswer,
    error_name,
    raised_as,
    require_request_id,
    required_text,
)
from rawk.adapters.sqs.limits import require_rate, require_visibility
from rawk.domain.errors import QueueUnavailable
from rawk.domain.messages import Job, encode
from rawk.log import log
from rawk.ports import DeadLetter, Delivery

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_BATCH = 10
"""The most messages one SQS call takes (Amazon SQS API Reference, ReceiveMessage)."""

_ALL = 1_000_000
"""More dead letters than there can be: SQS keeps at most 120,000 messages of a queue in flight."""

_HELD_SECONDS = 60
"""How long a received dead letter stays invisible: time to settle it, and the wait when its process died."""

_VISIBILITY_ATTEMPTS = 2

_EMPTY_RECEIVES = 3
"""After this many empty receives in a row the dead-letter queue has nothing more to give now."""

_COUNTS: "tuple[QueueAttributeNameType, ...]" = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)

_NOT_IN_FLIGHT = frozenset({"InvalidParameterValue", "MessageNotInflight", "ReceiptHandleIsInvalid"})

_CODE_PREFIX = "AWS.SimpleQueueService."
"""Of the codes of SQS's query protocol, in which some of SQS's answers still name errors."""


class SqsJobQueue:
    """`ports.JobQueue` on one queue.

    A wrong queue or a missing permission is QueueUnavailable, too: the outbox keeps the job until an operator fixes it.
    It is logged as `queue_misconfigured`.
    """

    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, job: Job) -> None:
        body = encode(job)
        with _sqs_errors("send a job"):
            _require_sent(self._client.send_message(QueueUrl=self._queue_url, MessageBody=body), body)

    def postpone(self, delivery: Delivery, seconds: int) -> None:
        """Does nothing when the message is no longer in flight by this delivery, or when its visibility timeout
        would end more than twelve hours after the receive.
        """
        require_visibility(seconds)
        with _sqs_errors("postpone a job"), _ignored(_NOT_IN_FLIGHT):
            answer = self._client.change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=delivery.receipt_handle, VisibilityTimeout=seconds
            )
            require_request_id(answer)


class SqsDeadLetters:
    """`ports.DeadLetters`. Errors are those of `SqsJobQueue`.

    One receive shows little: SQS may give fewer messages than asked for, none although there are some, or one of them
    again. With a wait of at least a second it asks all of its servers, without a wait only a sample (Amazon SQS
    Developer Guide, short and long polling).
    """

    def __init__(
        self,
        client: "SQSClient",
        dead_letter_queue_url: str,
        jobs_queue_url: str,
        *,
        wait_seconds: int = 1,
        waits_for_others: bool = False,
    ) -> None:
        """`waits_for_others`: until dead letters that another reader holds are visible again, a minute at most."""
        self._client = client
        self._dead_url = dead_letter_queue_url
        self._jobs_url = jobs_queue_url
        self._wait_seconds = wait_seconds
        self._most_empty_receives = _HELD_SECONDS // wait_seconds + _EMPTY_RECEIVES if waits_for_others else 0

    def peek(self, limit: int) -> list[DeadLetter]:
        """Receives until as many are there as SQS counts, or until too many receives in a row are empty."""
        held: dict[str, DeadLetter] = {}
        try:
            for _ in self._received(held, limit, enough=lambda: len(held) >= self.count()):
                pass
        finally:
            self._make_visible([*held.values()])
        return [*held.values()]

    def take(self, message_ids: Collection[str]) -> Generator[DeadLetter]:
        """Holds every other dead letter that it receives until the end, so that it does not receive them again."""
        held: dict[str, DeadLetter] = {}
        wanted = set(message_ids)
        try:
            for letter in self._received(held, _ALL, enough=lambda: not wanted) if wanted else ():
                if letter.message_id in wanted:
                    yield letter
                    wanted.discard(letter.message_id)
                    del held[letter.message_id]
                    if not wanted:
                        break
        finally:
            self._make_visible([*held.values()])

    def move_all(self, max_per_second: int | None) -> None:
        """Does nothing when such a task is running: it moves all dead letters."""
        require_rate(max_per_second)
        rate: dict[str, int] = {} if max_per_second is None else {"MaxNumberOfMessagesPerSecond": max_per_second}
        with _sqs_errors("start moving dead letters"):
            source, target = self._arn(self._dead_url), self._arn(self._jobs_url)
            try:
                answer = self._client.start_message_move_task(SourceArn=source, DestinationArn=target, **rate)
                required_text(answer, "TaskHandle")
            except ClientError:
                if not self._is_moving(source):
                    raise

    def move(self, letter: DeadLetter) -> None:
        with _sqs_errors("send a dead letter back"):
            _require_sent(self._client.send_message(QueueUrl=self._jobs_url, MessageBody=letter.body), letter.body)
        self.remove(letter)

    def remove(self, letter: DeadLetter) -> None:
        """Does nothing when the dead letter is gone."""
        with _sqs_errors("remove a dead letter"):
            require_request_id(
                self._client.delete_message(QueueUrl=self._dead_url, ReceiptHandle=letter.receipt_handle)
            )

    def count(self) -> int:
        with _sqs_errors("count the dead letters"):
            answer = self._client.get_queue_attributes(QueueUrl=self._dead_url, AttributeNames=_COUNTS)
            counts: Mapping[Any, str] = answer["Attributes"]
            return sum(int(counts[name]) for name in _COUNTS)

    def _received(self, held: dict[str, DeadLetter], limit: int, *, enough: Callable[[], bool]) -> Iterator[DeadLetter]:
        """Receive dead letters that are not in `held`, up to `limit` in all, and add them to it.

        Ends after an empty receive when there are enough, after `_EMPTY_RECEIVES` empty receives in a row (or more,
        while others hold some), or when all of `held` came again since the last new one: hundreds outlast their own
        visibility timeout.
        """
        empty = repeated = 0
        while len(held) < limit:
            letters = self._receive(limit - len(held))
            empty = 0 if letters else empty + 1
            new = [letter for letter in letters if letter.message_id not in held]
            repeated = 0 if new else repeated + len(letters)
            # All at once: the caller may leave after the first. SQS accepts the receipt handle of the latest receive.
            held |= {letter.message_id: letter for letter in letters}
            yield from new
            if self._is_exhausted(empty, held, repeated) or (empty and enough()) or repeated > len(held):
                return

    def _is_exhausted(self, empty_receives: int, held: Mapping[str, DeadLetter], repeated: int) -> bool:
        """Whether the queue gives nothing more after so many empty receives in a row."""
        if empty_receives < _EMPTY_RECEIVES:
            return False
        # What this reader received comes again: so would by now what others held.
        if repeated or empty_receives >= self._most_empty_receives:
            return True
        others = self.count() - len(held)
        if others > 0 and empty_receives == _EMPTY_RECEIVES:
            log.info("waiting_for_dead_letters", dead_letters=others, seconds=_HELD_SECONDS)
        return others <= 0

    def _receive(self, number: int) -> list[DeadLetter]:
        with _sqs_errors("receive dead letters"):
            answer = self._client.receive_message(
                QueueUrl=self._dead_url,
                MaxNumberOfMessages=min(number, _BATCH),
                VisibilityTimeout=_HELD_SECONDS,
                WaitTimeSeconds=self._wait_seconds,
                MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
            )
            require_request_id(answer)
            return [_dead_letter(message) for message in answer.get("Messages", [])]

    def _make_visible(self, letters: Sequence[DeadLetter]) -> None:
        """Make the dead letters visible; those that fail become visible by themselves after a minute.

        One that SQS calls not in flight is visible already, or gone.
        """
        errors: set[str] = set()
        left = [*letters]
        for _ in range(_VISIBILITY_ATTEMPTS):
            left = [letter for some in batched(left, _BATCH, strict=False) for letter in self._invisible(some, errors)]
        if left:
            log.warning(
                "dead_letters_out_of_sight", dead_letters=len(left), seconds=_HELD_SECONDS, errors=sorted(errors)
            )

    def _invisible(self, letters: Sequence[DeadLetter], errors: set[str]) -> Sequence[DeadLetter]:
        """Set ten at most to visible; gives those that are not, and adds why."""
        try:
            answer = self._client.change_message_visibility_batch(
                QueueUrl=self._dead_url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": letter.receipt_handle, "VisibilityTimeout": 0}
                    for number, letter in enumerate(letters)
                ],
            )
            done = {entry["Id"] for entry in answer.get("Successful", [])}
            for entry in answer.get("Failed", []):
                code = entry["Code"].removeprefix(_CODE_PREFIX)
                if code in _NOT_IN_FLIGHT:
                    done.add(entry["Id"])
                else:
                    errors.add(code)
        except FAILED_CALL as error:
            errors.add(error_name(error))
            return letters
        return [letter for number, letter in enumerate(letters) if str(number) not in done]

    def _arn(self, queue_url: str) -> str:
        answer = self._client.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
        return required_text(answer["Attributes"], "QueueArn")

    def _is_moving(self, source: str) -> bool:
        tasks = self._client.list_message_move_tasks(SourceArn=source, MaxResults=1).get("Results", [])
        return any(task.get("Status") == "RUNNING" for task in tasks)


def _dead_letter(message: "MessageTypeDef") -> DeadLetter:
    attributes, body = message["Attributes"], required_text(message, "Body")
    if message.get("MD5OfBody") not in (None, _md5(body)):
        raise MalformedAnswer("a body that does not match its digest")
    return DeadLetter(
        message_id=required_text(message, "MessageId"),
        receipt_handle=required_text(message, "ReceiptHandle"),
        body=body,
        receive_count=int(attributes["ApproximateReceiveCount"]),
        first_sent_at=datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, UTC),
    )


def _require_sent(answer: Mapping[str, Any], body: str) -> None:
    """Raises MalformedAnswer unless SQS says that it holds a message with this body."""
    required_text(answer, "MessageId")
    if required_text(answer, "MD5OfMessageBody") != _md5(body):
        raise MalformedAnswer("another body than was sent")


def _md5(body: str) -> str:
    """SQS's own digest of a message (Amazon SQS API Reference, SendMessage): it finds damage, it protects nothing."""
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


def _sqs_errors(doing: str) -> AbstractContextManager[None]:
    return raised_as(QueueUnavailable, "SQS", doing)


@contextmanager
def _ignored(codes: frozenset[str]) -> Iterator[None]:
    """Do nothing about these errors of SQS."""
    try:
        yield
    except ClientError as error:
        if error_name(error) not in codes:
            raise
