"""Failures of SQS and of the relay. Every fault affects this pipeline's queues alone."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from sim.clock.clocks import SimulationClock
from sim.engines.base.relay_control import RelayControl
from sim.faults.aws import (
    ANSWERS,
    EVERY_CALLER,
    FUNCTIONS,
    ActiveAwsFault,
    AnswerKind,
    AwsFault,
    AwsWorld,
    Duration,
    answering,
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
"""Amazon SQS API Reference, SetQueueAttributes, DelaySeconds."""


class QueueWorld(Protocol):
    """What `down` and `hanging` need: the TCP proxy between the API and SQS."""

    @property
    def sqs_proxy(self) -> TcpProxy: ...


class RelayWorld(Protocol):
    """What `relay_off` needs: the relay's schedule and its number of runs."""

    @property
    def clock(self) -> SimulationClock: ...

    @property
    def relay(self) -> RelayControl: ...


class DelayWorld(AwsWorld, Protocol):
    """What `delivered_late` needs: SQS itself."""

    @property
    def sqs(self) -> "SQSClient": ...


def down() -> "QueueDown":
    """Connections from the API to SQS are refused. The worker's event source mapping is unaffected."""
    return QueueDown()


def down_for_all() -> AwsFault:
    """503 to every caller: API, relay, operator, worker, and the event source mapping of the worker."""
    return AwsFault(
        "queue", "SQS answers 503 to every caller", every_queue, {"service": "sqs", "callers": [*EVERY_CALLER]}
    )


def hanging() -> "QueueHanging":
    """The network swallows what the API and SQS send to each other. The worker's event source mapping is unaffected.

    The API waits in real time, as long as its timeouts.
    """
    return QueueHanging()


def hanging_for_functions() -> AwsFault:
    """No call of worker and relay about the queues is answered; none takes effect. They wait in virtual time, as long
    as their timeouts. The worker's event source mapping is unaffected."""
    rule = {"service": "sqs", "callers": [*FUNCTIONS], "effect": "hang"}
    return AwsFault("queue", "SQS does not answer worker and relay", every_queue, rule)


def answers(kind: AnswerKind) -> AwsFault:
    """Status 200 with an answer that is no success, on every call about the jobs queue over HTTP.

    `empty`, `html`, `other_json`, `error_body` and `truncated` come instead of the call's effect, as from a proxy in
    between; after `partial` the call has taken effect, and the answer lacks its message id and its request id.

    Raises:
        ValueError: an unknown kind.
    """
    rule = answering("sqs", kind)
    return AwsFault("queue", f"SQS answers 200 with {ANSWERS[kind]}", the_jobs_queue, rule)


def throttled() -> AwsFault:
    """403 RequestThrottled on sends to the jobs queue (Amazon SQS API Reference, SendMessage, Errors)."""
    error = {"statusCode": 403, "code": "RequestThrottled"}
    rule = {"service": "sqs", "operations": ["SendMessage", "SendMessageBatch"], "error": error}
    return AwsFault("queue", "SQS answers 403 RequestThrottled on SendMessage", the_jobs_queue, rule)


def send_response_lost() -> AwsFault:
    """The job is enqueued, then the connection is reset: the sender cannot know that it is."""
    rule = {"service": "sqs", "operation": "SendMessage", "effect": "lost_answer"}
    return AwsFault("queue", "SQS enqueues the job and its response is lost", the_jobs_queue, rule)


def delivered_twice() -> AwsFault:
    """Processed messages are not deleted, so SQS delivers them again after their visibility timeout."""
    rule = {"service": "sqs", "operation": "DeleteMessageBatch", "callers": ["mapping"]}
    return AwsFault("queue", "SQS does not delete processed messages, and delivers them again", the_jobs_queue, rule)


def visibility_change_fails() -> AwsFault:
    """The visibility timeout of a returned job cannot be changed, so that of the queue applies."""
    rule = {"service": "sqs", "operation": "ChangeMessageVisibility"}
    return AwsFault("queue", "SQS answers 503 on ChangeMessageVisibility", the_jobs_queue, rule)


def delivered_late(duration: Duration) -> "DeliveredLate":
    """Every job that is sent becomes visible after the duration.

    Raises:
        ValueError: the delay is not from 1 to 900 seconds, which is what SQS allows.
    """
    seconds = seconds_of(duration)
    if not 1 <= seconds <= LONGEST_DELAY_SECONDS:
        raise ValueError(f"SQS delays by 1 to {LONGEST_DELAY_SECONDS} seconds, not by {seconds:g}")
    return DeliveredLate(round(seconds))


def relay_off() -> "RelayOff":
    """The relay's schedule is disabled: the outbox is not sent and nothing is swept. Triggered by each missed run."""
    return RelayOff()


@dataclass(frozen=True)
class QueueDown:
    family = "queue"

    def describe(self) -> str:
        return "SQS refuses connections from the API"

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
        self._proxy.restore()


@dataclass(frozen=True)
class QueueHanging:
    family = "queue"

    def describe(self) -> str:
        return "the network drops packets between the API and SQS"

    def start(self, world: QueueWorld) -> "ActiveQueueHanging":
        dropped_before = world.sqs_proxy.dropped
        world.sqs_proxy.drop_data()
        return ActiveQueueHanging(world.sqs_proxy, dropped_before)


@dataclass
class ActiveQueueHanging:
    _proxy: TcpProxy
    _dropped_before: int

    @property
    def times_triggered(self) -> int:
        return self._proxy.dropped - self._dropped_before

    def stop(self) -> None:
        self._proxy.restore()


@dataclass(frozen=True)
class RelayOff:
    family = "queue"

    def describe(self) -> str:
        return "the relay's schedule is disabled"

    def start(self, world: RelayWorld) -> "ActiveRelayOff":
        world.relay.schedule(False)
        return ActiveRelayOff(world)


class ActiveRelayOff:
    """Triggered once for every scheduled run that did not happen."""

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
    """A queue with a changed delay. Counts the messages sent to it meanwhile."""

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
