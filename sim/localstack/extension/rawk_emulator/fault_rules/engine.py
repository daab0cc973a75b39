"""Rules in the order in which they were added; the first that is triggered by a call decides what happens to it.

A rule counts the calls that its matcher matches within its window. Then its selection decides whether the call
triggers it: by number (n-th, first), and by a probability.
"""

import hashlib
import random
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from .fields import InvalidRequest

MAX_DRAW = 2**64


class Call(Protocol):
    """A call as the engine sees it."""

    def random_key(self, number: int) -> str:
        """What a seeded probability depends on besides the seed; `number` counts the rule's matching calls from 1."""
        ...


class Rule[CallT: Call](Protocol):
    """What a rule of an API has to offer to the engine."""

    @property
    def id(self) -> str: ...

    @property
    def selection(self) -> "Selection": ...

    @property
    def only_counts(self) -> bool:
        """Whether the rule counts what triggers it and leaves the call to later rules."""
        ...

    def matches(self, call: CallT) -> bool:
        """Whether the rule is about this call."""
        ...


@dataclass(frozen=True)
class Selection:
    """Which of the matching calls trigger a rule.

    The window begins `after_seconds` after the rule was added and lasts for `for_seconds` (None: without end). `nth`
    and `first` count the matching calls in the window from 1. With a `seed` the probability depends on the seed and
    the call's `random_key` alone; without one it is drawn anew for each call.
    """

    after_seconds: float = 0.0
    for_seconds: float | None = None
    nth: int | None = None
    first: int | None = None
    probability: float = 1.0
    seed: int | None = None

    def __post_init__(self) -> None:
        """Raises InvalidRequest."""
        if self.for_seconds == 0:
            raise InvalidRequest("a window of 0 seconds ends before it begins")

    def is_in_window(self, age_seconds: float) -> bool:
        """Whether a rule that was added so long ago is in effect."""
        end_seconds = float("inf") if self.for_seconds is None else self.after_seconds + self.for_seconds
        return self.after_seconds <= age_seconds < end_seconds

    def selects(self, number: int, call: Call) -> bool:
        """Whether the matching call of this number triggers the rule."""
        if self.nth not in (None, number) or (self.first is not None and number > self.first):
            return False
        if self.probability >= 1:
            return True
        return self._draw(call.random_key(number)) < self.probability

    def _draw(self, key: str) -> float:
        if self.seed is None:
            return random.random()
        digest = hashlib.sha256(f"{self.seed}/{key}".encode()).digest()
        return int.from_bytes(digest[:8]) / MAX_DRAW


@dataclass(eq=False)
class ActiveRule[RuleT]:
    """A rule in effect, with its counts. `removed` is set when it is removed, and releases the calls that it holds."""

    rule: RuleT
    since_seconds: float
    calls: int = 0
    times_triggered: int = 0
    removed: threading.Event = field(default_factory=threading.Event)


class RuleSet[CallT: Call, RuleT: Rule]:  # type: ignore[type-arg]
    """The rules in effect. Safe for several threads; times are seconds of whichever clock the caller reads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._active: list[ActiveRule[RuleT]] = []

    def trigger(
        self, call: CallT, now_seconds: float, among: Callable[[RuleT], bool] = lambda _: True
    ) -> ActiveRule[RuleT] | None:
        """Count the call, and return the rule that it triggers, if any; only rules `among` those are considered."""
        with self._lock:
            for active in self._active:
                rule = active.rule
                age_seconds = now_seconds - active.since_seconds
                if not (among(rule) and rule.matches(call) and rule.selection.is_in_window(age_seconds)):
                    continue
                active.calls += 1
                if rule.selection.selects(active.calls, call):
                    active.times_triggered += 1
                    if not rule.only_counts:
                        return active
        return None

    def active(self) -> list[ActiveRule[RuleT]]:
        """The rules in effect, in order."""
        with self._lock:
            return list(self._active)

    def find(self, rule_id: str) -> ActiveRule[RuleT] | None:
        """The rule of this id; None when there is none."""
        return next((active for active in self.active() if active.rule.id == rule_id), None)

    def add(self, rules: Iterable[RuleT], now_seconds: float) -> None:
        """Add rules after the others. A rule whose id exists already replaces that one, and its counts start anew."""
        new = {rule.id: ActiveRule(rule, now_seconds) for rule in rules}
        with self._lock:
            before = self._active
            self._active = [new.pop(active.rule.id, active) for active in before]
            self._active += new.values()
            self._release(before)

    def replace(self, rules: Iterable[RuleT], now_seconds: float) -> None:
        """Put these rules in effect instead of all others."""
        with self._lock:
            before, self._active = self._active, [ActiveRule(rule, now_seconds) for rule in rules]
            self._release(before)

    def remove(self, is_unwanted: Callable[[RuleT], bool]) -> list[ActiveRule[RuleT]]:
        """Remove the unwanted rules; returns them with their last counts."""
        with self._lock:
            before = self._active
            self._active = [active for active in before if not is_unwanted(active.rule)]
            return self._release(before)

    def take(self, rule_id: str) -> ActiveRule[RuleT] | None:
        """Remove the rule of this id; returns it with its last counts."""
        return next(iter(self.remove(lambda rule: rule.id == rule_id)), None)

    def _release(self, before: list[ActiveRule[RuleT]]) -> list[ActiveRule[RuleT]]:
        gone = [active for active in before if active not in self._active]
        for active in gone:
            active.removed.set()
        return gone
