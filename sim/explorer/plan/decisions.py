"""What decides about each call of a port: a seeded random generator, or a record of earlier decisions."""

from random import Random
from typing import Protocol

from sim.explorer.plan.call_sites import CallSite, FaultKind
from sim.explorer.plan.plan import HOUR_MS, MINUTE_MS, SECOND_MS, CallFault, Decisions, Rates

FROZEN_MS = (5 * SECOND_MS, MINUTE_MS, 6 * MINUTE_MS, 40 * MINUTE_MS, 2 * HOUR_MS)
"""In this order, what expires in the meantime: nothing; the relay's deadline; the lease; the visibility timeout; the
visibility timeout after it has grown."""
LATE_MS = (MINUTE_MS, 10 * MINUTE_MS, HOUR_MS)
RETRY_AFTER_MS = (SECOND_MS, 20 * SECOND_MS, 200 * SECOND_MS, HOUR_MS, 4 * HOUR_MS)


class Decider(Protocol):
    def decide(self, site: CallSite, actor: str, number: int) -> int | CallFault:
        """How long (ms) the call is under way before its effect; or the fault to inject.

        `number` counts the actor's calls of that site.
        """


class NoFaults:
    """No faults and usual durations: for the time after the faults have ended."""

    __slots__ = ()

    def decide(self, site: CallSite, actor: str, number: int) -> int | CallFault:  # noqa: ARG002
        return site.usual_ms


class RecordedDecisions:
    """Recorded decisions; every other call is without a fault and takes its usual time."""

    __slots__ = ("_decisions",)

    def __init__(self, decisions: Decisions) -> None:
        self._decisions = decisions

    def decide(self, site: CallSite, actor: str, number: int) -> int | CallFault:
        return self._decisions.get((actor, site.name, number), site.usual_ms)


class RandomDecisions:
    """Random decisions from a seed; with `record` they are recorded."""

    __slots__ = ("_jitter", "_jitter_ms", "_random", "_rates", "_record", "_uniform")

    def __init__(self, rates: Rates, record: Decisions | None = None) -> None:
        self._random = Random(rates.seed)
        self._uniform = self._random.random
        self._rates = rates.fault_kinds
        self._jitter = rates.jitter
        self._jitter_ms = rates.longest_jitter_ms
        self._record = record

    def decide(self, site: CallSite, actor: str, number: int) -> int | CallFault:
        uniform = self._uniform
        decided: int | CallFault
        rate, fault_kinds = self._rates[site.index]
        if rate and uniform() < rate:
            kind = fault_kinds[int(uniform() * len(fault_kinds))]
            decided = CallFault(kind, self._ms(site, kind))
        elif uniform() < self._jitter:
            # Cubed: mostly short, sometimes long.
            decided = 1 + int(uniform() ** 3 * self._jitter_ms)
        else:
            return site.usual_ms
        if self._record is not None:
            self._record[actor, site.name, number] = decided
        return decided

    def _ms(self, site: CallSite, kind: FaultKind) -> int:
        choose = self._random.choice
        match kind:
            case FaultKind.ERROR | FaultKind.LOST | FaultKind.BILLED_AND_LOST:
                return choose((site.usual_ms, site.timeout_ms))
            case FaultKind.SLOW:
                return int(self._uniform() * site.timeout_ms)
            case FaultKind.FROZEN:
                return choose(FROZEN_MS)
            case FaultKind.LATE:
                return choose(LATE_MS)
            case FaultKind.DELIVERED_TWICE:
                return 1 + int(self._uniform() * 20 * SECOND_MS)
            case FaultKind.RATE_LIMITED:
                return choose(RETRY_AFTER_MS)
            case _:
                return site.usual_ms
