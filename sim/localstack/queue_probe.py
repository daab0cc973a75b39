"""Proves at the start of a world that its queues keep AWS's promises: a scenario is only as good as what is under it.

One message is sent, received, failed, expected in the dead-letter queue, redriven, and received again as new. Takes a
tenth of a second on the embedded engine.
"""

import json
import time
import uuid
from typing import Any

LIMIT_SECONDS = 10.0
POLL_SECONDS = 0.02

BODY = ' {"looks": "like JSON", "number": 1.0}  \u00fc\U0001f600\t'
"""Must come through byte for byte: the blanks, the `1.0`, the letters outside ASCII."""


class NotConformant(Exception):
    """The emulator does not keep one of SQS's promises; the text says which."""


def probe_queues(sqs: Any, *, prefix: str = "probe-", redrive: bool = True) -> None:
    """Run the proof with an SQS client, on queues of its own, on request without the redrive. Raises NotConformant."""
    name = f"{prefix}{uuid.uuid4().hex[:12]}"
    dead_letters = sqs.create_queue(QueueName=f"{name}-dlq")["QueueUrl"]
    dead_letters_arn = _arn(sqs, dead_letters)
    policy = json.dumps({"deadLetterTargetArn": dead_letters_arn, "maxReceiveCount": "1"})
    jobs = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "0", "RedrivePolicy": policy})["QueueUrl"]
    try:
        sent_id = _expect_dead_letter(sqs, jobs, dead_letters)
        if redrive:
            _expect_redrive(sqs, jobs, dead_letters_arn, sent_id)
    finally:
        sqs.delete_queue(QueueUrl=jobs)
        sqs.delete_queue(QueueUrl=dead_letters)


def _expect_dead_letter(sqs: Any, jobs: str, dead_letters: str) -> str:
    sent_id: str = sqs.send_message(QueueUrl=jobs, MessageBody=BODY)["MessageId"]
    first = _receive(sqs, jobs, "a message that was sent")
    _expect("a body comes through byte for byte", first["Body"], BODY)
    _expect("a first receive counts 1", first["Attributes"]["ApproximateReceiveCount"], "1")
    _expect(
        "a message received once too often is not delivered", sqs.receive_message(QueueUrl=jobs).get("Messages"), None
    )
    dead = _receive(sqs, dead_letters, "the dead letter", visibility_seconds=0)
    _expect("a dead letter keeps its body", dead["Body"], BODY)
    _expect("a dead letter keeps its id", dead["MessageId"], sent_id)
    return sent_id


def _expect_redrive(sqs: Any, jobs: str, dead_letters_arn: str, sent_id: str) -> None:
    sqs.start_message_move_task(SourceArn=dead_letters_arn)
    again = _receive(sqs, jobs, "the redriven message", visibility_seconds=30)
    _expect("a redriven message keeps its body", again["Body"], BODY)
    _expect("a redriven message counts from 1", again["Attributes"]["ApproximateReceiveCount"], "1")
    if again["MessageId"] == sent_id:
        raise NotConformant("SQS of this world gives a redriven message its old id.")


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
    raise NotConformant(f"SQS of this world did not deliver {what} within {LIMIT_SECONDS:g} s.")


def _expect(promise: str, seen: object, wanted: object) -> None:
    if seen != wanted:
        raise NotConformant(f"SQS of this world breaks a promise: {promise} (wanted {wanted!r}, saw {seen!r}).")


def _arn(sqs: Any, queue_url: str) -> str:
    arn: str = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return arn
