"""SQS events as Lambda passes them to a worker (Lambda Developer Guide, "Using Lambda with Amazon SQS")."""

from dataclasses import dataclass
from typing import Any

from rawk.ports import Delivery

QUEUE_ARN = "arn:aws:sqs:us-east-1:123456789012:rawk-jobs"


def record(delivery: Delivery) -> dict[str, Any]:
    return {
        "messageId": delivery.message_id,
        "receiptHandle": delivery.receipt_handle,
        "body": delivery.body,
        "attributes": {
            "ApproximateReceiveCount": str(delivery.receive_count),
            "SentTimestamp": "1795176000000",
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": "1795176000001",
        },
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": QUEUE_ARN,
        "awsRegion": "us-east-1",
    }


def event(*deliveries: Delivery) -> dict[str, Any]:
    return {"Records": [record(delivery) for delivery in deliveries]}


def failures(response: Any) -> list[str]:
    """The message ids that SQS must keep."""
    return [item["itemIdentifier"] for item in response["batchItemFailures"]]


@dataclass
class Context:
    remaining_milliseconds: int = 300_000
    aws_request_id: str = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_milliseconds
