"""Records what happens inside LocalStack: messages, invocations, objects and calls of S3, refused calls.

The lines are appended to a run's journal (sim/journal/journal.py), the file that `SIM_EVENTS_FILE` names; without it
nothing is observed. A line names its resource by the resource's own name; readers know which pipeline that belongs to.
Observing changes nothing and costs some ten microseconds an event: one dictionary, one append.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import json
import os
from typing import Any

from .event_log import Events, memory_id_in, memory_id_in_key, patch_method

EVENTS_VARIABLE = "SIM_EVENTS_FILE"
"""Names the file that events are appended to, one JSON object a line; unset or empty: no events."""

_OUTCOMES = {"ExecutionEnvironment.Timedout": "timeout", "Runtime.ExitError": "crash", "Runtime.OutOfMemory": "crash"}


def install() -> None:
    """Observe, if a file is named. To be called after the other features, which are observed too."""
    path = os.environ.get(EVENTS_VARIABLE)
    if not path:
        return
    events = Events(path)
    from ..s3 import observed_objects
    from ..sqs import observed_queues

    observed_queues.observe(events)
    observed_objects.observe(events)
    _observe_functions(events)
    _observe_calls(events)


# ---- Lambda: each invocation ----


def _observe_functions(events: Events) -> None:
    from ..lambda_.execution_environment import ExecutionEnvironment
    from ..lambda_.sqs_mapping import MappedFunction

    def run(stock: Any, environment: Any, invocation: Any) -> Any:
        worker = environment._worker
        cold = worker is None or not worker.is_alive
        about = {"function": environment.function_name, "request_id": invocation.request_id}
        messages, memories = jobs_in(invocation.payload)
        events.write("lambda", event="started", **about, cold_start=cold, message_ids=messages, memory_ids=memories)
        outcome = stock(environment, invocation)
        end, returned = end_of(outcome)
        events.write(
            "lambda",
            event="ended",
            **about,
            outcome=end,
            error=error_in(outcome),
            failed_message_ids=returned,
            message_ids=messages,
            memory_ids=memories,
        )
        return outcome

    def refused(stock: Any, function: Any, event: Any, error: Exception) -> None:
        messages, memories = jobs_in(event)
        why = getattr(error, "code", type(error).__name__)
        about = {"function": function.name, "error_code": why, "message_ids": messages, "memory_ids": memories}
        events.write("lambda", event="rejected", **about)
        stock(function, event, error)

    patch_method(ExecutionEnvironment, "run", run)
    patch_method(MappedFunction, "refused", refused)


def jobs_in(payload: Any) -> tuple[list[str], list[str]]:
    """The ids of the messages in an SQS event, and of the memories that they are about."""
    event = _parsed(payload) if isinstance(payload, bytes | str) else payload
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list):
        return [], []
    ours = [record for record in records if isinstance(record, dict) and "messageId" in record]
    memories = (memory_id_in(record.get("body")) for record in ours)
    return [record["messageId"] for record in ours], [memory_id for memory_id in memories if memory_id]


def end_of(outcome: Any) -> tuple[str, list[str]]:
    """The outcome of an invocation and the ids of its batch item failures.

    Outcomes are `success`, `batch_item_failures`, `error`, `timeout` and `crash`.
    """
    answer = _parsed(outcome.payload)
    if outcome.is_error:
        kind = answer.get("errorType") if isinstance(answer, dict) else None
        return _OUTCOMES.get(str(kind), "error"), []
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    returned = [str(each.get("itemIdentifier")) for each in failures or [] if isinstance(each, dict)]
    return ("batch_item_failures" if returned else "success"), returned


def error_in(outcome: Any) -> str | None:
    """The error of a failed invocation, on one line; None when it did not fail."""
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


# ---- S3's objects, and every call that AWS refused ----

_OBJECT_OPERATIONS = {
    "PutObject",
    "PostObject",
    "CompleteMultipartUpload",
    "CopyObject",
    "GetObject",
    "DeleteObject",
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
        is_about_object = service == "s3" and operation in _OBJECT_OPERATIONS
        if not is_about_object and response.status_code < 400:
            return
        request = context.service_request or {}
        key = request.get("Key")
        events.write(
            "aws_call",
            service=service,
            operation=operation,
            status_code=response.status_code,
            error_code=_error_code(context),
            resource=_resource_in(request),
            key=key,
            memory_id=memory_id_in_key(key) or memory_id_in(request.get("MessageBody")),
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
