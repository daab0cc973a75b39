"""Failures of the network between the product and its database. They last in real time, because database timeouts are
measured in real time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sim.faults.aws import Duration, in_words, seconds_of
from sim.faults.database import DatabaseWorld
from sim.platform.tcp_proxy import TcpProxy

LONGEST_LATENCY_SECONDS = 30.0
"""In real time. A longer latency would make the scenario itself slow."""


def latency(duration: Duration) -> "BadNetwork":
    """Every response of Postgres is delayed by the duration, in real time.

    Raises:
        ValueError: no latency, or more than 30 seconds.
    """
    seconds = seconds_of(duration)
    if not 0 < seconds <= LONGEST_LATENCY_SECONDS:
        raise ValueError(f"a latency is more than 0 and at most {LONGEST_LATENCY_SECONDS:g} seconds, not {seconds:g}")
    return BadNetwork("slow", f"the network delays responses of Postgres by {in_words(seconds)}", seconds)


def down() -> "BadNetwork":
    """Open connections to the database are reset, new ones are refused."""
    return BadNetwork("cut", "the network resets connections to Postgres")


def blackhole() -> "BadNetwork":
    """Packets to the database are dropped without an error."""
    return BadNetwork("swallow", "the network drops packets to Postgres")


@dataclass(frozen=True)
class BadNetwork:
    how: Literal["slow", "cut", "swallow"]
    description: str
    delay_seconds: float = 0.0
    family: str = "network"

    def describe(self) -> str:
        return self.description

    def start(self, world: DatabaseWorld) -> "ActiveBadNetwork":
        proxy = world.database.proxy
        active = ActiveBadNetwork(proxy, COUNTS[self.how])
        match self.how:
            case "slow":
                proxy.slow_down(self.delay_seconds)
            case "cut":
                proxy.cut()
            case "swallow":
                proxy.drop_data()
        return active


COUNTS: dict[Literal["slow", "cut", "swallow"], Callable[[TcpProxy], int]] = {
    "slow": lambda proxy: proxy.delayed,
    "cut": lambda proxy: proxy.refused,
    "swallow": lambda proxy: proxy.dropped,
}


class ActiveBadNetwork:
    """Counts delayed responses, refused connections or dropped chunks of data."""

    def __init__(self, proxy: TcpProxy, count: Callable[[TcpProxy], int]) -> None:
        self._proxy = proxy
        self._count = count
        self._before = count(proxy)
        self._final: int | None = None

    @property
    def times_triggered(self) -> int:
        return self._count(self._proxy) - self._before if self._final is None else self._final

    def stop(self) -> None:
        if self._final is None:
            self._final = self.times_triggered
            self._proxy.restore()
