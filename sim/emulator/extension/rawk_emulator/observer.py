"""Writes down what happens inside LocalStack: each message's life, each invocation, each call on S3, each refusal.

The lines go straight into a run's journal (see sim/timeline.py), the file that `SIM_EVENTS_FILE` names; without it
nothing is observed. A line tells what it concerns by the resource's own name; readers know whose name that is.
Observing changes nothing and costs some ten microseconds an event: one dictionary, one append.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import functools
import json
import os
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from . import clock

EVENTS_VARIABLE = "SIM_EVENTS_FILE"
"""Names the file the events are appended to, a JSON object a line; unset or empty: no events."""

Moment = dict[str, str]

LONGEST_BODY_BYTES = 4096
"""Job messages are short; what is longer is not ours, and is not parsed to find out."""

_MEMORY_IN_KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

_ENDS = {"Sandbox.Timedout": "timeout", "Runtime.ExitError": "crash"}


class Events:
    """The open file. `write` may be called from any thread: an append is one system call, and never torn."""

    def __init__(self, path: str) -> None:
        self._handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        # This process may live in the world's time, and so every clock that tells a date. The file system does not.
        os.utime(self._handle)
        self._real_at_zero = os.fstat(self._handle).st_mtime - time.monotonic()

    def now(self) -> Moment:
        """The machine's time (`at`) and the world's (`world_at`)."""
        real_seconds = self._real_at_zero + time.monotonic()
        return {"at": _written(real_seconds), "world_at": _written(clock.now_seconds())}

    def write(self, kind: str, moment: Moment | None = None, **fields: object) -> None:
        """Append one event, as of now or of the moment given."""
        told = {name: value for name, value in fields.items() if value is not None and value != []}
        line = {**(moment or self.now()), "kind": kind, **told}
        os.write(self._handle, (json.dumps(line, default=str) + "\n").encode())


def _written(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def install() -> None:
    """Observe, if somebody wants to know. To be called after the other parts, whose ways are observed too."""
    path = os.environ.get(EVENTS_VARIABLE)
    if not path:
        return
    events = Events(path)
    _observe_queues(events)
    _observe_moves_back()
    _observe_functions(events)
    _observe_calls(events)


def _around(owner: Any, name: str, wrapper: Callable[..., Any]) -> None:
    """Put `wrapper(stock, *arguments)` in place of a method or function; `stock` is what was there."""
    stock = getattr(owner, name)

    @functools.wraps(stock)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        return wrapper(stock, *arguments, **named)

    setattr(owner, name, wrapped)


# ---- SQS: a message's life ----


class _Moves(threading.local):
    """What this thread is moving out of a dead-letter queue: the old id by the new one."""

    def __init__(self) -> None:
        self.old_ids: dict[str, str] = {}


_moves = _Moves()


def _observe_queues(events: Events) -> None:
    from localstack.config import INTERNAL_RESOURCE_ACCOUNT
    from localstack.services.sqs.models import SqsQueue, StandardQueue

    def tell(what: str, queue: Any, message: Any, moment: Moment | None = None, **more: object) -> None:
        if queue.account_id == INTERNAL_RESOURCE_ACCOUNT:  # Lambda's own queues of asynchronous invocations
            return
        events.write(
            "sqs",
            moment,
            what=what,
            queue=queue.name,
            message_id=message.message_id,
            memory_id=memory_id_in(message.message.get("Body")),
            receive_count=message.receive_count or None,
            **more,
        )

    def put(stock: Any, queue: Any, *arguments: Any, **named: Any) -> Any:
        moment = events.now()  # somebody may receive the message before `stock` returns
        message = stock(queue, *arguments, **named)
        if old_id := _moves.old_ids.pop(message.message_id, None):
            tell("moved_back", queue, message, moment, from_message_id=old_id)
        elif message.dead_letter_queue_source_arn:
            source = message.dead_letter_queue_source_arn.rpartition(":")[2]
            tell("dead_lettered", queue, message, moment, from_queue=source)
        else:
            tell("sent", queue, message, moment, delay_seconds=message.delay_seconds or None)
        return message

    def put_message(stock: Any, queue: Any, message: Any) -> Any:
        if message.receive_count:
            tell("visible_again", queue, message)
        elif message.delay_seconds:
            tell("delay_over", queue, message)
        return stock(queue, message)

    def receive(stock: Any, queue: Any, *arguments: Any, **named: Any) -> Any:
        result = stock(queue, *arguments, **named)
        for message in result.successful:
            # With no visibility timeout it was only looked at: nothing changed hands, and pollers look often.
            if message.visibility_timeout:
                tell("received", queue, message, visibility_timeout_seconds=message.visibility_timeout)
        return result

    def update_visibility(stock: Any, queue: Any, receipt_handle: str, seconds: int) -> Any:
        message = queue.receipts.get(receipt_handle)
        if message is not None and seconds:
            tell("put_off", queue, message, visibility_timeout_seconds=seconds)
        return stock(queue, receipt_handle, seconds)

    def remove(stock: Any, queue: Any, receipt_handle: str) -> Any:
        message = queue.receipts.get(receipt_handle)
        answer = stock(queue, receipt_handle)
        if message is not None and message.deleted:
            tell("deleted", queue, message)
        return answer

    def remove_expired(stock: Any, queue: Any) -> Any:
        waiting = list(queue.visible.queue)
        oldest_allowed = clock.now_seconds() - queue.message_retention_period
        may_have_expired = any(message.created <= oldest_allowed for message in waiting)
        answer = stock(queue)
        if may_have_expired:
            for message in set(waiting) - set(queue.visible.queue):
                tell("expired", queue, message)
        return answer

    def clear(stock: Any, queue: Any) -> Any:
        for message in [*queue.visible.queue, *queue.inflight, *queue.delayed]:
            tell("purged", queue, message)
        return stock(queue)

    _around(StandardQueue, "put", put)
    _around(StandardQueue, "_put_message", put_message)
    _around(StandardQueue, "receive", receive)
    _around(StandardQueue, "remove_expired_messages", remove_expired)
    _around(StandardQueue, "clear", clear)
    _around(SqsQueue, "update_visibility_timeout", update_visibility)
    _around(SqsQueue, "remove", remove)


def _observe_moves_back() -> None:
    """A message that SQS itself moves back gets a new id: remember whose it was."""
    from . import queues

    def as_new(stock: Any, message: Any) -> Any:
        fresh = stock(message)
        _moves.old_ids[fresh["MessageId"]] = message.message_id
        return fresh

    _around(queues, "as_new", as_new)


def memory_id_in(body: str | None) -> str | None:
    """The memory a job message is about; None when the message is not one of ours."""
    if not body or len(body) > LONGEST_BODY_BYTES or not body.lstrip().startswith("{"):
        return None
    try:
        memory_id = json.loads(body).get("memory_id")
    except ValueError:
        return None
    return memory_id if isinstance(memory_id, str) else None


# ---- Lambda: each invocation ----


def _observe_functions(events: Events) -> None:
    from localstack.aws.api import ServiceException

    from .sandbox import Sandbox
    from .sqs_mapping import FunctionEnd

    def run(stock: Any, sandbox: Any, invocation: Any) -> Any:
        worker = sandbox._worker
        cold = worker is None or not worker.is_alive
        about = {"function": sandbox.function_name, "request_id": invocation.request_id}
        messages, memories = jobs_in(invocation.payload)
        events.write("lambda", what="started", **about, cold=cold, message_ids=messages, memory_ids=memories)
        outcome = stock(sandbox, invocation)
        end, returned = end_of(outcome)
        events.write(
            "lambda",
            what="ended",
            **about,
            outcome=end,
            error=error_in(outcome),
            returned_message_ids=returned,
            message_ids=messages,
            memory_ids=memories,
        )
        return outcome

    def invoke(stock: Any, function: Any, event: Any) -> Any:
        try:
            return stock(function, event)
        except ServiceException as error:
            messages, memories = jobs_in(event)
            why = getattr(error, "code", type(error).__name__)
            about = {"function": function._name, "error": why, "message_ids": messages, "memory_ids": memories}
            events.write("lambda", what="refused", **about)
            raise

    _around(Sandbox, "run", run)
    _around(FunctionEnd, "invoke", invoke)


def jobs_in(payload: Any) -> tuple[list[str], list[str]]:
    """The ids of the messages that an SQS event brings, and of the memories those are about."""
    event = _parsed(payload) if isinstance(payload, bytes | str) else payload
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list):
        return [], []
    ours = [record for record in records if isinstance(record, dict) and "messageId" in record]
    memories = (memory_id_in(record.get("body")) for record in ours)
    return [record["messageId"] for record in ours], [memory_id for memory_id in memories if memory_id]


def end_of(outcome: Any) -> tuple[str, list[str]]:
    """How an invocation ended (`ok`, `returned`, `error`, `timeout`, `crash`) and the messages it gave back."""
    answer = _parsed(outcome.payload)
    if outcome.is_error:
        kind = answer.get("errorType") if isinstance(answer, dict) else None
        return _ENDS.get(str(kind), "error"), []
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    returned = [str(each.get("itemIdentifier")) for each in failures or [] if isinstance(each, dict)]
    return ("returned" if returned else "ok"), returned


def error_in(outcome: Any) -> str | None:
    """What a failed invocation said, on one line; None when it did not fail."""
    if not outcome.is_error:
        return None
    answer = _parsed(outcome.payload)
    if not isinstance(answer, dict):
        return None
    return " ".join(f"{answer.get('errorType', '')}: {answer.get('errorMessage', '')}".split())[:300]


def _parsed(payload: Any) -> Any:
    try:
        return json.loads(payload or b"null")
    except ValueError:
        return None


# ---- S3, and whatever AWS refused ----

_S3_WHAT = {
    "PutObject": "put",
    "PostObject": "put",
    "CompleteMultipartUpload": "put",
    "GetObject": "get",
    "DeleteObject": "delete",
}


def _observe_calls(events: Events) -> None:
    from localstack.aws import handlers
    from localstack.config import INTERNAL_RESOURCE_ACCOUNT

    def after(_: Any, context: Any, response: Any) -> None:
        if context.service is None or context.operation is None:
            return
        if context.is_internal_call or context.account_id == INTERNAL_RESOURCE_ACCOUNT:
            return
        service, operation = context.service.service_name, context.operation.name
        what = _S3_WHAT.get(operation) if service == "s3" else None
        if what is None and response.status_code < 400:
            return
        request = context.service_request or {}
        key = request.get("Key")
        memory = _MEMORY_IN_KEY.search(key) if isinstance(key, str) else None
        events.write(
            "aws",
            service=service,
            operation=operation,
            what=what,
            status_code=response.status_code,
            error=_error_code(context),
            resource=_resource_in(request),
            key=key,
            memory_id=memory[0] if memory else memory_id_in(request.get("MessageBody")),
        )

    handlers.run_custom_response_handlers.append(after)


def _error_code(context: Any) -> str | None:
    error = getattr(context, "service_exception", None)
    return None if error is None else str(getattr(error, "code", type(error).__name__))


def _resource_in(request: Any) -> str | None:
    """The name of the bucket, queue or function that a call was about."""
    for field in ("Bucket", "FunctionName", "QueueName"):
        if isinstance(request.get(field), str):
            return str(request[field]).rpartition(":")[2]
    address = request.get("QueueUrl")
    return address.rpartition("/")[2] if isinstance(address, str) else None
