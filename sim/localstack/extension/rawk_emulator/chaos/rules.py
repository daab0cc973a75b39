"""Which AWS calls meet a fault: rules in the JSON of LocalStack's Chaos API, with additions of ours.

As published (https://docs.localstack.cloud/aws/capabilities/chaos-engineering/chaos-api/): a list of `{service, region,
operation, probability, error: {statusCode, code}}`, all of it optional, looked at in order until the first that is met.
Added here, all of it optional too:

- `id`: a name, to count and to remove the rule by; one is made up otherwise.
- `operations`: several, instead of `operation`, that share one count.
- `resource`: a part of the name of what the call is about (bucket, key, queue, function, secret), or several parts;
  with a `$` behind it, its end.
- `callers`: who is hit, of `client`, `function` (both over HTTP), `http` (either; the default), `mapping` (SQS event
  source mappings, which call without HTTP). `mapping` is also hit by `[]`: everybody.
- `window`: `{"after": seconds, "for": seconds}` since the rule was put in place, in the world's time.
- `nth`, `first`: only the n-th fitting call, only the first so many.
- `seed`: makes the probability depend on nothing but the seed and the number of the call.
- `effect`: `error` (the default); `reset`: the connection is reset, nothing is done; `lost_answer`: all is done, then
  the caller gets the `error`, or a reset where none is given; `slow`: only `latency_ms`; `count`: nothing at all, and
  later rules are looked at too; `hold`, `hold_answer`: the call waits, before or after its effect, until the rule is
  removed, and then goes on, or with `"then": "reset"` is reset.
- `latency_ms`: to wait before the call, whatever the effect, in the world's time.

Nothing here knows LocalStack.
"""

import hashlib
import random
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

DEFAULT_STATUS_CODE = 503
DEFAULT_CODE = "ServiceUnavailable"


@dataclass(frozen=True)
class Call:
    """One AWS call, as far as rules look at it. `resources` are the names it is about."""

    service: str
    operation: str
    region: str
    caller: str
    resources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refusal:
    """The error a caller gets."""

    status_code: int = DEFAULT_STATUS_CODE
    code: str = DEFAULT_CODE


@dataclass(frozen=True)
class Rule:
    """A rule as it was given, read and checked."""

    given: Mapping[str, Any] = field(repr=False)
    id: str
    service: str | None
    region: str | None
    operations: frozenset[str]
    resources: tuple[str, ...]
    callers: frozenset[str]
    after_seconds: float
    for_seconds: float
    nth: int | None
    first: int | None
    probability: float
    seed: int | None
    effect: str
    refusal: Refusal | None
    then_reset: bool
    latency_seconds: float

    def fits(self, call: Call, age_seconds: float) -> bool:
        """Whether the call is one of those that are counted."""
        return (
            self.service in (None, call.service)
            and self.region in (None, call.region)
            and (not self.operations or call.operation in self.operations)
            and call.caller in self.callers
            and all(any(_stands_in(part, name) for name in call.resources) for part in self.resources)
            and self.after_seconds <= age_seconds < self.after_seconds + self.for_seconds
        )

    def hits(self, number: int) -> bool:
        """Whether the fitting call of that number, counted from 1, is hit."""
        wanted = self.nth in (None, number) and (self.first is None or number <= self.first)
        return wanted and self._by_chance(number)

    def _by_chance(self, number: int) -> bool:
        if self.probability >= 1:
            return True
        if self.seed is None:
            return random.random() < self.probability
        drawn = hashlib.sha256(f"{self.seed}/{number}".encode()).digest()
        return int.from_bytes(drawn[:8]) / 2**64 < self.probability


@dataclass(eq=False)
class Placed:
    """A rule in force, with its counts. `removed` lets go of the calls it holds."""

    rule: Rule
    since_seconds: float
    calls: int = 0
    times_triggered: int = 0
    removed: threading.Event = field(default_factory=threading.Event)

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.rule.id,
            "rule": self.rule.given,
            "calls": self.calls,
            "times_triggered": self.times_triggered,
        }


class Book:
    """The rules in force, and the latency of everything. Safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._placed: list[Placed] = []
        self.latency_ms = 0.0

    def meet(self, call: Call, now_seconds: float) -> Placed | None:
        """Count the call, and give the rule that decides what becomes of it."""
        with self._lock:
            for placed in self._placed:
                if not placed.rule.fits(call, now_seconds - placed.since_seconds):
                    continue
                placed.calls += 1
                if placed.rule.hits(placed.calls):
                    placed.times_triggered += 1
                    if placed.rule.effect != "count":
                        return placed
        return None

    def given(self) -> list[Mapping[str, Any]]:
        """The rules as they were given, in order."""
        with self._lock:
            return [placed.rule.given for placed in self._placed]

    def replace(self, rules: Iterable[Rule], now_seconds: float) -> None:
        """Put these in force instead of all others."""
        with self._lock:
            gone, self._placed = self._placed, [Placed(rule, now_seconds) for rule in rules]
        _let_go(gone)

    def add(self, rules: Iterable[Rule], now_seconds: float) -> None:
        """Put these in force after the others. A rule whose id is there already takes its place."""
        new = [Placed(rule, now_seconds) for rule in rules]
        ids = {placed.rule.id for placed in new}
        with self._lock:
            gone = [placed for placed in self._placed if placed.rule.id in ids]
            self._placed = [placed for placed in self._placed if placed.rule.id not in ids] + new
        _let_go(gone)

    def remove(self, unwanted: Iterable[Mapping[str, Any]]) -> None:
        """Remove the rules given in exactly these words; what is not there is no error."""
        unwanted = list(unwanted)
        with self._lock:
            gone = [placed for placed in self._placed if placed.rule.given in unwanted]
            self._placed = [placed for placed in self._placed if placed not in gone]
        _let_go(gone)

    def find(self, rule_id: str) -> Placed | None:
        """The rule of that id, if it is in force."""
        with self._lock:
            return next((placed for placed in self._placed if placed.rule.id == rule_id), None)

    def take_out(self, rule_id: str) -> Placed | None:
        """Remove the rule of that id; gives it with its last counts."""
        placed = self.find(rule_id)
        if placed is not None:
            self.remove([placed.rule.given])
        return placed


def _stands_in(part: str, name: str) -> bool:
    return name.endswith(part[:-1]) if part.endswith("$") else part in name


def _let_go(gone: Iterable[Placed]) -> None:
    for placed in gone:
        placed.removed.set()
