"""What an engine is: it builds worlds for scenarios, and states its capabilities.

A scenario states what it needs (`sim/scenario/needs.py`), never which engine. The pytest plugin matches the two.
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
    """What some engines can do and others cannot. The names are those of the marks in `sim.scenario.needs`."""

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
    PAUSING_DATABASE = "pausing_database"
    RELEASES = "releases"

    @property
    def in_words(self) -> str:
        """Completes "engine X cannot …"."""
        return IN_WORDS[self]


IN_WORDS: Mapping[Capability, str] = {
    Capability.VIRTUAL_TIME: "skip time",
    Capability.PRODUCTION_LIMITS: "use the timeouts of production",
    Capability.VISIBILITY_TIMEOUTS: "wait for a visibility timeout",
    Capability.WORKER_KILLS: "kill workers",
    Capability.WORKER_CONCURRENCY: "set how many workers may run",
    Capability.API_KILLS: "kill the API",
    Capability.AWS_FAULTS: "inject faults into AWS calls",
    Capability.OPENAI_FAULTS: "inject faults into OpenAI",
    Capability.DATABASE_FAULTS: "inject faults into the database or its network",
    Capability.PERMISSIONS: "enforce the permissions of roles",
    Capability.REDRIVE: "redrive a whole dead-letter queue",
    Capability.EXACT_BODIES: "deliver messages byte for byte",
    Capability.SEVERAL_TENANTS: "act for more than one tenant",
    Capability.PAUSING_DATABASE: "build a pipeline for a database that pauses",
    Capability.RELEASES: "deploy another release of the product",
}

NEEDED_BY_FAULTS: Mapping[str, Capability] = {
    "api": Capability.API_KILLS,
    "aws": Capability.AWS_FAULTS,
    "database": Capability.DATABASE_FAULTS,
    "database.paused": Capability.PAUSING_DATABASE,
    "network": Capability.DATABASE_FAULTS,
    "openai": Capability.OPENAI_FAULTS,
    "permissions": Capability.PERMISSIONS,
    "queue": Capability.AWS_FAULTS,
    "storage": Capability.AWS_FAULTS,
    "worker": Capability.WORKER_KILLS,
    "worker.throttled": Capability.WORKER_CONCURRENCY,
}
"""The capability that a fault needs, by its family or by its own name. Faults of clients need none."""

NEEDED_BY_CALLS: Mapping[str, Capability] = {
    "sim.operator.redrive()": Capability.REDRIVE,  # the whole queue; a redrive by reasons receives and sends messages
    "sim.queue.send_poison(": Capability.EXACT_BODIES,
    "sim.next_release(": Capability.RELEASES,
    "sim.this_release(": Capability.RELEASES,
    "faults.api.killed_before('s": Capability.AWS_FAULTS,  # held at S3 or SQS; a commit is held at the database proxy
    "faults.api.killed_before('copy": Capability.AWS_FAULTS,
    "faults.api.killed_after('s": Capability.AWS_FAULTS,
    "faults.api.killed_after('copy": Capability.AWS_FAULTS,
    "faults.api.redeployed_before('s": Capability.AWS_FAULTS,
    "faults.api.redeployed_before('copy": Capability.AWS_FAULTS,
}
"""The capability that a call in a scenario needs, by how the call begins."""


class EngineNotReady(Exception):
    """Something that the engine needs is missing; the text says what, and what to do."""


@dataclass(frozen=True)
class Place:
    """Where scenarios run, from the command line, for engines that do not create that place themselves."""

    endpoint_url: str | None = None
    topology: str | None = None
    outputs: str | None = None
    api_url: str | None = None
    account: str | None = None
    yes_this_costs_money: bool = False


ANYWHERE = Place()


@dataclass(frozen=True)
class Preparation:
    """What an engine found before it builds worlds."""

    lacking: Mapping[Capability, str] = field(default_factory=dict)
    """Capabilities of the engine that this place lacks, each with the reason."""
    outputs: Mapping[str, Any] | None = None
    """Terraform's outputs, with the limits of this run, where the pipeline is deployed already."""


NOTHING_FOUND = Preparation()


class World(Protocol):
    """A running world: pipelines are built in it, and its clock is controlled."""

    @property
    def clock(self) -> "SimulationClock": ...

    @property
    def offset_seconds(self) -> Callable[[], float]:
        """How far virtual time is ahead of the machine's clock."""

    def pipeline(self, name: str, journal: "Journal", seed: int) -> "RunningPipeline":
        """Build a pipeline of that name; the caller starts and stops it."""


class ConfigurableWorld(World, Protocol):
    """A world that can build pipelines of another topology than its own."""

    def pipeline(
        self, name: str, journal: "Journal", seed: int, *, topology: str | None = None
    ) -> "RunningPipeline": ...


@dataclass(frozen=True)
class WorldPlan:
    """What a world is built from. It writes logs under `folder` and appends events to `events_file`."""

    folder: Path
    topology: str
    say: Say
    events_file: Path
    with_terraform: bool = False
    place: Place = ANYWHERE


@dataclass(frozen=True)
class Engine:
    """One kind of world. `prepare` runs once for all worlds of a run; it raises EngineNotReady."""

    name: str
    about: str
    can: frozenset[Capability]
    costs_money: bool
    prepare: Callable[[Say, Place], Preparation]
    world: Callable[[WorldPlan], AbstractContextManager[World]]
    topology: str = APP.renderings.production
    """The rendering of its pipelines: production's timeouts, or short ones in real time."""
    one_at_a_time: bool = False
    """All scenarios run on the same pipeline, so one after another."""
    takes: frozenset[str] = frozenset()
    """The fields of `Place` that it uses."""

    def lacking(self, needed: frozenset[Capability]) -> list[Capability]:
        """The needed capabilities that it lacks, in the order of their declaration."""
        return [each for each in Capability if each in needed - self.can]
