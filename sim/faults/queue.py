"""What SQS can do to us."""

from dataclasses import dataclass
from typing import Protocol

from sim.engines.relay import Relay


class QueueWorld(Protocol):
    """What these faults need of a world: the relay that stands between the API and SQS."""

    @property
    def sqs_relay(self) -> Relay: ...


@dataclass(frozen=True)
class QueueDown:
    family = "queue"

    def describe(self) -> str:
        return "SQS does not answer the API"

    def start(self, world: QueueWorld) -> "ActiveQueueDown":
        refused_before = world.sqs_relay.refused
        world.sqs_relay.cut()
        return ActiveQueueDown(world.sqs_relay, refused_before)


@dataclass
class ActiveQueueDown:
    _relay: Relay
    _refused_before: int

    @property
    def times_met(self) -> int:
        return self._relay.refused - self._refused_before

    def stop(self) -> None:
        self._relay.mend()


def down() -> QueueDown:
    """Connections from the API to SQS are refused; the worker, which SQS itself calls, is not concerned."""
    return QueueDown()
