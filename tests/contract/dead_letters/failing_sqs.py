"""A boto3 SQS client in front of another one, in which any call can go wrong: the n-th call of an operation.

The client behind it is the emulator's (contract ring) or `ModelSqs`, a client of the in-memory queue (unit ring).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import md5
from typing import Any

from botocore.exceptions import ConnectionClosedError, EndpointConnectionError

from rawk.adapters.sqs.in_memory import InMemoryQueue, QueuedMessage


class Killed(BaseException):
    """The process ended here: no later call has an effect."""


class CallFailure(StrEnum):
    NONE = "none"
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"
    REFUSED = "refused"
    """No effect, an error."""
    LOST = "answer lost"
    """The effect, and an error."""
    HOLLOW = "answer without content"
    """SQS answers 200, the answer says nothing, and nothing happened. (What answers a deletion says nothing anyway.)"""
    PARTIAL = "half an answer"
    """A receive gives one message at most; a batch fails for its first entry."""
    REPEATED = "delivered again"
    """A receive also gives what the receive before it gave, although it is in flight or gone (at least once)."""


EVERY_FAILURE = [failure for failure in CallFailure if failure is not CallFailure.NONE]

METHODS = (
    "change_message_visibility_batch",
    "delete_message",
    "get_queue_attributes",
    "list_message_move_tasks",
    "receive_message",
    "send_message",
    "start_message_move_task",
)


@dataclass
class FailingSqs:
    """`failure` befalls the call with this number, from 1; with `short_receives`, each receive gives three at most."""

    inner: Any
    failure: CallFailure = CallFailure.NONE
    at_call: int = 0
    short_receives: bool = False
    calls: list[str] = field(default_factory=list)
    dead: bool = False
    _last_received: list[Any] = field(default_factory=list)

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method not in METHODS:
            raise AttributeError(method)
        return lambda **arguments: self._call(method, arguments)

    def _call(self, method: str, arguments: dict[str, Any]) -> Any:
        if self.dead:  # clean-up that a killed process would not run
            raise EndpointConnectionError(endpoint_url="http://sqs")
        self.calls.append(method)
        if self.short_receives and method == "receive_message":
            arguments["MaxNumberOfMessages"] = min(3, arguments["MaxNumberOfMessages"])
        if len(self.calls) != self.at_call:
            return self._effect(method, arguments)
        return self._failing_call(method, arguments)

    def _effect(self, method: str, arguments: dict[str, Any]) -> Any:
        answer = getattr(self.inner, method)(**arguments)
        if method == "receive_message":
            self._last_received = answer.get("Messages", []) or self._last_received
        return answer

    def _failing_call(self, method: str, arguments: dict[str, Any]) -> Any:
        match self.failure:
            case CallFailure.KILLED_BEFORE:
                self.dead = True
                raise Killed
            case CallFailure.KILLED_AFTER:
                self._effect(method, arguments)
                self.dead = True
                raise Killed
            case CallFailure.REFUSED:
                raise EndpointConnectionError(endpoint_url="http://sqs")
            case CallFailure.LOST:
                self._effect(method, arguments)
                raise ConnectionClosedError(endpoint_url="http://sqs")
            case CallFailure.HOLLOW if method != "delete_message":
                return {}
            case CallFailure.PARTIAL:
                return self._partial(method, arguments)
            case CallFailure.REPEATED if method == "receive_message":
                return self._repeated(arguments)
            case _:
                return self._effect(method, arguments)

    def _repeated(self, arguments: dict[str, Any]) -> Any:
        again = self._last_received[: arguments["MaxNumberOfMessages"]]
        room = arguments["MaxNumberOfMessages"] - len(again)
        answer = self._effect("receive_message", {**arguments, "MaxNumberOfMessages": room}) if room else {}
        fresh = answer.get("Messages", [])
        known = {message["MessageId"] for message in fresh}
        return {"Messages": [*(each for each in again if each["MessageId"] not in known), *fresh]}

    def _partial(self, method: str, arguments: dict[str, Any]) -> Any:
        if method == "receive_message":
            return self._effect(method, {**arguments, "MaxNumberOfMessages": 1})
        if "Entries" in arguments:
            first, *rest = arguments["Entries"]
            if rest:
                self._effect(method, {**arguments, "Entries": rest})
            return {"Failed": [{"Id": first["Id"], "SenderFault": False, "Code": "InternalError"}]}
        return self._effect(method, arguments)


class ModelSqs:
    """The calls of boto3's SQS client that `SqsDeadLetters` makes, on queues of the model; a URL is a queue's name."""

    def __init__(self, *queues: InMemoryQueue) -> None:
        self._queues = {queue.name: queue for queue in queues}

    def send_message(self, **request: Any) -> Any:
        body = request["MessageBody"]
        return {"MessageId": self._queue(request).send(body), "MD5OfMessageBody": md5(body.encode()).hexdigest()}

    def receive_message(self, **request: Any) -> Any:
        taken = self._queue(request).take(request["MaxNumberOfMessages"], request["VisibilityTimeout"])
        return {"Messages": [_message(message) for message in taken]} if taken else {}

    def delete_message(self, **request: Any) -> Any:
        self._queue(request).delete(request["ReceiptHandle"])
        return {}

    def change_message_visibility_batch(self, **request: Any) -> Any:
        for entry in request["Entries"]:
            self._queue(request).change_visibility(entry["ReceiptHandle"], entry["VisibilityTimeout"])
        return {"Successful": [{"Id": entry["Id"]} for entry in request["Entries"]]}

    def get_queue_attributes(self, **request: Any) -> Any:
        if request["AttributeNames"] == ["QueueArn"]:
            return {"Attributes": {"QueueArn": f"arn:{request['QueueUrl']}"}}
        counts = dict.fromkeys(request["AttributeNames"], "0")
        counts["ApproximateNumberOfMessages"] = str(len(self._queue(request).messages()))
        return {"Attributes": counts}

    def start_message_move_task(self, **request: Any) -> Any:
        source, target = (self._queues[request[end].removeprefix("arn:")] for end in ("SourceArn", "DestinationArn"))
        while taken := source.take(10, 60):
            for message in taken:
                target.send(message.body)
                source.delete(str(message.receipt_handle))
        return {"TaskHandle": "task"}

    def list_message_move_tasks(self, **_: Any) -> Any:
        return {"Results": []}

    def _queue(self, request: dict[str, Any]) -> InMemoryQueue:
        return self._queues[request["QueueUrl"]]


def _message(message: QueuedMessage) -> dict[str, Any]:
    return {
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt_handle,
        "Body": message.body,
        "Attributes": {
            "ApproximateReceiveCount": str(message.receive_count),
            "SentTimestamp": str(round(message.sent_at.timestamp() * 1000)),
        },
    }
