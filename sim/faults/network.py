"""What the network between the product and its database can do to us. Its waits are real: clients' patience is, too."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sim.faults.aws import Duration, in_words, seconds_of
from sim.faults.database import DatabaseWorld
from sim.platform.tcp_proxy import TcpProxy

LONGEST_LATENCY_SECONDS = 30.0
"""In real time: longer, and the scenario would be what people wait for."""


def latency(duration: Duration) -> "BadNetwork":
    """Every answer of Postgres arrives so much later, in real time.

    Raises:
        ValueError: no latency, or more than 30 seconds.
    """
    seconds = seconds_of(duration)
    if not 0 < seconds <= LONGEST_LATENCY_SECONDS:
        raise ValueError(f"a latency is more than 0 and at most {LONGEST_LATENCY_SECONDS:g} seconds, not {seconds:g}")
    return BadNetwork("slow", f"the network holds up the database's answers by {in_words(seconds)}", seconds)


def down() -> "BadNetwork":
    """Connections to the database are reset and refused."""
    return BadNetwork("cut", "the network resets every connection to the database")


def blackhole() -> "BadNetwork":
    """Nothing gets through to the database, and nobody is told."""
    return BadNetwork("swallow", "the network swallows what is sent to the database")


@dataclass(frozen=True)
class BadNetwork:
    how: Literal["slow", "cut", "swallow"]
    words: str
    delay_seconds: float = 0.0
    family: str = "network"

    def describe(self) -> str:
        return self.words

    def start(self, world: DatabaseWorld) -> "ActiveBadNetwork":
        proxy = world.database.proxy
        active = ActiveBadNetwork(proxy, COUNTS[self.how])
        match self.how:
            case "slow":
                proxy.slow_down(self.delay_seconds)
            case "cut":
                proxy.cut()
            case "swallow":
                proxy.swallow()
        return active


COUNTS: dict[Literal["slow", "cut", "swallow"], Callable[[TcpProxy], int]] = {
    "slow": lambda proxy: proxy.delayed,
    "cut": lambda proxy: proxy.refused,
    "swallow": lambda proxy: proxy.swallowed,
}


class ActiveBadNetwork:
    """Counts answers held up, connections refused, or pieces of data swallowed."""

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
            self._proxy.mend()
