"""Mappings of SQS queues: what CreateEventSourceMapping and UpdateEventSourceMapping accept."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from botocore.exceptions import ClientError

from sim.localstack.conformance.documented.lambda_.fixtures import API, GUIDE, Call, function
from sim.localstack.conformance.documented.registry import Checks, expect, expect_error
from sim.localstack.conformance.target import NotConformant, Target

MAPPINGS = Checks("Lambda", API)

CREATION, UPDATE = "API_CreateEventSourceMapping.html", "API_UpdateEventSourceMapping.html"
INVALID = "InvalidParameterValueException"
VALIDATION = "ValidationException"


@contextmanager
def _queue(target: Target, *, fifo: bool = False) -> Iterator[str]:
    name = target.new_name() + (".fifo" if fifo else "")
    attributes = {"VisibilityTimeout": "60", **({"FifoQueue": "true"} if fifo else {})}
    url = target.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    try:
        yield target.arn_of(url)
    finally:
        target.sqs.delete_queue(QueueUrl=url)


@contextmanager
def _mapping(target: Target, *, fifo: bool = False, **settings: Any) -> Iterator[str]:
    """The id of a mapping that is in its lasting state."""
    with _queue(target, fifo=fifo) as arn, function(target) as name:
        uuid = target.lambda_.create_event_source_mapping(EventSourceArn=arn, FunctionName=name, **settings)["UUID"]
        try:
            if not target.wait_until(lambda: _state(target, uuid) in ("Enabled", "Disabled")):
                raise NotConformant("no mapping is enabled")
            yield uuid
        finally:
            with suppress(ClientError):
                target.lambda_.delete_event_source_mapping(UUID=uuid)


def _state(target: Target, uuid: str) -> str:
    return str(target.lambda_.get_event_source_mapping(UUID=uuid)["State"])


def creating(*, fifo: bool = False, **settings: Any) -> Call:
    def call(target: Target) -> None:
        with _mapping(target, fifo=fifo, **settings):
            pass

    return call


def updating(**settings: Any) -> Call:
    def call(target: Target) -> None:
        with _mapping(target) as uuid:
            target.lambda_.update_event_source_mapping(UUID=uuid, **settings)

    return call


def _pollers(fewest: int, most: int) -> dict[str, Any]:
    return {"ProvisionedPollerConfig": {"MinimumPollers": fewest, "MaximumPollers": most}}


BOTH: tuple[tuple[str, dict[str, Any]], ...] = (
    (VALIDATION, {"BatchSize": 0}),
    (VALIDATION, {"BatchSize": 10_001}),
    (INVALID, {"BatchSize": 11}),
    (VALIDATION, {"MaximumBatchingWindowInSeconds": -1}),
    (VALIDATION, {"MaximumBatchingWindowInSeconds": 301}),
    (VALIDATION, {"ScalingConfig": {"MaximumConcurrency": 1}}),
    (VALIDATION, {"ScalingConfig": {"MaximumConcurrency": 1_001}}),
    (VALIDATION, {"FunctionResponseTypes": ["ReportEverything"]}),
    (INVALID, {"FilterCriteria": {"Filters": [{"Pattern": "no json"}]}}),
    (VALIDATION, {"FilterCriteria": {"Filters": [{"Pattern": json.dumps({"body": ["x" * 4_096]})}]}}),
    (VALIDATION, {"ParallelizationFactor": 11}),
    (INVALID, {"ParallelizationFactor": 2}),
    (INVALID, {"BisectBatchOnFunctionError": True}),
    (INVALID, {"MaximumRecordAgeInSeconds": 60}),
    (INVALID, {"MaximumRetryAttempts": 2}),
    (INVALID, {"TumblingWindowInSeconds": 30}),
    (INVALID, {"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:123456789012:failed"}}}),
    (INVALID, _pollers(1, 10)),
    (VALIDATION, _pollers(201, 300)),
    (VALIDATION, _pollers(2, 2_001)),
    (INVALID, _pollers(20, 10)),
    (INVALID, {**_pollers(2, 10), "ScalingConfig": {"MaximumConcurrency": 5}}),
)

ONLY_CREATION: tuple[tuple[str, dict[str, Any]], ...] = (
    (INVALID, {"StartingPosition": "LATEST"}),
    (INVALID, {"StartingPosition": "TRIM_HORIZON"}),
    (INVALID, {"Topics": ["topic"]}),
    (INVALID, {"Queues": ["queue"]}),
)

ACCEPTED: tuple[dict[str, Any], ...] = (
    {"BatchSize": 1},
    {"BatchSize": 10},
    {"BatchSize": 10_000, "MaximumBatchingWindowInSeconds": 300},
    {"ScalingConfig": {"MaximumConcurrency": 2}},
    {"ScalingConfig": {"MaximumConcurrency": 1_000}},
    {"FunctionResponseTypes": ["ReportBatchItemFailures"]},
    {"FilterCriteria": {"Filters": [{"Pattern": '{"body": {"kind": ["a"]}}'}]}},
    _pollers(2, 2_000),
)


def _declare() -> None:
    for operation, page, call_with in (
        ("CreateEventSourceMapping", CREATION, creating),
        ("UpdateEventSourceMapping", UPDATE, updating),
    ):
        for code, settings in (*BOTH, *(ONLY_CREATION if call_with is creating else ())):
            MAPPINGS.refuses(code, f"{operation} of a queue with {_short(settings)}", page, call_with(**settings))
        for settings in ACCEPTED:
            MAPPINGS.accepts(f"{operation} of a queue with {_short(settings)}", page, call_with(**settings))
    for settings in ({"MaximumBatchingWindowInSeconds": 1}, {"BatchSize": 11}):
        what = f"CreateEventSourceMapping of a FIFO queue with {_short(settings)}"
        MAPPINGS.refuses(INVALID, what, f"{GUIDE}services-sqs-configure.html", creating(fifo=True, **settings))


def _short(settings: dict[str, Any]) -> str:
    text = ", ".join(f"{name}={json.dumps(value)}" for name, value in settings.items())
    return text if len(text) <= 110 else f"{text[:70]}… ({len(text)} characters)"


_declare()


@MAPPINGS.check("A queue that does not exist cannot be mapped", CREATION)
def missing_queue(target: Target) -> None:
    arn = f"arn:aws:sqs:us-east-1:{target.account}:{target.new_name()}"
    with function(target) as name:
        expect_error(INVALID, lambda: target.lambda_.create_event_source_mapping(EventSourceArn=arn, FunctionName=name))


@MAPPINGS.check("A function that does not exist cannot be mapped", CREATION)
def missing_function(target: Target) -> None:
    with _queue(target) as arn:
        name = target.new_name()
        expect_error(INVALID, lambda: target.lambda_.create_event_source_mapping(EventSourceArn=arn, FunctionName=name))


@MAPPINGS.check("A second mapping of a queue to the same function is refused: ResourceConflictException", CREATION)
def second_mapping(target: Target) -> None:
    with _mapping(target) as uuid:
        mapping = target.lambda_.get_event_source_mapping(UUID=uuid)
        same = {"EventSourceArn": mapping["EventSourceArn"], "FunctionName": mapping["FunctionArn"]}
        expect_error("ResourceConflictException", lambda: target.lambda_.create_event_source_mapping(**same))


@MAPPINGS.check("A mapping that is disabled says Disabling, then Disabled", UPDATE)
def disabling(target: Target) -> None:
    with _mapping(target) as uuid:
        answer = target.lambda_.update_event_source_mapping(UUID=uuid, Enabled=False)
        expect("the state at once", answer["State"], "Disabling")
        if not target.wait_until(lambda: _state(target, uuid) == "Disabled"):
            raise NotConformant(f"the state stays {_state(target, uuid)}")


def _declare_missing() -> None:
    for operation in ("get_event_source_mapping", "update_event_source_mapping", "delete_event_source_mapping"):
        name = "".join(word.capitalize() for word in operation.split("_"))

        def call(target: Target, operation: str = operation) -> None:
            getattr(target.lambda_, operation)(UUID="14e0db71-0000-4000-8000-000000000000")

        what = f"{name} of a mapping that does not exist"
        MAPPINGS.refuses("ResourceNotFoundException", what, f"API_{name}.html", call)


_declare_missing()
