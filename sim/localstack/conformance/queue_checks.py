"""Checks of queues: one message is sent, received, failed, dead-lettered, redriven, and received again as new.

They take a tenth of a second on our LocalStack.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sim.localstack.conformance.target import NotConformant, Target

LIMIT_SECONDS = 10.0
POLL_SECONDS = 0.02

BODY = ' {"looks": "like JSON", "number": 1.0}  \u00fc\U0001f600\t'
"""Must arrive byte for byte: the blanks, the `1.0`, the characters outside ASCII."""


def dead_letter_queue(target: Target) -> None:
    """Visibility, receive counts, bodies, and the move to the dead-letter queue. Raises NotConformant."""
    with _queue_with_dead_letters(target.sqs, target.new_name()) as (jobs, dead_letters, _):
        _expect_dead_letter(target.sqs, jobs, dead_letters)


def redrive(target: Target) -> None:
    """The same, and then the message is redriven by StartMessageMoveTask. Raises NotConformant."""
    with _queue_with_dead_letters(target.sqs, target.new_name()) as (jobs, dead_letters, dead_letters_arn):
        sent_id = _expect_dead_letter(target.sqs, jobs, dead_letters)
        _expect_redrive(target.sqs, jobs, dead_letters_arn, sent_id)


@contextmanager
def _queue_with_dead_letters(sqs: Any, name: str) -> Iterator[tuple[str, str, str]]:
    """URLs of a queue and of its dead-letter queue, and the latter's ARN."""
    dead_letters = sqs.create_queue(QueueName=f"{name}-dlq")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead_letters, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "1"})
    jobs = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "0", "RedrivePolicy": policy})["QueueUrl"]
    try:
        yield jobs, dead_letters, arn
    finally:
        sqs.delete_queue(QueueUrl=jobs)
        sqs.delete_queue(QueueUrl=dead_letters)


def _expect_dead_letter(sqs: Any, jobs: str, dead_letters: str) -> str:
    sent_id: str = sqs.send_message(QueueUrl=jobs, MessageBody=BODY)["MessageId"]
    first = _receive(sqs, jobs, "a message that was sent")
    _expect("the body of a received message", first["Body"], BODY)
    _expect("the receive count of a first receive", first["Attributes"]["ApproximateReceiveCount"], "1")
    beyond_maximum = sqs.receive_message(QueueUrl=jobs).get("Messages")
    _expect("what a receive beyond the maximum receive count returns", beyond_maximum, None)
    dead = _receive(sqs, dead_letters, "the dead letter", visibility_seconds=0)
    _expect("the body of a dead letter", dead["Body"], BODY)
    _expect("the id of a dead letter", dead["MessageId"], sent_id)
    return sent_id


def _expect_redrive(sqs: Any, jobs: str, dead_letters_arn: str, sent_id: str) -> None:
    sqs.start_message_move_task(SourceArn=dead_letters_arn)
    redriven = _receive(sqs, jobs, "the redriven message", visibility_seconds=30)
    _expect("the body of a redriven message", redriven["Body"], BODY)
    _expect("the receive count of a redriven message", redriven["Attributes"]["ApproximateReceiveCount"], "1")
    if redriven["MessageId"] == sent_id:
        raise NotConformant("SQS differs from AWS: a redriven message kept its id")


def _receive(sqs: Any, queue_url: str, what: str, visibility_seconds: int = 0) -> dict[str, Any]:
    give_up_at = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < give_up_at:
        answer = sqs.receive_message(
            QueueUrl=queue_url, MessageSystemAttributeNames=["All"], VisibilityTimeout=visibility_seconds
        )
        if messages := answer.get("Messages"):
            message: dict[str, Any] = messages[0]
            return message
        time.sleep(POLL_SECONDS)
    raise NotConformant(f"SQS did not deliver {what} within {LIMIT_SECONDS:g} s")


def _expect(what: str, seen: object, expected: object) -> None:
    if seen != expected:
        raise NotConformant(f"SQS differs from AWS: {what} is {seen!r}, not {expected!r}")
