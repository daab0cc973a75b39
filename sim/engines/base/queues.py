"""The jobs queue and the dead-letter queue of a pipeline, read and written by the harness."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from sim.provisioning.pipeline import Pipeline


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
        """The bodies of all dead letters; they stay in the queue."""
        bodies: dict[str, str] = {}
        while len(bodies) < self.dead_letters().total:
            # A long poll: a short one asks some of SQS's servers only, and finds some of the messages only.
            batch = self._sqs.receive_message(
                QueueUrl=self._dead_letters_url, MaxNumberOfMessages=10, VisibilityTimeout=0, WaitTimeSeconds=1
            ).get("Messages", [])
            fresh = {each["MessageId"]: each["Body"] for each in batch}
            if not fresh.keys() - bodies.keys():
                break
            bodies |= fresh
        return list(bodies.values())

    def _depth(self, url: str) -> Depth:
        counts = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return Depth(
            visible=int(counts["ApproximateNumberOfMessages"]),
            in_flight=int(counts["ApproximateNumberOfMessagesNotVisible"]),
            delayed=int(counts["ApproximateNumberOfMessagesDelayed"]),
        )
