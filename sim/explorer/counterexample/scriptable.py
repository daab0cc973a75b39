"""Looks for a counterexample that a scenario can follow, when the one that was found has obstacles.

The same bug violates the same invariant in many worlds. Some need what no scenario can do, others do not. So worlds are
shrunk by what a scenario observes, and a fault without an equivalent is replaced by one that has one, as long as the
invariant stays violated.
"""

from collections.abc import Iterator
from dataclasses import replace

from sim.explorer.counterexample.replay import observed_violation, replay_of
from sim.explorer.counterexample.scenario_claims import UNSEEN
from sim.explorer.counterexample.scenario_script import obstacles
from sim.explorer.counterexample.shrinking import Counterexample, NoViolation, counterexample_of, shrink
from sim.explorer.plan.call_sites import ANALYSE, CALL_SITES, TRANSCRIBE, FaultKind
from sim.explorer.plan.plan import CallFault, CallName, Decisions, Plan

MOST_WORLDS = 2_000
MOST_CANDIDATES = 6
"""Worlds that are shrunk."""
_OPENAI = (TRANSCRIBE.name, ANALYSE.name)
_LONG_CALL_MS = 20_000
_SITES = {site.name: site for site in CALL_SITES}
_INSTEAD = (
    *(FaultKind.ERROR, FaultKind.LOST, FaultKind.KILLED_AFTER, FaultKind.KILLED_BEFORE, FaultKind.DENIED),
    *(FaultKind.MALFORMED, FaultKind.REFUSED),
)


def scriptable(found: Counterexample) -> Counterexample | None:
    """One without obstacles that violates the same invariant; None if there is none among the worlds that follow."""
    if not obstacles(found):
        return found
    if found.violation.invariant in UNSEEN:
        return None
    candidates = 0
    for seed in range(found.seed, found.seed + MOST_WORLDS):
        candidate = _observed(seed, found.violation.invariant)
        if candidate is None:
            continue
        candidates += 1
        least = _without_obstacles(shrink(candidate, observed_violation))
        if not obstacles(least):
            return least
        if candidates == MOST_CANDIDATES:
            return None
    return None


def _observed(seed: int, invariant: str) -> Counterexample | None:
    """The world of the seed, if it violates the invariant and a scenario could observe what is wrong."""
    try:
        whole = counterexample_of(seed)
    except NoViolation:
        return None
    violation = observed_violation(whole.plan, whole.decisions)
    if whole.violation.invariant != invariant or violation is None or violation.invariant in UNSEEN:
        return None
    return replace(whole, violation=violation)


def _without_obstacles(counterexample: Counterexample) -> Counterexample:
    """The same with fewer obstacles, as far as faults can be exchanged."""
    best, left = counterexample, len(obstacles(counterexample))
    improved = True
    while left and improved:
        improved = False
        for plan, decisions in _variants(best):
            violation = observed_violation(plan, decisions)
            if violation is None or violation.invariant != best.violation.invariant:
                continue
            candidate = replace(best, plan=plan, decisions=decisions, violation=violation)
            now = len(obstacles(candidate))
            if now < left:
                best, left, improved = candidate, now, True
                break
    return best


def _variants(counterexample: Counterexample) -> Iterator[tuple[Plan, Decisions]]:
    """With a call of OpenAI that takes long, or with another fault: at the same call or at the actor's first one."""
    plan, decisions = counterexample.plan, counterexample.decisions
    for call in replay_of(plan, decisions).calls:
        if call.site in _OPENAI and call.decided is None:
            # OpenAI's usual answers take long enough for a client to act meanwhile; in a scenario they do not.
            yield plan, {**decisions, (call.actor, call.site, call.number): CallFault(FaultKind.SLOW, _LONG_CALL_MS)}
    for name, decided in decisions.items():
        actor, site, number = name
        rest = {each: what for each, what in decisions.items() if each != name}
        first: CallName = actor, site, 1
        for kind in _kinds_at(site, decided):
            fault = CallFault(kind, _SITES[site].usual_ms)
            yield plan, {**rest, name: fault}
            if number > 1:
                fewer = {each: what for each, what in rest.items() if each[:2] != (actor, site)}
                yield plan, {**fewer, first: fault}
            if plan.outages:
                yield replace(plan, outages=()), {**rest, first: fault}


def _kinds_at(site: str, decided: CallFault | int) -> list[FaultKind]:
    now = decided.kind if isinstance(decided, CallFault) else None
    return [*([now] if now else []), *(kind for kind in _INSTEAD if kind in _SITES[site].fault_kinds and kind != now)]
