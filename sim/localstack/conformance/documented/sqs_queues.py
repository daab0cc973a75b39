"""Queues: what CreateQueue and SetQueueAttributes accept."""

import json

from sim.localstack.conformance.documented.registry import Checks
from sim.localstack.conformance.target import Target

SQS = Checks("SQS", "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/")


def _declare_attribute_range(name: str, low: int, high: int) -> None:
    def create(value: str, target: Target) -> None:
        url = target.sqs.create_queue(QueueName=target.new_name(), Attributes={name: value})["QueueUrl"]
        target.sqs.delete_queue(QueueUrl=url)

    def set_on_existing(value: str, target: Target) -> None:
        with target.queue() as (url, _):
            target.sqs.set_queue_attributes(QueueUrl=url, Attributes={name: value})

    for operation, call in (("CreateQueue", create), ("SetQueueAttributes", set_on_existing)):
        for value in (str(low), str(high)):
            SQS.accepts(
                f"{operation} with {name}={json.dumps(value)}",
                f"API_{operation}.html",
                lambda target, call=call, value=value: call(value, target),  # type: ignore[misc]
            )


_declare_attribute_range("MessageRetentionPeriod", 60, 1_209_600)
