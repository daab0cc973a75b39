"""What SQS can do to us. Every fault is about this pipeline's queues alone."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from sim.clock.clocks import SimulationClock
from sim.engines.base.relay_control import RelayControl
from sim.faults.aws import (
    EVERYBODY,
    ActiveAwsFault,
    AwsFault,
    AwsWorld,
    Duration,
    every_queue,
    in_words,
    seconds_of,
    the_jobs_queue,
)
from sim.platform.tcp_proxy import TcpProxy

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

RELAY_EVERY = timedelta(minutes=1)
"""`schedule_expression` of its rule in Terraform."""

LONGEST_DELAY_SECONDS = 900
"""What SQS takes (Amazon SQS API Reference, SetQueueAttributes, DelaySeconds)."""


class QueueWorld(Protocol):
    """What being down for the API needs of a world: the relay that stands between it and SQS."""

    @property
    def sqs_proxy(self) -> TcpProxy: ...


class RelayWorld(Protocol):
    """What switching the relay off needs of a world."""

    @property
    def clock(self) -> SimulationClock: ...

    @property
    def relay(self) -> RelayControl: ...


class DelayWorld(AwsWorld, Protocol):
    """What late delivery needs of a world: SQS itself."""

    @property
    def sqs(self) -> "SQSClient": ...


def down() -> "QueueDown":
    """Connections from the API to SQS are refused; the worker, which SQS itself calls, is not concerned."""
    return QueueDown()


def down_for_all() -> AwsFault:
    """503 for everybody: the API, the relay, the operator, the worker, and the mapping that feeds it."""
    return AwsFault("queue", "SQS is down", every_queue, {"service": "sqs", "callers": [*EVERYBODY]})


def throttled() -> AwsFault:
    """403 RequestThrottled for who sends to the jobs queue (Amazon SQS API Reference, SendMessage, Errors)."""
    error = {"statusCode": 403, "code": "RequestThrottled"}
    rule = {"service": "sqs", "operations": ["SendMessage", "SendMessageBatch"], "error": error}
    return AwsFault("queue", "SQS limits the rate at which we send", the_jobs_queue, rule)


def send_answer_lost() -> AwsFault:
    """The job is in the queue, then the connection is reset: who sent it can not know."""
    rule = {"service": "sqs", "operation": "SendMessage", "effect": "lost_answer"}
    return AwsFault("queue", "SQS takes the job and its answer gets lost", the_jobs_queue, rule)


def delivered_twice() -> AwsFault:
    """What was worked off is not deleted, so SQS delivers it again once its visibility timeout is over."""
    rule = {"service": "sqs", "operation": "DeleteMessageBatch", "callers": ["mapping"]}
    return AwsFault("queue", "SQS does not delete what was worked off, and delivers it again", the_jobs_queue, rule)


def postponing_fails() -> AwsFault:
    """A returned job's visibility timeout can not be set, so the queue's own holds."""
    rule = {"service": "sqs", "operation": "ChangeMessageVisibility"}
    return AwsFault("queue", "SQS does not let the worker postpone a job", the_jobs_queue, rule)


def delivered_late(duration: Duration) -> "DeliveredLate":
    """Every job that is sent shows up so long after.

    Raises:
        ValueError: SQS takes a delay of 1 to 900 seconds.
    """
    seconds = seconds_of(duration)
    if not 1 <= seconds <= LONGEST_DELAY_SECONDS:
        raise ValueError(f"SQS delays by 1 to {LONGEST_DELAY_SECONDS} seconds, not by {seconds:g}")
    return DeliveredLate(round(seconds))


def relay_off() -> "RelayOff":
    """The relay's schedule is switched off: nobody sends what was left in the outbox, and nothing is swept."""
    return RelayOff()


@dataclass(frozen=True)
class QueueDown:
    family = "queue"

    def describe(self) -> str:
        return "SQS does not answer the API"

    def start(self, world: QueueWorld) -> "ActiveQueueDown":
        refused_before = world.sqs_proxy.refused
        world.sqs_proxy.cut()
        return ActiveQueueDown(world.sqs_proxy, refused_before)


@dataclass
class ActiveQueueDown:
    _proxy: TcpProxy
    _refused_before: int

    @property
    def times_triggered(self) -> int:
        return self._proxy.refused - self._refused_before

    def stop(self) -> None:
        self._proxy.mend()


@dataclass(frozen=True)
class RelayOff:
    family = "queue"

    def describe(self) -> str:
        return "the relay's schedule is off"

    def start(self, world: RelayWorld) -> "ActiveRelayOff":
        world.relay.schedule(False)
        return ActiveRelayOff(world)


class ActiveRelayOff:
    """Met once for every run that there should have been and was not."""

    def __init__(self, world: RelayWorld) -> None:
        self._world = world
        self._since = world.clock.now()
        self._runs_before = world.relay.runs()
        self._missed: int | None = None

    @property
    def times_triggered(self) -> int:
        return self._missed_so_far() if self._missed is None else self._missed

    def stop(self) -> None:
        if self._missed is None:
            self._missed = self._missed_so_far()
            self._world.relay.schedule(True)

    def _missed_so_far(self) -> int:
        planned = int((self._world.clock.now() - self._since) / RELAY_EVERY)
        return max(planned - (self._world.relay.runs() - self._runs_before), 0)


@dataclass(frozen=True)
class DeliveredLate:
    delay_seconds: int
    family = "queue"

    def describe(self) -> str:
        return f"SQS delivers jobs {in_words(self.delay_seconds)} late"

    def start(self, world: DelayWorld) -> "ActiveDeliveredLate":
        return ActiveDeliveredLate(world, self.delay_seconds)


class ActiveDeliveredLate:
    """A queue whose own delay was changed; counts what was sent to it meanwhile."""

    def __init__(self, world: DelayWorld, delay_seconds: int) -> None:
        self._world = world
        self._delay_before = self._delay()
        sends = {"service": "sqs", "operation": "SendMessage", "resource": the_jobs_queue(world.pipeline)}
        self._sends = ActiveAwsFault(world.chaos, world.chaos.add({**sends, "effect": "count"}))
        self._set_delay(str(delay_seconds))
        self._stopped = False

    @property
    def times_triggered(self) -> int:
        return self._sends.times_triggered

    def stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            self._set_delay(self._delay_before)
            self._sends.stop()

    def _delay(self) -> str:
        url = self._world.pipeline.jobs_queue_url
        return self._world.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])["Attributes"][
            "DelaySeconds"
        ]

    def _set_delay(self, delay_seconds: str) -> None:
        url = self._world.pipeline.jobs_queue_url
        self._world.sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": delay_seconds})
