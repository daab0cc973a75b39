"""AWS's own metrics (AWS/SQS, AWS/Lambda), published in batches.

Stock LocalStack makes a whole API call for every data point: four per message and two per invocation, which costs more
than the work that they count. Here they are collected and published once a second. The age of a queue's oldest message,
which stock LocalStack does not publish, is published with the numbers of its messages.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import logging
import threading
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.connect import connect_to
from localstack.services.lambda_.invocation import version_manager
from localstack.services.sqs.models import FifoQueue, SqsQueue, sqs_stores
from localstack.services.sqs.provider import CloudwatchDispatcher, CloudwatchPublishWorker

from ..introspection.event_log import patch_method
from ..time import clock

LOG = logging.getLogger(__name__)

PUBLISH_EVERY_SECONDS = 1.0
MAX_POINTS_PER_CALL = 1000
"""PutMetricData's limit."""

_Address = tuple[str, str, str]
"""Account, region, namespace."""


class _Batch:
    """Data points that wait to be published."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._points: dict[_Address, list[dict[str, Any]]] = defaultdict(list)
        threading.Thread(target=self._publish_on, name="metrics", daemon=True).start()

    def add(self, address: _Address, name: str, dimension: tuple[str, str], value: float, unit: str = "Count") -> None:
        point = {
            "MetricName": name,
            "Dimensions": [{"Name": dimension[0], "Value": dimension[1]}],
            "Timestamp": datetime.fromtimestamp(clock.now_seconds(), UTC),
            "Value": value,
            "Unit": unit,
        }
        with self._lock:
            self._points[address].append(point)

    def publish(self) -> None:
        """Publish everything that was collected."""
        with self._lock:
            waiting, self._points = self._points, defaultdict(list)
        for (account, region, namespace), points in waiting.items():
            client = connect_to(aws_access_key_id=account, region_name=region).cloudwatch
            for start in range(0, len(points), MAX_POINTS_PER_CALL):
                client.put_metric_data(Namespace=namespace, MetricData=points[start : start + MAX_POINTS_PER_CALL])

    def _publish_on(self) -> None:
        pause = threading.Event()
        while not pause.wait(PUBLISH_EVERY_SECONDS):
            try:
                self.publish()
            except (ClientError, BotoCoreError) as error:
                LOG.warning("metrics could not be published: %s", error)


_batch: _Batch | None = None


def install() -> None:
    """Collect what LocalStack would publish one by one."""
    global _batch
    _batch = _Batch()
    CloudwatchDispatcher.dispatch_sqs_metric = _sqs_metric
    patch_method(CloudwatchPublishWorker, "publish_approximate_cloudwatch_metrics", _with_ages)
    version_manager.record_cw_metric_invocation = _invocation
    version_manager.record_cw_metric_error = _error


def _sqs_metric(
    _: Any, account_id: str, region: str, queue_name: str, metric: str, value: float = 1, unit: str = "Count"
) -> None:
    assert _batch is not None
    _batch.add((account_id, region, "AWS/SQS"), metric, ("QueueName", queue_name), value, unit)


def record_depth(account_id: str, region: str, queue_name: str, metric: str, depth: int) -> None:
    """Publish how many messages a queue has, as SQS does."""
    _sqs_metric(None, account_id, region, queue_name, metric, depth)


def _with_ages(stock: Any, worker: Any) -> None:
    stock(worker)
    for _, _, store in list(sqs_stores.iter_stores()):
        for queue in list(store.queues.values()):
            address = (queue.account_id, queue.region, queue.name)
            _sqs_metric(None, *address, "ApproximateAgeOfOldestMessage", _oldest_age(queue), "Seconds")


def _oldest_age(queue: SqsQueue) -> int:
    """A dead letter's age in this metric begins with its move, whatever its retention counts from.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html
    """
    if isinstance(queue, FifoQueue):
        waiting = [message for group in list(queue.message_groups.values()) for message in list(group.messages)]
    else:
        waiting = list(queue.visible.queue)
    began = min((each.created for each in (*waiting, *list(queue.inflight), *list(queue.delayed))), default=None)
    return 0 if began is None else max(0, int(clock.now_seconds() - began))


def _invocation(function_name: str, account_id: str, region_name: str) -> None:
    assert _batch is not None
    _batch.add((account_id, region_name, "AWS/Lambda"), "Invocations", ("FunctionName", function_name), 1)


def _error(function_name: str, account_id: str, region_name: str) -> None:
    _invocation(function_name, account_id, region_name)
    assert _batch is not None
    _batch.add((account_id, region_name, "AWS/Lambda"), "Errors", ("FunctionName", function_name), 1)
