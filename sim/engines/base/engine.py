"""What an engine is: something that builds worlds for scenarios, and says of itself what it can do.

A scenario says what it needs (`sim/scenario/needs.py`), never which engine. Only the pytest plugin matches the two.
Every engine is declared in `sim/engines/registry.py`.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sim.app import APP

if TYPE_CHECKING:
    from sim.clock.clocks import SimulationClock
    from sim.engines.base.running_pipeline import RunningPipeline
    from sim.journal.journal import Journal

type Say = Callable[[str], None]


class Capability(StrEnum):
    """What one engine can do and another can not. The names are those of the marks in `sim.scenario.needs`."""

    VIRTUAL_TIME = "virtual_time"
    PRODUCTION_LIMITS = "production_limits"
    VISIBILITY_TIMEOUTS = "visibility_timeouts"
    WORKER_KILLS = "worker_kills"
    WORKER_CONCURRENCY = "worker_concurrency"
    API_KILLS = "api_kills"
    AWS_FAULTS = "aws_faults"
    OPENAI_FAULTS = "openai_faults"
    DATABASE_FAULTS = "database_faults"
    PERMISSIONS = "permissions"
    REDRIVE = "redrive"
    EXACT_BODIES = "exact_bodies"
    SEVERAL_TENANTS = "several_tenants"

    @property
    def in_words(self) -> str:
        """As in "engine X can not …"."""
        return IN_WORDS[self]


IN_WORDS: Mapping[Capability, str] = {
    Capability.VIRTUAL_TIME: "skip time",
    Capability.PRODUCTION_LIMITS: "keep the limits of production",
    Capability.VISIBILITY_TIMEOUTS: "let a visibility timeout pass",
    Capability.WORKER_KILLS: "kill workers",
    Capability.WORKER_CONCURRENCY: "set how many workers may run",
    Capability.API_KILLS: "kill the API",
    Capability.AWS_FAULTS: "break AWS calls",
    Capability.OPENAI_FAULTS: "break OpenAI",
    Capability.DATABASE_FAULTS: "break the database or the network before it",
    Capability.PERMISSIONS: "enforce what roles may do",
    Capability.REDRIVE: "redrive a whole dead-letter queue",
    Capability.EXACT_BODIES: "hand on messages byte for byte",
    Capability.SEVERAL_TENANTS: "speak for more than one tenant",
}

NEEDED_BY_FAULTS: Mapping[str, Capability] = {
    "api": Capability.API_KILLS,
    "aws": Capability.AWS_FAULTS,
    "database": Capability.DATABASE_FAULTS,
    "network": Capability.DATABASE_FAULTS,
    "openai": Capability.OPENAI_FAULTS,
    "permissions": Capability.PERMISSIONS,
    "queue": Capability.AWS_FAULTS,
    "storage": Capability.AWS_FAULTS,
    "worker": Capability.WORKER_KILLS,
    "worker.throttled": Capability.WORKER_CONCURRENCY,
}
"""What a scenario needs because of the faults that it uses, by family or by one fault's own name. People need
nothing."""

NEEDED_BY_CALLS: Mapping[str, Capability] = {
    "sim.operator.redrive()": Capability.REDRIVE,  # all of it; by reasons it is received and sent
    "sim.queue.send_poison(": Capability.EXACT_BODIES,
    "faults.api.killed_before('s": Capability.AWS_FAULTS,  # caught at S3 or SQS; the commit is caught at the database
    "faults.api.killed_after('s": Capability.AWS_FAULTS,
    "faults.api.redeployed_before('s": Capability.AWS_FAULTS,
}
"""What a scenario needs because of a call that it makes, by how the call begins."""


class EngineNotReady(Exception):
    """This machine lacks something that the engine needs; the text says what, and what to do."""


@dataclass(frozen=True)
class Place:
    """Where the scenarios are to be played, for engines that do not make that place themselves: what the options
    say."""

    endpoint_url: str | None = None
    topology: str | None = None
    outputs: str | None = None
    api_url: str | None = None
    account: str | None = None
    yes_this_costs_money: bool = False


ANYWHERE = Place()


@dataclass(frozen=True)
class Preparation:
    """What an engine found out before the first world, for all of them."""

    lacking: Mapping[Capability, str] = field(default_factory=dict)
    """What this very place can not do though engines of its kind can, and how that showed."""
    outputs: Mapping[str, Any] | None = None
    """Terraform's, where something was deployed already: the limits of this run are in them."""


NOTHING_FOUND = Preparation()


class World(Protocol):
    """One world while it is up: pipelines are built in it, and its time is steered."""

    @property
    def clock(self) -> "SimulationClock": ...

    @property
    def offset_seconds(self) -> Callable[[], float]:
        """How far the world's time is ahead of the machine's."""

    def pipeline(self, name: str, journal: "Journal", seed: int) -> "RunningPipeline":
        """Build a pipeline of that name; its `start` and `stop` are the caller's affair."""


@dataclass(frozen=True)
class WorldPlan:
    """What a world is built from. Its logs go under `folder`, its events are appended to `events_file`."""

    folder: Path
    topology: str
    say: Say
    events_file: Path
    with_terraform: bool = False
    place: Place = ANYWHERE


@dataclass(frozen=True)
class Engine:
    """One kind of world. `prepare` does, once a run, what all worlds share; it raises EngineNotReady."""

    name: str
    about: str
    can: frozenset[Capability]
    costs_money: bool
    prepare: Callable[[Say, Place], Preparation]
    world: Callable[[WorldPlan], AbstractContextManager[World]]
    topology: str = APP.renderings.production
    """The rendering that its pipelines are made from: production's limits, or short ones where time can not jump."""
    one_at_a_time: bool = False
    """All scenarios are played on the same pipeline, so none beside another."""
    takes: frozenset[str] = frozenset()
    """The parts of `Place` that mean something to it."""

    def lacking(self, needed: frozenset[Capability]) -> list[Capability]:
        """What of the needed it can not do, in the order of the declaration."""
        return [each for each in Capability if each in needed - self.can]
