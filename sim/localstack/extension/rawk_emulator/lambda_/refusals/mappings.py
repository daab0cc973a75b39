"""What AWS refuses of a mapping of an SQS queue, beside what its function's and its queue's settings exclude."""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from collections.abc import Mapping
from typing import Any

from localstack.aws.api.lambda_ import InvalidParameterValueException

OF_STREAMS = (
    "ParallelizationFactor",
    "BisectBatchOnFunctionError",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "TumblingWindowInSeconds",
    "DestinationConfig",
)
"""https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html: "Kinesis and DynamoDB Streams only"
(the last one also for Kafka)."""

OF_OTHER_SOURCES = (
    "StartingPositionTimestamp",
    "Topics",
    "Queues",
    "SourceAccessConfigurations",
    "AmazonManagedKafkaEventSourceConfig",
    "SelfManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
)

FEWEST_POLLERS = 2
"""https://docs.aws.amazon.com/lambda/latest/api/API_ProvisionedPollerConfig.html, for SQS."""


def check(request: Mapping[str, Any]) -> None:
    """Raises AWS's error for a mapping of an SQS queue."""
    if request.get("StartingPosition"):
        _refuse("StartingPosition is not valid for SQS event sources.")
    for name in (*OF_STREAMS, *OF_OTHER_SOURCES):
        if request.get(name) not in (None, [], {}):
            _refuse(f"Unsupported {name} parameter for given event source mapping type.")
    _check_provisioned(request)


def _check_provisioned(request: Mapping[str, Any]) -> None:
    provisioned = request.get("ProvisionedPollerConfig") or {}
    if not provisioned:
        return
    if (request.get("ScalingConfig") or {}).get("MaximumConcurrency"):
        _refuse("MaximumConcurrency and ProvisionedPollerConfig cannot be used together.")
    fewest = provisioned.get("MinimumPollers", FEWEST_POLLERS)
    most = provisioned.get("MaximumPollers", max(200, fewest))
    if min(fewest, most) < FEWEST_POLLERS:
        _refuse(f"MinimumPollers and MaximumPollers must be at least {FEWEST_POLLERS} for SQS event sources.")
    if most < fewest:
        _refuse("MaximumPollers must be greater than or equal to MinimumPollers.")


def _refuse(message: str) -> None:
    raise InvalidParameterValueException(message, Type="User")
