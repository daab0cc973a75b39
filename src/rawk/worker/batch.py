"""Processing of an SQS event: its records become deliveries, outcomes become the partial batch response."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, TypedDict

from rawk.domain.errors import QueueUnavailable
from rawk.domain.messages import ids_in, traceparent_in
from rawk.log import bound, log
from rawk.ports import Clock, Delivery, JobQueue, SpanKind, Telemetry
from rawk.use_cases.processing import JobOutcome, Processing, Returned


class LambdaContext(Protocol):
    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


class BatchItemFailure(TypedDict):
    itemIdentifier: str


class PartialBatchResponse(TypedDict):
    """The messages that Lambda leaves in the queue; it deletes the others.

    Source: Lambda Developer Guide, "Handling errors for an SQS event source in Lambda" (ReportBatchItemFailures).
    """

    batchItemFailures: list[BatchItemFailure]


class Worker:
    """Processes one batch. A failure of one message does not affect the others."""

    def __init__(
        self, processing: Processing, queue: JobQueue, clock: Clock, telemetry: Telemetry | None = None
    ) -> None:
        """`telemetry` None: no spans."""
        self._processing = processing
        self._queue = queue
        self._clock = clock
        self._telemetry = telemetry

    def process_batch(self, event: Mapping[str, Any], context: LambdaContext) -> PartialBatchResponse:
        """A batch whose messages are all returned is a normal response, not an error of the function. Raises ValueError
        for an event that is not from SQS.
        """
        deadline = self._clock.now() + timedelta(milliseconds=context.get_remaining_time_in_millis())
        returned: list[BatchItemFailure] = []
        for record in _records(event):
            ids = {"message_id": record["messageId"], **ids_in(record.get("body"))}
            with bound(request_id=context.aws_request_id, **ids):
                began = self._clock.now()
                if not self._is_done_in_a_span(record, deadline, ids):
                    returned.append({"itemIdentifier": record["messageId"]})
                log.info("job_ended", milliseconds=_milliseconds(self._clock.now() - began))
        if self._telemetry is not None:
            self._telemetry.flush()  # afterwards Lambda freezes the process
        return {"batchItemFailures": returned}

    def _is_done_in_a_span(self, record: Mapping[str, Any], deadline: datetime, ids: Mapping[str, str]) -> bool:
        """Each receive of a job is a span of its own, in the trace of who asked for the job."""
        if self._telemetry is None:
            return self._is_done(record, deadline)
        about = {"messaging.system": "aws_sqs", "messaging.message.id": ids["message_id"]}
        if "memory_id" in ids:
            about["memory_id"] = ids["memory_id"]
        parent = traceparent_in(record.get("body"))
        with self._telemetry.span("process job", SpanKind.CONSUMER, parent, **about) as span:
            count = record.get("attributes", {}).get("ApproximateReceiveCount")
            if str(count).isdecimal():
                span.set("messaging.sqs.receive_count", int(count))
            done = self._is_done(record, deadline)
            if not done:
                span.fail("returned to the queue")
            return done

    def _is_done(self, record: Mapping[str, Any], deadline: datetime) -> bool:
        """Whether the message is done; any error returns it to the queue."""
        try:
            delivery = delivery_of(record)
            return self._settle(delivery, self._processing.handle(delivery, deadline))
        except Exception:  # noqa: BLE001 - one message must not affect the others
            log.exception("job_crashed", receive_count=record.get("attributes", {}).get("ApproximateReceiveCount"))
            return False

    def _settle(self, delivery: Delivery, outcome: JobOutcome) -> bool:
        if not isinstance(outcome, Returned):
            return True
        if outcome.after_seconds is not None:
            try:
                self._queue.postpone(delivery, outcome.after_seconds)
            except QueueUnavailable as error:
                log.warning("visibility_timeout_unchanged", error=str(error))
        return False


def _milliseconds(took: timedelta) -> float:
    return round(took.total_seconds() * 1000, 1)


def _records(event: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    records: Sequence[Mapping[str, Any]] = event.get("Records", ())
    if not records or any(record.get("eventSource") != "aws:sqs" for record in records):
        raise ValueError("the event is not from SQS")
    return records


def delivery_of(record: Mapping[str, Any]) -> Delivery:
    return Delivery(
        message_id=record["messageId"],
        receipt_handle=record["receiptHandle"],
        body=record["body"],
        receive_count=int(record["attributes"]["ApproximateReceiveCount"]),
    )
