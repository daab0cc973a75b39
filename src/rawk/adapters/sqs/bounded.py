"""The jobs queue of the API: a client does not wait for SQS, because the outbox holds the job."""

from typing import TYPE_CHECKING

from rawk.adapters.bounded_calls import BoundedCalls, CallNotAnswered
from rawk.adapters.sqs.queue import SqsJobQueue
from rawk.domain.errors import QueueUnavailable
from rawk.domain.messages import Job

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class BoundedJobQueue(SqsJobQueue):
    """`ports.JobQueue` whose sends are bounded in time (`BoundedCalls`).

    A send that was not answered in time may still take effect; the relay then sends the job again, which is harmless.
    """

    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        super().__init__(client, queue_url)
        self._sends = BoundedCalls("send")

    def send(self, job: Job) -> None:
        try:
            self._sends.run(super().send, job)
        except CallNotAnswered as error:
            raise QueueUnavailable(f"SQS could not send a job: {error}") from error

    def close(self) -> None:
        self._sends.close()
