"""Lambda: hands messages to workers, runs the relay every minute, and ends what takes too long.

Messages come as SQS and its event source mapping give them: at least once, in no promised order, at times to nobody.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from rawk.adapters.sqs.in_memory import QueuedMessage
from rawk.domain.errors import QueueUnavailable, Unavailable
from rawk.ports import Delivery
from rawk.use_cases.recovery import AUDIO_SWEPT_EVERY
from sim.explorer.coverage.points import Mark
from sim.explorer.plan.call_sites import ACKNOWLEDGE, DELIVER, Trouble
from sim.explorer.plan.plan import HOUR_MS, MINUTE_MS, Struck
from sim.explorer.runtime.policies import policies
from sim.explorer.runtime.scheduler import EPOCH, NEVER_MS, Actor, Killed

if TYPE_CHECKING:
    from sim.explorer.world.world import World

POLL_MS = 10
_MILLISECOND = timedelta(milliseconds=1)
_A_DAY = timedelta(hours=24)
"""How old audio that nobody knows must be for the sweep."""


class Context:
    """What Lambda tells a function about its invocation."""

    __slots__ = ("_actor", "_scheduler", "aws_request_id")

    def __init__(self, world: "World", actor: Actor) -> None:
        self._scheduler = world.scheduler
        self._actor = actor
        self.aws_request_id = actor.name

    def get_remaining_time_in_millis(self) -> int:
        return max(0, self._actor.dies_at_ms - self._scheduler.now_ms)


class Functions:
    """The event source mapping and the workers it starts."""

    __slots__ = ("_free", "_poll_at_ms", "_started", "_timeout_ms", "_world")

    def __init__(self, world: "World") -> None:
        self._world = world
        self._free = world.plan.workers
        self._poll_at_ms = NEVER_MS
        self._timeout_ms = policies().limits.function_timeout_seconds * 1000
        self._started: dict[str, int] = {}

    def look_again(self) -> None:
        """Something has changed in the queue: make sure to look into it when its next message is to be seen."""
        world = self._world
        if not self._free or not world.jobs.held:
            return
        visible_at = min(message.visible_at for message in world.jobs.held.values())
        now_ms = world.scheduler.now_ms
        at_ms = max(now_ms, (visible_at - EPOCH) // _MILLISECOND) + POLL_MS
        if at_ms < self._poll_at_ms or self._poll_at_ms <= now_ms:
            self._poll_at_ms = at_ms
            world.scheduler.at(at_ms, self._poll)

    def _poll(self) -> None:
        if self._world.scheduler.now_ms < self._poll_at_ms:
            return  # a later look was put forward since
        self._poll_at_ms = NEVER_MS
        while self._free and (batch := self._batch()):
            self._start(batch)
        self.look_again()

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
        """None when the message wore out, or when nobody is started for it."""
        world = self._world
        message = min(visible, key=lambda each: each.visible_at)
        if len(visible) > 1 and self._befell(visible[-1], visible) is Trouble.OUT_OF_ORDER:
            message = visible[-1]
            world.sightings.mark(Mark.OUT_OF_ORDER)
        befell = self._befell(message, visible)
        visibility_seconds = None
        if befell is Trouble.DELIVERED_TWICE:
            visibility_seconds = 0
        delivery = world.jobs.receive_this(message.message_id, visibility_seconds)
        if delivery is None:
            world.note_buried(message)
            return None
        if befell is Trouble.DELIVERED_TWICE:
            world.sightings.mark(Mark.DELIVERED_TWICE)
        world.say_queue(message, delivery, befell)
        return None if befell is Trouble.NOT_INVOKED else delivery

    def _befell(self, message: QueuedMessage, visible: list[QueuedMessage]) -> Trouble | None:
        label = self._world.label_of(message.body)
        name = f"delivery of {label}" if message.body == visible[0].body else f"delivery of {label}, early"
        decided = self._world.decider.decide(DELIVER, name, message.receive_count)
        return decided.trouble if isinstance(decided, Struck) else None

    def _start(self, batch: list[Delivery]) -> None:
        world = self._world
        self._free -= 1
        label = world.label_of(batch[0].body)
        number = self._started[label] = self._started.get(label, 0) + 1
        name = f"worker {number} on {label}"
        actor = world.scheduler.start(name, "worker", lambda: self._run(actor, batch), world.plan.skews_ms[1])
        actor.dies_at_ms = world.scheduler.now_ms + self._timeout_ms
        actor.late_kill = world.plan.late_kill
        actor.about = batch

    def _run(self, actor: Actor, batch: list[Delivery]) -> None:
        world = self._world
        try:
            kept = self._work(actor, batch)
        finally:
            self._free += 1
        in_time = world.scheduler.now_ms < actor.dies_at_ms
        actor.dies_at_ms, actor.doomed = NEVER_MS, False
        if kept is not None and in_time:
            for delivery in batch:
                if delivery.message_id not in kept:
                    self._acknowledge(delivery)
        self.look_again()

    def _work(self, actor: Actor, batch: list[Delivery]) -> set[str] | None:
        """Ids of the messages that the worker returns; None when it did not end well."""
        world = self._world
        try:
            response = world.worker.work_off(_event(batch), Context(world, actor))
        except Killed:
            if world.scheduler.now_ms >= actor.dies_at_ms:
                world.sightings.mark(Mark.KILLED_AT_DEADLINE)
            return None
        except Exception as error:  # noqa: BLE001 - Lambda takes it for an answer like any other
            world.ended_with(actor, error)
            return None
        return {str(item["itemIdentifier"]) for item in response["batchItemFailures"]}

    def _acknowledge(self, delivery: Delivery) -> None:
        world = self._world
        try:
            world.line.call(ACKNOWLEDGE, world.promises.after_removal, world.jobs.delete, delivery.receipt_handle)
        except QueueUnavailable:
            if delivery.message_id in world.jobs.held:
                world.sightings.mark(Mark.DELETE_FAILED)


def _event(batch: list[Delivery]) -> dict[str, Any]:
    """As Lambda hands it to a worker (Lambda Developer Guide, "Using Lambda with Amazon SQS")."""
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


class RelaySchedule:
    """The relay, every minute. Runs that would find nothing to do are left out, as the clock leaves out idle time."""

    __slots__ = ("_extra", "_longest_idle", "_running", "_timeout_ms", "_world", "swept_at", "tick")

    def __init__(self, world: "World") -> None:
        self._world = world
        self._timeout_ms = policies().limits.relay_timeout_seconds * 1000
        limits = policies().limits
        self._longest_idle = timedelta(seconds=limits.visibility_timeout_seconds * 3 + limits.lease_seconds)
        self._extra = set(world.plan.extra_relay_minutes)
        self._running = 0
        self.swept_at = EPOCH - AUDIO_SWEPT_EVERY
        """When the sweep last looked for old audio."""
        self.tick = 1
        """The minute at which the relay may run next."""

    def before(self, at_ms: int) -> bool:
        """Start the relay at the first minute before that time at which it has something to do; says whether."""
        world = self._world
        while self.tick * MINUTE_MS < at_ms:
            tick, self.tick = self.tick, self.tick + 1
            due_ms = self._due_ms()
            if due_ms <= tick * MINUTE_MS or tick in self._extra:
                world.scheduler.now_ms = max(world.scheduler.now_ms, tick * MINUTE_MS)
                self._start(tick)
                return True
            later = min(-(-due_ms // MINUTE_MS), -(-at_ms // MINUTE_MS))
            extra = min((minute for minute in self._extra if minute > tick), default=later)
            self.tick = max(self.tick, min(later, extra))
        return False

    def _start(self, tick: int) -> None:
        world = self._world
        name = f"relay at minute {tick}"
        actor = world.scheduler.start(name, "relay", lambda: self._run(actor), world.plan.skews_ms[2])
        actor.dies_at_ms = tick * MINUTE_MS + self._timeout_ms
        actor.late_kill = world.plan.late_kill

    def _run(self, actor: Actor) -> None:
        world = self._world
        self._running += 1
        if self._running > 1:
            world.sightings.mark(Mark.RELAYS_AT_ONCE)
        try:
            world.recovery.run()
        except (Unavailable, Killed):
            pass
        except Exception as error:  # noqa: BLE001 - as above
            world.ended_with(actor, error)
        finally:
            self._running -= 1

    def _due_ms(self) -> int:
        """When anything is due for the relay or the sweep; NEVER_MS if nothing ever is."""
        world = self._world
        skew_ms = world.plan.skews_ms[2]
        rows, due = world.store.rows.values(), []
        due += [entry.due_at for entry in world.store.outbox.values()]
        for row in rows:
            memory = row.memory
            if memory.analysis_due_at is not None:
                due.append(max(memory.analysis_due_at, memory.lease_expires_at or memory.analysis_due_at))
            elif memory.status == "processing":
                idle_at = memory.updated_at + self._longest_idle
                due.append(max(idle_at, memory.lease_expires_at or idle_at) + _MILLISECOND)
            elif memory.status == "uploading":
                due.append(memory.created_at + _A_DAY + _MILLISECOND)
        known = {row.memory.audio_key for row in rows}
        next_sweep_at = self.swept_at + AUDIO_SWEPT_EVERY
        due += [
            max(stored.written_at + _A_DAY, next_sweep_at)
            for key, stored in world.audio.objects.items()
            if key not in known
        ]
        if not due:
            return NEVER_MS
        return max(0, (min(due) - EPOCH) // _MILLISECOND + 1 - skew_ms)


LONGEST_REST_MS = 12 * HOUR_MS
"""As `sim.simulation`: longer than the longest visibility timeout that a job may be given."""
