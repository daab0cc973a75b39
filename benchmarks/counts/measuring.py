"""Does one thing after the other in a world of its own, and counts what each takes."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.counts.instruments import Aws, Database, Starts, openai_calls
from sim.clock.durations import minutes
from sim.engines.base.running_pipeline import RunningPipeline
from sim.engines.embedded.engine import EmbeddedWorld
from sim.journal.journal import Journal
from sim.postgres.database import PipelineDatabase
from sim.scenario.simulation import Simulation

SEED = 1
NAME = "counts"
PATH = "/api/v1/memories"


@dataclass
class Measured:
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    """By what was done."""
    seconds: float = 0.0
    """For all of it, with the start of the world."""


class Counting:
    """The counts of one pipeline; `of` names what is done in its block."""

    def __init__(self, read: Callable[[], Counter[str]]) -> None:
        self._read = read
        self.counts: dict[str, Counter[str]] = {}

    @contextmanager
    def of(self, what: str) -> Iterator[None]:
        before = self._read()
        yield
        self.counts[what] = self._read() - before


def measure(folder: Path) -> Measured:
    began = time.monotonic()
    events = folder / "journal.jsonl"
    events.touch()
    with ExitStack() as running:
        world = running.enter_context(EmbeddedWorld(folder / "world", "core", print, events))
        _without_proxy(world)
        starts, aws = Starts(events), Aws(world.session)
        journal = Journal(events)
        provisioning = Counting(lambda: aws.read() + starts.read())
        with provisioning.of("a pipeline's creation and the start of its API"):
            pipeline = world.pipeline(NAME, journal, SEED)
            running.callback(pipeline.stop)
            pipeline.start()
        aws.pipeline = pipeline
        pipeline.relay.schedule(enabled=False)  # it runs when we say so
        database = Database(folder / "world" / "logs" / "postgres.log", pipeline)
        running.callback(database.close)
        counting = Counting(lambda: aws.read() + starts.read() + database.read() + openai_calls(pipeline))
        simulation = Simulation(pipeline, world.clock, journal, SEED)
        running.callback(simulation.close)
        _do_all(counting, pipeline, simulation)
    return Measured({**provisioning.counts, **_without_harness(counting.counts)}, time.monotonic() - began)


def _without_proxy(world: EmbeddedWorld) -> None:
    """The product connects to Postgres itself, so that Postgres sees the ports of its processes."""
    new_database = world._local.new_database

    def new_direct_database(pipeline: str) -> PipelineDatabase:
        database = new_database(pipeline)
        database.url = database.direct_url
        return database

    world._local.new_database = new_direct_database  # type: ignore[method-assign]


def _do_all(counting: Counting, pipeline: RunningPipeline, simulation: Simulation) -> None:
    with counting.of("a first recording, by a cold worker"):
        _record(simulation)
    with counting.of("a recording, by a warm worker"):
        _record(simulation)
    with counting.of("a first run of the relay, with nothing to do"):
        pipeline.relay.run()
    with counting.of("a run of the relay, with nothing to do"):
        pipeline.relay.run()
    memory = simulation.api.accepted[0]
    headers = {"X-API-Key": pipeline.credentials.tenant_keys[memory.tenant]}
    with httpx.Client(base_url=pipeline.api.url, headers=headers, trust_env=False) as client:
        path = f"{PATH}/{memory.memory_id}"
        with counting.of("GET of a memory"):
            tag = _expect(200, client.get(path)).headers["ETag"]
        with counting.of("GET of a memory that has not changed"):
            _expect(304, client.get(path, headers={"If-None-Match": tag}))
        with counting.of("GET of a list"):
            _expect(200, client.get(PATH))
        with counting.of("DELETE of a memory"):
            _expect(204, client.delete(path))


def _record(simulation: Simulation) -> None:
    simulation.api.record(1)
    # By the database and the queue alone: requests for the state would count.
    simulation.run_until(simulation.everything_is_done, within=minutes(5))


def _expect(status: int, response: httpx.Response) -> httpx.Response:
    if response.status_code != status:
        raise RuntimeError(f"{response.request.method} {response.request.url}: {response.status_code}, not {status}")
    return response


def _without_harness(counts: dict[str, Counter[str]]) -> dict[str, Counter[str]]:
    """How often the harness asks what has happened depends on the machine."""
    return {
        what: Counter({name: count for name, count in each.items() if not name.endswith("by the harness")})
        for what, each in counts.items()
    }
