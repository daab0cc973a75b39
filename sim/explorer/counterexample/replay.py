"""A counterexample, run once more as a scenario would see it: who sent what when, and which calls failed."""

from dataclasses import dataclass, replace

from sim.explorer.invariants.names import Violation
from sim.explorer.plan.call_sites import SAVE_TRANSCRIPT, TRANSCRIBE, CallSite, FaultKind
from sim.explorer.plan.decisions import RecordedDecisions
from sim.explorer.plan.plan import SECOND_MS, CallFault, Decisions, Plan
from sim.explorer.world.clients import Sent
from sim.explorer.world.world import World

PAGE_KEYS_OF_S3 = 1_000
_LOST_WHEN_BILLED = (FaultKind.KILLED_AFTER, FaultKind.BILLED_AND_LOST)
_NOT_COMMITTED = (FaultKind.ERROR, FaultKind.KILLED_BEFORE)
_PACES = ((0.03, 0), (3.0, 0), (0.03, 13), (0.2, 31), (1.0, 47))
"""By what the usual durations of the calls are multiplied, and by how many seconds everything is moved: a scenario has
other durations than a world, and begins at another second of the relay's minute."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the product, and what was decided about it."""

    at_ms: int
    actor: str
    site: str
    number: int
    decided: CallFault | int | None = None
    """The fault that was injected, or the duration (ms); None if it was as usual."""
    sent: int | None = None
    """In which of the requests that clients sent, by its place in `Replay.sent`; None in any other process."""

    @property
    def role(self) -> str:
        """`client`, `worker`, `relay`, `operator` or `delivery`."""
        return self.actor.partition(" ")[0]


@dataclass(frozen=True, slots=True)
class Replay:
    """What happened in the world of a plan, until the first violation that a scenario can observe."""

    plan: Plan
    sent: list[Sent]
    calls: list[Call]
    violation: Violation | None

    @property
    def loses_what_is_paid(self) -> bool:
        """Whether an answer of OpenAI is lost that it has billed: then the transcription must be paid once more."""
        lost = any(call.site == TRANSCRIBE.name and _kind(call) in _LOST_WHEN_BILLED for call in self.calls)
        uncommitted: dict[str, bool] = {}
        for call in self.calls:
            if call.site == SAVE_TRANSCRIPT.name:
                uncommitted[call.actor] = _kind(call) in _NOT_COMMITTED
        return lost or any(uncommitted.values())

    @property
    def details(self) -> str:
        return self.violation.details if self.violation is not None else ""


def _kind(call: Call) -> FaultKind | None:
    return call.decided.kind if isinstance(call.decided, CallFault) else None


def replay_of(plan: Plan, decisions: Decisions) -> Replay:
    """Run the world of the plan with the violations that a scenario observes, and with S3's pages."""
    calls: list[Call] = []

    class Noticing(RecordedDecisions):
        def decide(self, site: CallSite, actor: str, number: int) -> int | CallFault:
            decided = super().decide(site, actor, number)
            unusual = decided if decided != site.usual_ms else None
            calls.append(Call(world.scheduler.now_ms, actor, site.name, number, unusual, request_of(actor)))
            return decided

    def request_of(actor: str) -> int | None:
        role, _, action = actor.partition(" ")
        mine = [place for place, each in enumerate(sent) if role == "client" and each.number + 1 == int(action)]
        return mine[-1] if mine else None

    world = World(plan, Noticing(decisions))
    sent = world.clients.sent
    _as_in_a_scenario(world)
    violation = world.run().violation
    return Replay(plan, sent, calls, violation)


def _as_in_a_scenario(world: World) -> None:
    world.invariants.as_a_scenario_sees = True
    world.audio.page_keys = PAGE_KEYS_OF_S3
    world.port_calls.errors_come_soon = True


def observed_violation(plan: Plan, decisions: Decisions) -> Violation | None:
    """The first violation that a scenario can observe."""
    world = World(plan, RecordedDecisions(decisions))
    _as_in_a_scenario(world)
    return world.run().violation


def with_other_pages(plan: Plan, decisions: Decisions) -> bool:
    """Whether a scenario would see the violation if a page of S3 had as few keys as in a world."""
    world = World(plan, RecordedDecisions(decisions))
    page_keys = world.audio.page_keys
    _as_in_a_scenario(world)
    world.audio.page_keys = page_keys
    return world.run().violation is not None


def depends_on_durations(plan: Plan, decisions: Decisions, invariant: str) -> bool:
    """Whether a scenario would not see this violation if the calls took other times."""
    for pace, later_seconds in _PACES:

        class Paced(RecordedDecisions):
            def decide(self, site: CallSite, actor: str, number: int, pace: float = pace) -> int | CallFault:
                decided = super().decide(site, actor, number)
                return max(1, int(site.usual_ms * pace)) if decided == site.usual_ms else decided

        world = World(_moved(plan, later_seconds * SECOND_MS), Paced(decisions))
        _as_in_a_scenario(world)
        violation = world.run().violation
        if violation is None or violation.invariant != invariant:
            return True
    return False


def _moved(plan: Plan, by_ms: int) -> Plan:
    return replace(
        plan,
        actions=tuple(replace(each, at_ms=each.at_ms + by_ms) for each in plan.actions),
        outages=tuple(
            replace(each, begins_ms=each.begins_ms + by_ms, ends_ms=each.ends_ms + by_ms) for each in plan.outages
        ),
        faults_end_ms=plan.faults_end_ms + by_ms,
    )
