"""Lambda's event source mapping: receives messages from SQS and invokes workers with them.

As on AWS, delivery is at least once, in no guaranteed order, and a received message may reach no worker.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from rawk.adapters.sqs.in_memory import QueuedMessage
from rawk.ports import Delivery
from sim.explorer.coverage.points import CoveragePoint
from sim.explorer.plan.call_sites import ACKNOWLEDGE, DELIVER, FaultKind
from sim.explorer.plan.plan import CallFault
from sim.explorer.runtime.policies import policies
from sim.explorer.runtime.scheduler import EPOCH, NEVER_MS, Actor, Killed

if TYPE_CHECKING:
    from sim.explorer.world.world import World

POLL_MS = 10
_MILLISECOND = timedelta(milliseconds=1)


class LambdaContext:
    """Lambda's context object, as far as the product uses it."""

    __slots__ = ("_actor", "_scheduler", "aws_request_id")

    def __init__(self, world: "World", actor: Actor) -> None:
        self._scheduler = world.scheduler
        self._actor = actor
        self.aws_request_id = actor.name

    def get_remaining_time_in_millis(self) -> int:
        return max(0, self._actor.deadline_ms - self._scheduler.now_ms)


class EventSourceMapping:
    """The event source mapping of one world, and the workers that it invokes."""

    __slots__ = ("_free", "_poll_at_ms", "_timeout_ms", "_world")

    def __init__(self, world: "World") -> None:
        self._world = world
        self._free = world.plan.workers
        self._poll_at_ms = NEVER_MS
        self._timeout_ms = policies().limits.function_timeout_seconds * 1000

    def poll_soon(self) -> None:
        """The queue has changed: poll it when its next message becomes visible."""
        world = self._world
        if not self._free or not world.jobs.held:
            return
        visible_at = min(message.visible_at for message in world.jobs.held.values())
        now_ms = world.scheduler.now_ms
        at_ms = max(now_ms, (visible_at - EPOCH) // _MILLISECOND) + POLL_MS
        if at_ms < self._poll_at_ms or self._poll_at_ms <= now_ms:
            self._poll_at_ms = at_ms
            world.scheduler.call_at(at_ms, self._poll)

    def _poll(self) -> None:
        if self._world.scheduler.now_ms < self._poll_at_ms:
            return  # another poll was scheduled since
        self._poll_at_ms = NEVER_MS
        while self._free and (batch := self._batch()):
            self._start(batch)
        self.poll_soon()

    def _batch(self) -> list[Delivery]:
        deliveries: list[Delivery] = []
        while len(deliveries) < self._world.plan.batch:
            visible = self._visible()
            if not visible:
                break
            delivery = self._deliver(visible)
            if delivery is not None:
                deliveries.append(delivery)
        return deliveries

    def _visible(self) -> list[QueuedMessage]:
        now = self._world.scheduler.true_now()
        return [message for message in self._world.jobs.held.values() if message.visible_at <= now]

    def _deliver(self, visible: list[QueuedMessage]) -> Delivery | None:
        """None if the message was dead-lettered, or if no worker is invoked with it."""
        world = self._world
        message = min(visible, key=lambda each: each.visible_at)
        if len(visible) > 1 and self._fault_at_delivery(visible[-1], visible) is FaultKind.OUT_OF_ORDER:
            message = visible[-1]
            world.coverage.reach(CoveragePoint.OUT_OF_ORDER)
        kind = self._fault_at_delivery(message, visible)
        visibility_seconds = None
        if kind is FaultKind.DELIVERED_TWICE:
            visibility_seconds = 0
        delivery = world.jobs.receive_this(message.message_id, visibility_seconds)
        if delivery is None:
            world.log_dead_letter(message)
            return None
        if kind is FaultKind.DELIVERED_TWICE:
            world.coverage.reach(CoveragePoint.DELIVERED_TWICE)
        world.log_receive(message, delivery, kind)
        return None if kind is FaultKind.NOT_INVOKED else delivery

    def _fault_at_delivery(self, message: QueuedMessage, visible: list[QueuedMessage]) -> FaultKind | None:
        if self._is_throttled():
            return FaultKind.NOT_INVOKED
        name = f"delivery of {self._world.message_names.of(message.message_id)}"
        if message is not visible[0]:
            name += ", early"
        decided = self._world.decider.decide(DELIVER, name, message.receive_count)
        return decided.kind if isinstance(decided, CallFault) else None

    def _is_throttled(self) -> bool:
        """Lambda throttles the function: messages are received all the same, and the receives count."""
        now_ms = self._world.scheduler.now_ms
        return any(each.port == DELIVER.name and each.is_on(now_ms) for each in self._world.plan.outages)

    def _start(self, batch: list[Delivery]) -> None:
        world = self._world
        self._free -= 1
        name = f"worker on {world.message_names.of(batch[0].message_id)}, receive {batch[0].receive_count}"
        actor = world.scheduler.start(name, "worker", lambda: self._run(actor, batch), world.plan.skews_ms[1])
        actor.deadline_ms = world.scheduler.now_ms + self._timeout_ms
        actor.outlives_deadline = world.plan.outlives_deadline
        actor.subject = batch
        if actor.outlives_deadline:
            world.scheduler.call_at(actor.deadline_ms, lambda: self._end_invocation(actor))

    def _run(self, actor: Actor, batch: list[Delivery]) -> None:
        world = self._world
        try:
            returned = self._invoke(actor, batch)
        finally:
            in_time = world.scheduler.now_ms < actor.deadline_ms
            if in_time or not actor.outlives_deadline:
                self._free += 1
        actor.deadline_ms, actor.killed = NEVER_MS, False
        if returned is not None and in_time:
            for delivery in batch:
                if delivery.message_id not in returned:
                    self._acknowledge(delivery)
        self.poll_soon()

    def _end_invocation(self, actor: Actor) -> None:
        """Lambda regards the invocation as ended at its deadline, although the process still runs."""
        if not actor.ended and actor.deadline_ms != NEVER_MS:
            self._free += 1
            self.poll_soon()

    def _invoke(self, actor: Actor, batch: list[Delivery]) -> set[str] | None:
        """Ids of the messages that the worker returns; None if it was killed or raised."""
        world = self._world
        try:
            response = world.worker.process_batch(_event(batch), LambdaContext(world, actor))
        except Killed:
            if world.scheduler.now_ms >= actor.deadline_ms:
                world.coverage.reach(CoveragePoint.KILLED_AT_DEADLINE)
            return None
        except Exception as error:  # noqa: BLE001 - Lambda reports any error of a function
            world.use_case_raised(actor, error)
            return None
        return {str(item["itemIdentifier"]) for item in response["batchItemFailures"]}

    def _acknowledge(self, delivery: Delivery) -> None:
        world = self._world
        try:
            world.port_calls.call(ACKNOWLEDGE, world.jobs.delete, delivery.receipt_handle)
        except (ClientError, BotoCoreError):
            if delivery.message_id in world.jobs.held:
                world.coverage.reach(CoveragePoint.ACKNOWLEDGEMENT_FAILED)


def _event(batch: list[Delivery]) -> dict[str, Any]:
    """The event that Lambda passes to a worker (Lambda Developer Guide, "Using Lambda with Amazon SQS")."""
    return {
        "Records": [
            {
                "messageId": delivery.message_id,
                "receiptHandle": delivery.receipt_handle,
                "body": delivery.body,
                "attributes": {"ApproximateReceiveCount": str(delivery.receive_count)},
                "eventSource": "aws:sqs",
            }
            for delivery in batch
        ]
    }
