"""What the operator of the dead-letter queue does, at any moment: redrive and purge."""

from typing import TYPE_CHECKING

from rawk.domain.memory import RECORDING_FAULTS, FailureReason, Memory
from rawk.use_cases.dead_letters import DELETED, DONE, POISON, UNFINISHED, Selection
from sim.explorer.coverage.points import CoveragePoint
from sim.explorer.invariants.names import REDRIVEN
from sim.explorer.plan.plan import Action

if TYPE_CHECKING:
    from sim.explorer.world.world import World

REDRIVEN_REASONS = (
    *(reason.value for reason in FailureReason if reason not in RECORDING_FAULTS),
    UNFINISHED,
)
"""Every reason of a dead letter that may still do something."""
_TO_REDRIVE = Selection(whys=frozenset(REDRIVEN_REASONS))
_FAILURES = frozenset(FailureReason) - RECORDING_FAULTS
_TO_PURGE = Selection(whys=frozenset({POISON, DELETED, DONE}))
MOST_DEAD_LETTERS = 1000


def redrive_all(world: "World", action: Action) -> None:
    del action
    _reach_redrive_during_outage(world)
    world.dead_letter_operations.redrive_all(None)


def redrive_some(world: "World", action: Action) -> None:
    _reach_redrive_during_outage(world)
    max_per_second = (None, 1)[action.number % 2]
    before = _waiting_for_a_redrive(world)
    for _ in world.dead_letter_operations.redrive_only(_TO_REDRIVE, MOST_DEAD_LETTERS, max_per_second):
        pass
    operator = world.scheduler.running
    assert operator is not None
    if not operator.failures and not operator.delayed and _is_alone(world):
        left = _waiting_for_a_redrive(world)
        for message_id, memory in before.items():
            if left.get(message_id) is memory:
                name = world.message_names.of(message_id)
                world.invariants.violate(REDRIVEN, f"{operator.name} left the dead letter of {name}")


def _waiting_for_a_redrive(world: "World") -> dict[str, Memory]:
    """The visible dead letters of memories that failed; a memory is the same object while nothing changes it."""
    now = world.scheduler.true_now()
    waiting: dict[str, Memory] = {}
    for message in world.dead_queue.held.values():
        row = world.store.rows.get(world.invariants.memory_named_in(message.body))
        if row is not None and message.visible_at <= now and row.memory.failure_reason in _FAILURES:
            waiting[message.message_id] = row.memory
    return waiting


def _is_alone(world: "World") -> bool:
    """Whether nobody else took dead letters: one that another operator or the relay holds is out of sight."""
    me = world.scheduler.running
    assert me is not None
    others = [actor for actor in world.scheduler.actors if actor is not me]
    operators = any(actor.kind == "operator" for actor in others)
    relays = any(actor.kind == "relay" and (not actor.ended or actor.number > me.number) for actor in others)
    return not operators and not relays and not world.sqs.moving


def purge(world: "World", action: Action) -> None:
    del action
    for _ in world.dead_letter_operations.purge(MOST_DEAD_LETTERS, _TO_PURGE):
        pass


def _reach_redrive_during_outage(world: "World") -> None:
    now_ms = world.scheduler.now_ms
    for outage in world.plan.outages:
        if outage.port == "openai" and outage.begins_ms <= now_ms < outage.ends_ms and world.dead_queue.held:
            world.coverage.reach(CoveragePoint.REDRIVE_DURING_OUTAGE)
