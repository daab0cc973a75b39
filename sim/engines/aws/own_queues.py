"""The queues of a deployed pipeline, which all scenarios share, perhaps with other users."""

from datetime import timedelta
from functools import partial
from typing import Any

from sim.app import APP
from sim.clock.clocks import RealClock
from sim.engines.base.queues import Depth, Queues
from sim.provisioning.pipeline import Pipeline

RECEIVED_AT_ONCE = 10
CLEANING = timedelta(seconds=30)


class ForeignState(Exception):
    """The deployed pipeline holds something that is not the harness's to remove; the text says what."""


class OwnQueues(Queues):
    """Remembers the bodies that the harness sent past the API, to distinguish its messages from those of others."""

    def __init__(self, sqs: Any, pipeline: Pipeline) -> None:
        super().__init__(sqs, pipeline)
        self._client = sqs
        self._urls = (pipeline.jobs_queue_url, pipeline.dead_letter_queue_url)
        self._sent: set[str] = set()

    def send(self, body: str) -> str:
        self._sent.add(body)
        return super().send(body)

    def require_empty(self) -> None:
        """Raises ForeignState."""
        for name, depth in {"jobs queue": self.jobs(), "dead-letter queue": self.dead_letters()}.items():
            if depth != Depth(0, 0, 0):
                raise ForeignState(
                    f"the {name} holds {depth.total} messages that are not ours, or in flight since an earlier "
                    "scenario: no scenario could be judged"
                )

    def remove_own(self, memory_ids: set[str]) -> None:
        """Delete messages that the harness sent or that are about these memories; make all others visible again."""
        for url in self._urls:
            others: list[str] = []
            RealClock().wait_until(partial(self._none_left, url, memory_ids, others), CLEANING)
            for handle in others:
                self._client.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)

    def _none_left(self, url: str, memory_ids: set[str], others: list[str]) -> bool:
        """Receive once. Messages of others stay hidden meanwhile, because each receive counts against them."""
        hidden_seconds = int(CLEANING.total_seconds())
        found = self._client.receive_message(
            QueueUrl=url, MaxNumberOfMessages=RECEIVED_AT_ONCE, VisibilityTimeout=hidden_seconds, WaitTimeSeconds=1
        ).get("Messages", [])
        for each in found:
            if each["Body"] in self._sent or APP.subject_of(each["Body"]) in memory_ids:
                self._client.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
            else:
                others.append(each["ReceiptHandle"])
        return not found
