"""Who decides what happens at a call: chance, or what chance decided the last time."""

from random import Random
from typing import Protocol

from sim.explorer.plan.call_sites import Site, Trouble
from sim.explorer.plan.plan import HOUR_MS, MINUTE_MS, SECOND_MS, Decisions, Rates, Struck

FROZEN_MS = (5 * SECOND_MS, MINUTE_MS, 6 * MINUTE_MS, 40 * MINUTE_MS, 2 * HOUR_MS)
"""Past nothing, past the relay's deadline, past the lease, past the visibility timeout, past its growing gap."""
LATE_MS = (MINUTE_MS, 10 * MINUTE_MS, HOUR_MS)
RETRY_AFTER_MS = (SECOND_MS, 20 * SECOND_MS, 200 * SECOND_MS, HOUR_MS)


class Decider(Protocol):
    def decide(self, site: Site, actor: str, number: int) -> int | Struck:
        """How long (ms) the call is under way before its effect; or what befalls it."""


class Usual:
    """Nothing goes wrong; used when the weather has cleared."""

    __slots__ = ()

    def decide(self, site: Site, actor: str, number: int) -> int | Struck:  # noqa: ARG002
        return site.usual_ms


class Remembered:
    """What was decided before; all else is as usual."""

    __slots__ = ("_decisions",)

    def __init__(self, decisions: Decisions) -> None:
        self._decisions = decisions

    def decide(self, site: Site, actor: str, number: int) -> int | Struck:
        return self._decisions.get((actor, number), site.usual_ms)


class Drawn:
    """Chance decides; with `memo` it is written down, too."""

    __slots__ = ("_jitter", "_jitter_ms", "_memo", "_random", "_rates", "_uniform")

    def __init__(self, rates: Rates, memo: Decisions | None = None) -> None:
        self._random = Random(rates.seed)
        self._uniform = self._random.random
        self._rates = rates.troubles
        self._jitter = rates.jitter
        self._jitter_ms = rates.longest_jitter_ms
        self._memo = memo

    def decide(self, site: Site, actor: str, number: int) -> int | Struck:
        uniform = self._uniform
        decided: int | Struck
        rate, troubles = self._rates[site.index]
        if rate and uniform() < rate:
            trouble = troubles[int(uniform() * len(troubles))]
            decided = Struck(trouble, self._ms(site, trouble))
        elif uniform() < self._jitter:
            # Cubed: mostly short, and now and then long.
            decided = 1 + int(uniform() ** 3 * self._jitter_ms)
        else:
            return site.usual_ms
        if self._memo is not None:
            self._memo[actor, number] = decided
        return decided

    def _ms(self, site: Site, trouble: Trouble) -> int:
        choose = self._random.choice
        match trouble:
            case Trouble.ERROR | Trouble.LOST | Trouble.BILLED_AND_LOST:
                return choose((site.usual_ms, site.patience_ms))
            case Trouble.SLOW:
                return int(self._uniform() * site.patience_ms)
            case Trouble.FROZEN:
                return choose(FROZEN_MS)
            case Trouble.LATE:
                return choose(LATE_MS)
            case Trouble.DELIVERED_TWICE:
                return 1 + int(self._uniform() * 20 * SECOND_MS)
            case Trouble.RATE_LIMITED:
                return choose(RETRY_AFTER_MS)
            case _:
                return site.usual_ms
