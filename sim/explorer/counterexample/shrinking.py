"""Shrinks a world that violated an invariant to the smallest one that still does.

Parts of the plan and single decisions are removed as long as the same invariant is violated. The result is a plan with
recorded decisions, so it runs the same way without any randomness.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sim.explorer.invariants.names import Violation
from sim.explorer.plan.call_sites import FaultKind
from sim.explorer.plan.decisions import RandomDecisions, RecordedDecisions
from sim.explorer.plan.plan import LARGEST_PAGE, MINUTE_MS, CallFault, CallName, Decisions, Plan
from sim.explorer.plan.random_plan import random_plan
from sim.explorer.world.world import EventListener, Outcome, World

MOST_RUNS = 3_000
"""Of worlds while shrinking; takes a few seconds."""
MOST_STEPS = 1_000_000
"""Of all these worlds: with a bug that never ends, each of them is a hundred times as long as others."""
_SHORT_MS = 1_000


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A plan with its recorded decisions, and the violation of an invariant that it leads to."""

    seed: int
    plan: Plan
    decisions: Decisions
    violation: Violation

    def replay(self, on_event: EventListener | None = None) -> Outcome:
        return World(self.plan, RecordedDecisions(self.decisions), on_event).run()


class NoViolation(Exception):
    """The world violates no invariant."""


def counterexample_of(seed: int) -> Counterexample:
    """The world of that seed, with its decisions recorded. Raises NoViolation."""
    plan, rates = random_plan(seed)
    record: Decisions = {}
    outcome = World(plan, RandomDecisions(rates, record)).run()
    if outcome.violation is None:
        raise NoViolation(f"the world of seed {seed} violates no invariant")
    return Counterexample(seed, plan, record, outcome.violation)


type Violated = Callable[[Plan, Decisions], Violation | None]
"""Runs a world; gives the violation that counts."""


def first_violation(plan: Plan, decisions: Decisions) -> Violation | None:
    return World(plan, RecordedDecisions(decisions)).run().violation


def shrink(counterexample: Counterexample, violated: Violated = first_violation) -> Counterexample:
    """A smaller one that violates the same invariant; nothing more can be removed from it."""
    shrinking = _Shrinking(counterexample, violated)
    size = None
    while size != (size := shrinking.size()) and not shrinking.has_ended:
        shrinking.drop_decisions()
        shrinking.drop_actions()
        shrinking.simplify_plan()
        shrinking.simplify_actions()
        shrinking.simplify_decisions()
        shrinking.move_earlier()
    return shrinking.best


class _Shrinking:
    def __init__(self, counterexample: Counterexample, violated: Violated) -> None:
        self.best = counterexample
        self._violated = violated
        self.runs = self.steps = 0

    @property
    def has_ended(self) -> bool:
        return self.runs >= MOST_RUNS or self.steps >= MOST_STEPS

    def size(self) -> tuple[int, int, int]:
        plan, decisions = self.best.plan, self.best.decisions
        lateness = sum(action.at_ms for action in plan.actions) + sum(
            ord(char) for name in decisions for char in name[0]
        )
        return len(plan.actions) + len(plan.late) + len(plan.outages), len(decisions), lateness + plan.days

    def _still_violated(self, plan: Plan, decisions: Decisions) -> bool:
        """Whether the same invariant is violated; if so, this is the best so far."""
        if self.has_ended:
            return False
        self.runs += 1
        violation = self._violated(plan, decisions)
        self.steps += violation.steps if violation is not None else 0
        if violation is None or violation.invariant != self.best.violation.invariant:
            return False
        self.best = replace(self.best, plan=plan, decisions=decisions, violation=violation)
        return True

    def drop_decisions(self) -> None:
        plain: Decisions = {
            name: decided for name, decided in self.best.decisions.items() if isinstance(decided, CallFault)
        }
        if len(plain) < len(self.best.decisions):
            self._still_violated(self.best.plan, plain)
        self._drop(
            lambda: list(self.best.decisions),
            lambda kept: self._still_violated(
                self.best.plan, {name: self.best.decisions[name] for name in kept if name in self.best.decisions}
            ),
        )

    def drop_actions(self) -> None:
        self._drop(
            lambda: list(self.best.plan.actions),
            lambda kept: self._still_violated(replace(self.best.plan, actions=tuple(kept)), self.best.decisions),
        )
        self._drop(
            lambda: list(self.best.plan.late),
            lambda kept: self._still_violated(replace(self.best.plan, late=tuple(kept)), self.best.decisions),
        )
        self._drop(
            lambda: list(self.best.plan.outages),
            lambda kept: self._still_violated(replace(self.best.plan, outages=tuple(kept)), self.best.decisions),
        )

    def _drop[Part](self, parts: Callable[[], list[Part]], keep: Callable[[list[Part]], bool]) -> None:
        """Remove as many parts at a time as possible: halves, quarters, …, single ones."""
        size = len(parts())
        while size:
            start = 0
            while start < len(parts()):
                now = parts()
                if not keep(now[:start] + now[start + size :]):
                    start += size
            size //= 2

    def simplify_plan(self) -> None:
        for simpler in _simpler_plans(self.best.plan):
            self._still_violated(replace(self.best.plan, **simpler), self.best.decisions)

    def simplify_actions(self) -> None:
        for place in range(len(self.best.plan.actions)):
            at_ms = place * _SHORT_MS
            for change in ({"at_ms": at_ms}, {"key": False}, {"tenant": 0}, {"title": None}, {"large": False}):
                actions = list(self.best.plan.actions)
                simpler = replace(actions[place], **change)
                if simpler != actions[place] and simpler.at_ms <= actions[place].at_ms:
                    actions[place] = simpler
                    self._still_violated(replace(self.best.plan, actions=tuple(actions)), self.best.decisions)

    def simplify_decisions(self) -> None:
        for name in list(self.best.decisions):
            for simpler in _simpler_decisions(self.best.decisions[name]):
                changed: dict[CallName, CallFault | int] = {**self.best.decisions, name: simpler}
                if self._still_violated(self.best.plan, changed):
                    break

    def move_earlier(self) -> None:
        """A fault at the third receive of a message may work with the first one, too."""
        for name in list(self.best.decisions):
            for earlier in _earlier_names(name):
                changed = {earlier if each == name else each: what for each, what in self.best.decisions.items()}
                if earlier not in self.best.decisions and self._still_violated(self.best.plan, changed):
                    break


def _earlier_names(name: CallName) -> Iterator[CallName]:
    actor, site, number = name
    worker = _WORKER.fullmatch(actor)
    if worker is not None:
        for earlier in range(1, int(worker[2])):
            yield f"{worker[1]}{earlier}", site, number


_WORKER = re.compile(r"(worker on .+, receive )(\d+)")


def _simpler_plans(plan: Plan) -> Iterator[dict[str, Any]]:
    if plan.batch > 1:
        yield {"batch": 1}
    if plan.page < LARGEST_PAGE:
        yield {"page": LARGEST_PAGE}
    for workers in range(1, plan.workers):
        yield {"workers": workers}
    if any(plan.skews_ms):
        yield {"skews_ms": (0, 0, 0)}
    if plan.outlives_deadline:
        yield {"outlives_deadline": False}
    if plan.days:
        yield {"days": 0, "late": ()}
        yield {"days": 1}
    if plan.extra_relay_minutes:
        yield {"extra_relay_minutes": ()}
    if plan.faults_end_ms > MINUTE_MS:
        yield {"faults_end_ms": MINUTE_MS}


def _simpler_decisions(decided: CallFault | int) -> Iterator[CallFault | int]:
    if isinstance(decided, int):
        return
    if decided.kind in (FaultKind.LOST, FaultKind.ERROR) and decided.ms > _SHORT_MS:
        yield CallFault(decided.kind, 20)
    if decided.kind is FaultKind.FROZEN:
        yield CallFault(FaultKind.KILLED_AFTER, decided.ms)
    if decided.kind in (FaultKind.SLOW, FaultKind.UNEXPECTED):
        yield CallFault(FaultKind.ERROR, 20)
