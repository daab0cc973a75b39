"""SQS event source mappings: parallel batches, no polling delay, bodies byte for byte.

Stock LocalStack 4.14 processes one batch at a time per mapping, sleeps between polls and re-serializes bodies that are
JSON. Here a mapping waits until its queue has a message, and processes batches in parallel (how many: pollers.py). It
does not change visibility timeouts, as on AWS: a message that is not deleted returns when its timeout ends, and a
timeout that the worker set on a message stays. A batch that is throttled is tried again, less and less often, until its
visibility timeout ends: it was received, and no function has seen it. Batches of a FIFO queue run in parallel too, but
never two of one message group, because the queue delivers no message of a group that has one in flight.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import json
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext, ServiceException
from localstack.aws.api.lambda_ import FunctionResponseType, InvocationType
from localstack.http import Request
from localstack.services.lambda_.api_utils import function_locators_from_arn
from localstack.services.lambda_.event_source_mapping.esm_worker import EsmState, EsmWorker
from localstack.services.lambda_.event_source_mapping.esm_worker_factory import EsmWorkerFactory
from localstack.services.lambda_.event_source_mapping.pipe_utils import to_json_str
from localstack.services.lambda_.event_source_mapping.pollers.poller import get_batch_item_failures
from localstack.services.lambda_.event_source_mapping.pollers.sqs_poller import SqsPoller, transform_into_events
from localstack.services.lambda_.invocation.models import lambda_stores
from localstack.services.plugins import SERVICE_PLUGINS
from localstack.utils.aws.arns import parse_arn
from localstack.utils.strings import long_uid
from localstack.utils.xray.trace_header import TraceHeader

from .. import features
from ..chaos.handler import mapping_call
from ..iam import enforcement
from ..introspection import activity
from ..sqs import queues
from ..time import clock
from .pollers import Pollers, scaling_of

LOG = logging.getLogger(__name__)

Message = dict[str, Any]
Record = dict[str, Any]

MAX_WAIT_SECONDS = 1.0
FIRST_BACK_OFF_SECONDS = 1.0
MAX_BACK_OFF_SECONDS = 60.0
MAX_DELETES_PER_CALL = 10
MAX_RECEIVES_PER_CALL = 10


def install() -> None:
    """Use this worker for mappings of SQS queues."""
    stock = EsmWorkerFactory.get_esm_worker

    def get_esm_worker(factory: EsmWorkerFactory) -> EsmWorker:
        worker = stock(factory)
        if isinstance(worker.poller, SqsPoller):
            return SqsMappingWorker(
                worker.esm_config,
                poller=worker.poller,
                enabled=worker.enabled,
                user_state_reason=worker.user_state_reason,
            )
        return worker

    EsmWorkerFactory.get_esm_worker = get_esm_worker


active_mappings: dict[str, "SqsMappingWorker"] = {}
"""Every mapping that polls its queue now, by its id."""


class SqsMappingWorker(EsmWorker):  # type: ignore[misc]
    """The worker of one mapping. LocalStack starts and stops it as its own workers."""

    is_backing_off = False
    _back_off_seconds = 0.0
    _successor: "SqsMappingWorker | None" = None
    """What LocalStack asks for the state of the mapping since it was disabled."""

    def create(self) -> None:
        """A mapping that is disabled while batches of it run is `Disabling` until the last one ends."""
        running = active_mappings.get(self.uuid)
        if self.enabled or running is None:
            super().create()
        else:
            running._successor = self
            self.current_state = EsmState.DISABLING

    def delete(self) -> None:
        """A mapping is `Deleting` until its last batch ends; one that is disabled is gone at once."""
        super().delete()
        if self.uuid not in active_mappings:
            self.delete_esm_in_store()

    def poller_loop(self, *_: object, **__: object) -> None:
        """Process batches until the mapping is disabled or deleted; batches in progress then still end."""
        self._enter(EsmState.ENABLED)
        self._function = MappedFunction(self.esm_config["FunctionArn"])
        self._queue = MappedQueue(self.esm_config["EventSourceArn"], self._function)
        self._pollers = Pollers(scaling_of(self.esm_config), self._shutdown_event.is_set)
        active_mappings[self.uuid] = self
        with ThreadPoolExecutor(self._pollers.maximum, thread_name_prefix=f"mapping-{self.uuid}") as batches:
            while not self._shutdown_event.is_set():
                try:
                    self._start_next_batch(batches)
                    self._back_off_seconds = 0.0
                except (ServiceException, CommonServiceException) as error:
                    LOG.warning("mapping %s cannot read its queue: %s", self.uuid, error)
                    self._back_off()
        self._leave()

    def _start_next_batch(self, batches: ThreadPoolExecutor) -> None:
        if not self._function.is_active():
            self._shutdown_event.wait(0.1)
            return
        if not self._queue.wait_for_message(MAX_WAIT_SECONDS, self._shutdown_event):
            return
        if not self._pollers.take(MAX_WAIT_SECONDS):
            return
        batch: Batch | None = None
        current = activity.begin(f"a batch of mapping {self.uuid}")
        try:
            returns_at = clock.now_seconds() + self._queue.visibility_seconds()
            messages = self._queue.receive(self.esm_config["BatchSize"], self._window_seconds(), self._shutdown_event)
            if messages:
                batch = Batch(messages, returns_at, current)
                self._pollers.begin_batch()
                batches.submit(self._process_batch, batch)
        finally:
            if batch is None:
                self._pollers.give_back(batches=0)
                activity.end(current)

    def _back_off(self) -> None:
        """The queue cannot be read: read it less and less often."""

        def back_off(now: bool) -> None:
            self.is_backing_off = now

        self._back_off_seconds = min(MAX_BACK_OFF_SECONDS, self._back_off_seconds * 2 or FIRST_BACK_OFF_SECONDS)
        clock.wait(
            self._back_off_seconds,
            self._shutdown_event.is_set,
            once_waiting=lambda: back_off(True),
            before_leaving=lambda: back_off(False),
        )

    def _process_batch(self, batch: "Batch") -> None:
        with activity.resume(batch.activity):
            try:
                self._queue.delete(self._invoke(batch))
            except (ServiceException, CommonServiceException) as error:
                LOG.info("mapping %s could not process a batch: %s", self.uuid, error)
            except Exception:
                LOG.exception("mapping %s failed to process a batch", self.uuid)
            finally:
                self._pollers.give_back(batches=1)

    def _invoke(self, batch: "Batch") -> list[Message]:
        """Run the function on a batch and return the messages that may be deleted."""
        messages = batch.messages
        records = transform_into_events(messages)
        wanted = self._wanted(records)
        refused = [message for message, record in zip(messages, records, strict=True) if record not in wanted]
        if not wanted:
            return refused
        kept = [message for message in messages if message not in refused]
        if not features.is_enabled("byte-exact-bodies"):
            wanted = [_reserialised(record) for record in wanted]
        succeeded, answer = self._invoke_until_accepted(batch, {"Records": self.poller.add_source_metadata(wanted)})
        if not succeeded:
            if not self._reports_failures:
                self._pollers.failed()
            return refused
        self._pollers.succeeded()
        return refused + self._not_reported(kept, answer)

    def _invoke_until_accepted(self, batch: "Batch", event: Any) -> tuple[bool, Any]:
        """Try until Lambda accepts the invocation, or until the batch is visible again.

        Raises the last refusal, also one that a further try does not change.
        """
        back_off_seconds = 0.0
        while True:
            try:
                return self._function.invoke(event)
            except (ServiceException, CommonServiceException) as error:
                if not back_off_seconds:
                    self._function.refused(event, error)
                if not (error.status_code == 429 or error.status_code >= 500):
                    raise
                self._pollers.throttled()
                back_off_seconds = min(MAX_BACK_OFF_SECONDS, back_off_seconds * 2 or FIRST_BACK_OFF_SECONDS)
                batch.wait_until(clock.now_seconds() + back_off_seconds, self._shutdown_event.is_set)
                if batch.returns_at <= clock.now_seconds() or self._shutdown_event.is_set():
                    raise

    def _wanted(self, records: list[Record]) -> list[Record]:
        """The records that pass the mapping's filters, which parse JSON bodies but must not change them."""
        if not self.poller.filter_patterns:
            return records
        return [record for record in records if self.poller.filter_events([_parsed(record)])]

    def _not_reported(self, messages: list[Message], answer: Any) -> list[Message]:
        if not self._reports_failures:
            return messages
        failed = failed_ids(answer, {message["MessageId"] for message in messages})
        return [] if failed is None else [message for message in messages if message["MessageId"] not in failed]

    @property
    def _reports_failures(self) -> bool:
        return FunctionResponseType.ReportBatchItemFailures in (self.esm_config.get("FunctionResponseTypes") or [])

    def _window_seconds(self) -> int:
        return int(self.esm_config.get("MaximumBatchingWindowInSeconds") or 0)

    def _enter(self, state: EsmState) -> None:
        with self._state_lock:
            self.current_state = state
            self.update_esm_state_in_store(state)
            self.state_transition_reason = self.user_state_reason

    @property
    def is_about_to_poll(self) -> bool:
        """Whether it does something about a visible message of its queue now."""
        may_poll = not self.is_backing_off and not self._shutdown_event.is_set()
        return may_poll and self._pollers.is_about_to_poll

    @property
    def is_about_to_end(self) -> bool:
        """Whether it ends without any time passing."""
        return self._shutdown_event.is_set() and not self._pollers.batches

    @property
    def source_arn(self) -> str:
        return str(self.esm_config["EventSourceArn"])

    def _leave(self) -> None:
        """What LocalStack's own worker does when its loop ends, unless another worker has taken the mapping over."""
        is_current = active_mappings.get(self.uuid) is self
        if is_current:
            del active_mappings[self.uuid]
        self.poller.close()
        latest = self._successor or self
        if latest.current_state == EsmState.DELETING:
            self.delete_esm_in_store()
        elif latest.current_state == EsmState.DISABLING and is_current:
            latest._enter(EsmState.DISABLED)


@dataclass(frozen=True)
class Batch:
    """Messages that were received together; `returns_at` is when the first of them is visible again."""

    messages: list[Message]
    returns_at: float
    activity: activity.Activity

    def wait_until(self, moment_seconds: float, ended_early: Callable[[], bool]) -> None:
        """Wait for a moment, or until the batch is visible again."""
        clock.wait_until(
            min(moment_seconds, self.returns_at),
            ended_early,
            once_waiting=lambda: activity.set_waiting(self.activity, True),
            before_leaving=lambda: activity.set_waiting(self.activity, False),
        )


class MappedQueue:
    """The mapping's calls on its queue: the SQS service's own operations, called without HTTP.

    All calls of a mapping are made here, so permissions and faults of SQS apply to them here.
    """

    def __init__(self, arn: str, function: "MappedFunction") -> None:
        self._arn = parse_arn(arn)
        self._function = function
        self._provider = _provider("sqs")
        self._context = RequestContext(Request())
        self._context.account_id = self._arn["account"]
        self._context.region = self._arn["region"]
        self._context.service = _service_model("sqs")

    def wait_for_message(self, limit_seconds: float, stopping: threading.Event) -> bool:
        """Wait until the queue has a visible message, for the given seconds at most, without receiving it."""
        ready = queues.ready(self._queue())
        with ready.not_empty:
            arrived = lambda: ready.queue or ready.is_shutdown or stopping.is_set()  # noqa: E731
            ready.not_empty.wait_for(arrived, max(0.0, limit_seconds))
            return bool(ready.queue) and not stopping.is_set()

    def visibility_seconds(self) -> float:
        return float(self._queue().visibility_timeout)

    def receive(self, batch_size: int, window_seconds: float, stopping: threading.Event) -> list[Message]:
        """Receive up to one batch of messages; with a batching window, all that arrive within it."""
        window_ends = clock.now_seconds() + window_seconds
        received: list[Message] = []
        while len(received) < batch_size:
            messages = self._receive_now(min(MAX_RECEIVES_PER_CALL, batch_size - len(received)))
            received += messages
            if not messages and not self.wait_for_message(window_ends - clock.now_seconds(), stopping):
                break
        return received

    def delete(self, messages: list[Message]) -> None:
        """Delete processed messages."""
        for start in range(0, len(messages), MAX_DELETES_PER_CALL):
            entries = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(messages[start : start + MAX_DELETES_PER_CALL])
            ]
            with self._call("DeleteMessageBatch"):
                self._provider.delete_message_batch(self._context, self._arn["resource"], entries)

    def _receive_now(self, at_most: int) -> list[Message]:
        with self._call("ReceiveMessage"):
            answer = self._provider.receive_message(
                self._context,
                self._arn["resource"],
                attribute_names=["All"],
                message_attribute_names=["All"],
                max_number_of_messages=at_most,
                wait_time_seconds=0,
            )
        return list(answer.get("Messages") or [])

    @contextmanager
    def _call(self, operation: str) -> Iterator[None]:
        region, name = self._arn["region"], self._arn["resource"]
        with mapping_call("sqs", operation, region, name):
            # As on AWS, a mapping reads its queue under the role of its function.
            if role_arn := self._function.role_arn():
                enforcement.require(role_arn, self._function.name, "sqs", operation, region, QueueName=name)
            yield

    def _queue(self) -> Any:
        return self._provider._require_queue(self._arn["account"], self._arn["region"], self._arn["resource"])


class MappedFunction:
    """The mapping's calls on its function: the Lambda service's own invocation, called without HTTP."""

    def __init__(self, arn: str) -> None:
        self.name, self._qualifier, self._account, self._region = function_locators_from_arn(arn)
        self._service = _provider("lambda").lambda_service

    def is_active(self) -> bool:
        """Whether the function can be invoked yet."""
        function = self._function()
        return function is not None and any(
            arn in self._service.lambda_running_versions
            for arn in (version.qualified_arn for version in list(function.versions.values()))
        )

    def role_arn(self) -> str | None:
        """The role of the function; None when the function is gone."""
        function = self._function()
        return str(function.latest().config.role) if function else None

    def invoke(self, event: Any) -> tuple[bool, Any]:
        """Invoke and wait; returns whether the function succeeded, and its parsed answer (None when it is not JSON).

        Raises ServiceException when it could not be invoked, for example because it is throttled.
        """
        with mapping_call("lambda", "Invoke", self._region, self.name):
            result = self._service.invoke(
                function_name=self.name,
                qualifier=self._qualifier,
                region=self._region,
                account_id=self._account,
                invocation_type=InvocationType.RequestResponse,
                client_context=None,
                request_id=long_uid(),
                payload=to_json_str(event).encode(),
                trace_context={"aws_trace_header": TraceHeader().ensure_root_exists()},
            )
        try:
            answer = json.loads(result.payload or b"null")
        except ValueError:
            answer = None
        return not result.is_error, answer

    def refused(self, event: Any, error: Exception) -> None:
        """A batch was not accepted at its first try; an observer records it once."""
        del event
        LOG.info("the function %s was not invoked: %s", self.name, error)

    def _function(self) -> Any:
        return lambda_stores[self._account][self._region].functions.get(self.name)


def failed_ids(answer: Any, batch_ids: set[str]) -> set[str] | None:
    """The ids that a function reported as failed; None when its report makes the whole batch a failure.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html: an empty or missing report means that
    all succeeded; a malformed report, an empty id or an id that is not in the batch means that all failed.
    """
    if not isinstance(answer, dict):
        return set()
    try:
        reported = get_batch_item_failures(answer, batch_ids)
    except (TypeError, AttributeError):
        return None
    return None if reported is None else set(reported)


def _parsed(record: Record) -> Record:
    try:
        return {**record, "body": json.loads(record["body"])}
    except ValueError:
        return record


def _reserialised(record: Record) -> Record:
    """What stock LocalStack makes of a record: JSON is parsed and re-serialized."""
    body = _parsed(record)["body"]
    return {**record, "body": body if isinstance(body, str) else json.dumps(body)}


def _provider(service: str) -> Any:
    return SERVICE_PLUGINS.require(service)._provider


def _service_model(service: str) -> Any:
    from localstack.aws.spec import load_service

    return load_service(service)
