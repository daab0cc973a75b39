"""Checks of SQS event source mappings: retries, bodies, parallel batches, and what AWS refuses."""

from sim.localstack.conformance.listener import Listener
from sim.localstack.conformance.target import (
    EXACT_BODY,
    MEET,
    RETURN_ONCE,
    NotConformant,
    Target,
    expect_refusal,
)

SHORT_SECONDS = 2
PARALLEL = 2


def partial_batch_responses(target: Target) -> None:
    """A message that a function returns in `batchItemFailures` is delivered again, with a receive count of 2."""
    with target.mapped_queue(visibility_seconds=SHORT_SECONDS, timeout_seconds=SHORT_SECONDS) as (_, url):
        target.sqs.send_message(QueueUrl=url, MessageBody=RETURN_ONCE)
        if not target.wait_until(lambda: target.is_empty(url)):
            raise NotConformant(
                "a message that a function returned in batchItemFailures was not delivered again with receive count 2"
            )


def exact_bodies(target: Target) -> None:
    """Functions get message bodies byte for byte."""
    with target.mapped_queue() as (_, url):
        target.sqs.send_message(QueueUrl=url, MessageBody=EXACT_BODY)
        if not target.wait_until(lambda: target.is_empty(url)):
            raise NotConformant("a function did not get a message's body as it was sent")


def parallel_batches(target: Target) -> None:
    """Two batches of one mapping run at the same time: both functions hold a connection to this process."""
    with target.mapped_queue() as (_, url), Listener() as listener:  # functions are released first
        host, port = listener.address
        for _ in range(PARALLEL):
            target.sqs.send_message(QueueUrl=url, MessageBody=f"{MEET} {host} {port}")
        if not listener.wait_for(PARALLEL, target.limit):
            if not listener.connections:
                raise NotConformant("no batch of a mapping reached this machine")
            raise NotConformant("a mapping processed one batch after the other")


def mapping_validation(target: Target) -> None:
    """A mapping whose queue's visibility timeout is below its function's timeout is refused."""
    with target.function() as function, target.queue(visibility_seconds=5) as (_, arn):

        def create() -> None:
            mapping = target.lambda_.create_event_source_mapping(EventSourceArn=arn, FunctionName=function)
            target.lambda_.delete_event_source_mapping(UUID=mapping["UUID"])

        expect_refusal(
            "InvalidParameterValueException",
            "a mapping whose queue's visibility timeout is below its function's timeout",
            create,
        )
