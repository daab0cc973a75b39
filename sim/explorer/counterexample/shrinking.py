"""From a world that broke a promise to the least of it that still does.

Parts of the plan and single decisions are taken away as long as the same promise is broken. What is left is a plan and
decisions written out, so it plays the same way without any chance at all.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sim.explorer.plan.call_sites import Trouble
from sim.explorer.plan.decisions import Drawn, Remembered
from sim.explorer.plan.plan import MINUTE_MS, CallName, Decisions, Plan, Struck
from sim.explorer.plan.random_plan import drawn_plan
from sim.explorer.world.world import Outcome, Tell, World

MOST_RUNS = 3_000
"""Of one shrinking: a few seconds."""
_SHORT_MS = 1_000


@dataclass(frozen=True, slots=True)
class Broken:
    """A world written out, and the promise that it breaks."""

    seed: int
    plan: Plan
    decisions: Decisions
    promise: str
    found: str

    def play(self, tell: Tell | None = None) -> Outcome:
        return World(self.plan, Remembered(self.decisions), tell).run()


class NotBroken(Exception):
    """The world keeps its promises."""


def broken_world(seed: int) -> Broken:
    """The world of that seed, written out. Raises NotBroken."""
    plan, rates = drawn_plan(seed)
    memo: Decisions = {}
    outcome = World(plan, Drawn(rates, memo)).run()
    if outcome.broken is None:
        raise NotBroken(f"the world of seed {seed} keeps every promise")
    return Broken(seed, plan, memo, *outcome.broken)


def shrink(broken: Broken) -> Broken:
    """Something smaller that breaks the same promise, and nothing can be left out of it any more."""
    shrinking = _Shrinking(broken)
    size = None
    while size != (size := shrinking.size()) and shrinking.runs < MOST_RUNS:
        shrinking.drop_decisions()
        shrinking.drop_acts()
        shrinking.simplify_plan()
        shrinking.simplify_acts()
        shrinking.simplify_decisions()
        shrinking.come_earlier()
    return shrinking.best


class _Shrinking:
    def __init__(self, broken: Broken) -> None:
        self.best = broken
        self.runs = 0

    def size(self) -> tuple[int, int, int]:
        plan, decisions = self.best.plan, self.best.decisions
        lateness = sum(act.at_ms for act in plan.acts) + sum(ord(letter) for name in decisions for letter in name[0])
        return len(plan.acts) + len(plan.outages), len(decisions), lateness

    def _still_broken(self, plan: Plan, decisions: Decisions) -> bool:
        """Takes it for the best so far if it is."""
        if self.runs >= MOST_RUNS:
            return False
        self.runs += 1
        outcome = World(plan, Remembered(decisions)).run()
        if outcome.broken is None or outcome.broken[0] != self.best.promise:
            return False
        self.best = replace(self.best, plan=plan, decisions=decisions, found=outcome.broken[1])
        return True

    def drop_decisions(self) -> None:
        plain: Decisions = {
            name: decided for name, decided in self.best.decisions.items() if isinstance(decided, Struck)
        }
        if len(plain) < len(self.best.decisions):
            self._still_broken(self.best.plan, plain)
        self._drop(
            lambda: list(self.best.decisions),
            lambda kept: self._still_broken(
                self.best.plan, {name: self.best.decisions[name] for name in kept if name in self.best.decisions}
            ),
        )

    def drop_acts(self) -> None:
        self._drop(
            lambda: list(self.best.plan.acts),
            lambda kept: self._still_broken(replace(self.best.plan, acts=tuple(kept)), self.best.decisions),
        )
        self._drop(
            lambda: list(self.best.plan.outages),
            lambda kept: self._still_broken(replace(self.best.plan, outages=tuple(kept)), self.best.decisions),
        )

    def _drop[Part](self, parts: Callable[[], list[Part]], keep: Callable[[list[Part]], bool]) -> None:
        """Leave out as much at a time as goes: halves, quarters, …, single ones."""
        size = len(parts())
        while size:
            at = 0
            while at < len(parts()):
                now = parts()
                if not keep(now[:at] + now[at + size :]):
                    at += size
            size //= 2

    def simplify_plan(self) -> None:
        for simpler in _simpler_plans(self.best.plan):
            self._still_broken(replace(self.best.plan, **simpler), self.best.decisions)

    def simplify_acts(self) -> None:
        for place in range(len(self.best.plan.acts)):
            for change in ({"at_ms": place * _SHORT_MS}, {"key": False}, {"tenant": 0}):
                acts = list(self.best.plan.acts)
                simpler = replace(acts[place], **change)
                if simpler != acts[place] and simpler.at_ms <= acts[place].at_ms:
                    acts[place] = simpler
                    self._still_broken(replace(self.best.plan, acts=tuple(acts)), self.best.decisions)

    def simplify_decisions(self) -> None:
        for name in list(self.best.decisions):
            for simpler in _simpler_decisions(self.best.decisions[name]):
                changed: dict[CallName, Struck | int] = {**self.best.decisions, name: simpler}
                if self._still_broken(self.best.plan, changed):
                    break

    def come_earlier(self) -> None:
        """What befell the third worker on a memory may as well befall the first."""
        for name in list(self.best.decisions):
            for earlier in _earlier_names(name):
                changed = {earlier if each == name else each: what for each, what in self.best.decisions.items()}
                if earlier not in self.best.decisions and self._still_broken(self.best.plan, changed):
                    break


def _earlier_names(name: CallName) -> Iterator[CallName]:
    actor, call = name
    number = _WORKER.match(actor)
    for earlier in range(1, int(number[1])) if number else ():
        for shifted in (call, call + 1, call + 2):
            yield f"worker {earlier} on {number[2] if number else ''}", shifted


_WORKER = re.compile(r"worker (\d+) on (.+)")


def _simpler_plans(plan: Plan) -> Iterator[dict[str, Any]]:
    if plan.batch > 1:
        yield {"batch": 1}
    for workers in range(1, plan.workers):
        yield {"workers": workers}
    if any(plan.skews_ms):
        yield {"skews_ms": (0, 0, 0)}
    if plan.late_kill:
        yield {"late_kill": False}
    if plan.extra_relay_minutes:
        yield {"extra_relay_minutes": ()}
    if plan.calm_at_ms > MINUTE_MS:
        yield {"calm_at_ms": MINUTE_MS}


def _simpler_decisions(decided: Struck | int) -> Iterator[Struck | int]:
    if isinstance(decided, int):
        return
    if decided.trouble in (Trouble.LOST, Trouble.ERROR) and decided.ms > _SHORT_MS:
        yield Struck(decided.trouble, 20)
    if decided.trouble is Trouble.FROZEN:
        yield Struck(Trouble.KILLED_AFTER, decided.ms)
    if decided.trouble in (Trouble.SLOW, Trouble.STRANGE):
        yield Struck(Trouble.ERROR, 20)
