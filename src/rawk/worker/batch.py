"""Processing of an SQS event: its records become deliveries, outcomes become the partial batch response."""

from datetime import datetime, timedelta
from typing import Any, Protocol

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from rawk.domain.errors import QueueUnavailable
from rawk.log import bound, log
from rawk.ports import Clock, Delivery, JobQueue
from rawk.use_cases.processing import JobOutcome, Processing, Returned


class LambdaContext(Protocol):
    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


class JobReturned(Exception):
    """Signals the batch processor that this message must be received again."""


class Worker:
    """Processes one batch. A failure of one message does not affect the others."""

    def __init__(self, processing: Processing, queue: JobQueue, clock: Clock) -> None:
        self._processing = processing
        self._queue = queue
        self._clock = clock

    def process_batch(self, event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
        # A batch whose messages are all returned is a normal response, not an error of the function.
        processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
        deadline = self._clock.now() + timedelta(milliseconds=context.get_remaining_time_in_millis())

        def process_record(record: SQSRecord) -> None:
            delivery = delivery_of(record)
            with bound(request_id=context.aws_request_id, message_id=delivery.message_id):
                self._settle(delivery, self._handle(delivery, deadline))

        return process_partial_response(event=event, record_handler=process_record, processor=processor)

    def _handle(self, delivery: Delivery, deadline: datetime) -> JobOutcome:
        try:
            return self._processing.handle(delivery, deadline)
        except Exception:
            # The batch processor returns the message to the queue without logging why.
            log.exception("job_crashed", receive_count=delivery.receive_count)
            raise

    def _settle(self, delivery: Delivery, outcome: JobOutcome) -> None:
        if not isinstance(outcome, Returned):
            return
        if outcome.after_seconds is not None:
            try:
                self._queue.postpone(delivery, outcome.after_seconds)
            except QueueUnavailable as error:
                log.warning("visibility_timeout_unchanged", error=str(error))
        raise JobReturned


def delivery_of(record: SQSRecord) -> Delivery:
    return Delivery(
        message_id=record.message_id,
        receipt_handle=record.receipt_handle,
        body=record.body,
        receive_count=int(record.attributes.approximate_receive_count),
    )
