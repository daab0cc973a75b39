"""The jobs queue and the dead-letter queue of a pipeline, read and written by the harness."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

    from sim.provisioning.pipeline import Pipeline

RECEIVED_AT_ONCE = 10
HIDDEN_SECONDS = 60


@dataclass(frozen=True)
class Depth:
    """How many messages a queue holds, by state."""

    visible: int
    in_flight: int
    delayed: int

    @property
    def total(self) -> int:
        return self.visible + self.in_flight + self.delayed


class Queues:
    def __init__(self, sqs: "SQSClient", pipeline: "Pipeline") -> None:
        self._sqs = sqs
        self._jobs_url = pipeline.jobs_queue_url
        self._dead_letters_url = pipeline.dead_letter_queue_url

    def jobs(self) -> Depth:
        return self._depth(self._jobs_url)

    def dead_letters(self) -> Depth:
        return self._depth(self._dead_letters_url)

    def send(self, body: str) -> str:
        """Send a body to the jobs queue unchanged; returns the message id."""
        return self._sqs.send_message(QueueUrl=self._jobs_url, MessageBody=body)["MessageId"]

    def dead_letter_bodies(self) -> list[str]:
        """The bodies of all dead letters; they stay in the queue.

        More than one receive gives are hidden meanwhile: of visible ones SQS may give the same again.
        """
        hidden_seconds = HIDDEN_SECONDS if self.dead_letters().total > RECEIVED_AT_ONCE else 0
        found: dict[str, MessageTypeDef] = {}
        try:
            while len(found) < self.dead_letters().total:
                # A long poll: a short one asks some of SQS's servers only, and finds some of the messages only.
                batch = self._sqs.receive_message(
                    QueueUrl=self._dead_letters_url,
                    MaxNumberOfMessages=RECEIVED_AT_ONCE,
                    VisibilityTimeout=hidden_seconds,
                    WaitTimeSeconds=1,
                ).get("Messages", [])
                fresh = {each["MessageId"]: each for each in batch if each["MessageId"] not in found}
                if not fresh:
                    break
                found |= fresh
        finally:
            for each in found.values() if hidden_seconds else ():
                self._sqs.change_message_visibility(
                    QueueUrl=self._dead_letters_url, ReceiptHandle=each["ReceiptHandle"], VisibilityTimeout=0
                )
        return [each["Body"] for each in found.values()]

    def _depth(self, url: str) -> Depth:
        counts = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return Depth(
            visible=int(counts["ApproximateNumberOfMessages"]),
            in_flight=int(counts["ApproximateNumberOfMessagesNotVisible"]),
            delayed=int(counts["ApproximateNumberOfMessagesDelayed"]),
        )
