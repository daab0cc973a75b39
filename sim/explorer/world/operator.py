"""What the operator of the dead-letter queue does, at any moment: redrive and purge."""

from typing import TYPE_CHECKING

from rawk.domain.memory import RECORDING_FAULTS, FailureReason
from rawk.use_cases.dead_letters import DELETED, DONE, POISON, UNFINISHED
from sim.explorer.coverage.points import CoveragePoint
from sim.explorer.plan.plan import Action

if TYPE_CHECKING:
    from sim.explorer.world.world import World

REDRIVEN_REASONS = (
    *(reason.value for reason in FailureReason if reason not in RECORDING_FAULTS),
    UNFINISHED,
)
"""Every reason of a dead letter that may still do something."""
PURGED_REASONS = (POISON, DELETED, DONE)
MOST_DEAD_LETTERS = 1000


def redrive_all(world: "World", action: Action) -> None:
    del action
    _reach_redrive_during_outage(world)
    world.dead_letter_operations.redrive_all(None)


def redrive_some(world: "World", action: Action) -> None:
    _reach_redrive_during_outage(world)
    limit = (None, 1)[action.number % 2]
    for _ in world.dead_letter_operations.redrive_only(REDRIVEN_REASONS, MOST_DEAD_LETTERS, limit):
        pass


def purge(world: "World", action: Action) -> None:
    del action
    for _ in world.dead_letter_operations.purge(MOST_DEAD_LETTERS, PURGED_REASONS):
        pass


def _reach_redrive_during_outage(world: "World") -> None:
    now_ms = world.scheduler.now_ms
    for outage in world.plan.outages:
        if outage.port == "openai" and outage.begins_ms <= now_ms < outage.ends_ms and world.dead_queue.held:
            world.coverage.reach(CoveragePoint.REDRIVE_DURING_OUTAGE)
