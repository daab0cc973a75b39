"""Network faults and commit traps in front of a real Postgres, triggered by the product's own store."""

import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import psycopg
import pytest
from sqlalchemy import Engine

from rawk.adapters.postgres.connection_pool import make_engine
from rawk.adapters.postgres.migrate import upgrade
from rawk.adapters.postgres.store import PostgresMemoryStore
from rawk.domain.errors import DatabaseUnavailable
from rawk.domain.memory import Analysis, FailureReason, NewMemory, Usage
from rawk.ports import Claimed, ClaimRequest, Lease, MemoryFailure, NewTranscript
from sim.app import Commit
from sim.faults import database as faults
from sim.faults import network
from sim.faults.aws import seconds_of
from sim.postgres.commit_proxy import Moment, Trap
from sim.postgres.database import PipelineDatabase
from sim.postgres.embedded_server import Postgres

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SOON = NOW + timedelta(hours=1)
CONNECT_TIMEOUT_SECONDS = 2


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    folder = tmp_path_factory.mktemp("postgres")
    with Postgres(folder / "state", folder / "log") as running:
        running.create_database("template")
        upgrade(running.url("template"))
        yield running


class World:
    """As much of a running pipeline as the faults need."""

    def __init__(self, database: PipelineDatabase) -> None:
        self.database = database


@pytest.fixture
def world(server: Postgres) -> Iterator[World]:
    name = f"d{uuid.uuid4().hex[:8]}"
    server.create_database(name, template="template")
    database = PipelineDatabase(server, name)
    yield World(database)
    database.proxy.close()
    server.drop_database(name)


@pytest.fixture
def engine(world: World) -> Iterator[Engine]:
    engine = make_engine(
        world.database.url, connect_timeout_seconds=CONNECT_TIMEOUT_SECONDS, statement_timeout_seconds=1
    )
    yield engine
    engine.dispose()


class Steps:
    """The commits of a memory, each made by the product's own store."""

    def __init__(self, engine: Engine) -> None:
        self.store = PostgresMemoryStore(engine)
        self.memory_id = str(uuid.uuid4())
        self.lease: Lease | None = None
        self.outbox_id: int | None = None

    def accept(self) -> None:
        new = NewMemory(
            id=self.memory_id,
            tenant="acme",
            audio_key=f"audio/acme/{self.memory_id}",
            audio_content_type="audio/mpeg",
            audio_bytes=3,
            content_digest="d",
            correlation_id="c",
            idempotency_key=None,
            title=None,
            recorded_at=None,
        )
        self.outbox_id = self.store.accept(new, NOW, SOON).outbox_id

    def sent(self) -> None:
        assert self.outbox_id
        self.store.mark_sent(self.outbox_id)

    def claim(self) -> None:
        claim = self.store.claim(ClaimRequest(self.memory_id, "message", str(uuid.uuid4()), SOON), NOW)
        assert isinstance(claim, Claimed)
        self.lease = claim.lease

    def transcript(self) -> None:
        assert self.lease
        self.store.save_transcript(self.lease, NewTranscript("words", Usage(), SOON), NOW)

    def analysis(self) -> None:
        assert self.lease
        analysis = Analysis("t", "s", (), (), "calm")
        self.store.save_analysis(self.lease, analysis, Usage(), NOW)

    def failure(self) -> None:
        assert self.lease
        self.store.fail(self.lease, MemoryFailure("message", FailureReason.AUDIO_MISSING, "gone", Usage()), NOW)

    def deletion(self) -> None:
        self.store.delete("acme", self.memory_id, NOW)

    def before(self, commit: Commit) -> list[Callable[[], None]]:
        """The steps that must precede the commit."""
        order: list[Callable[[], None]] = [self.accept, self.claim, self.transcript, self.analysis, self.deletion]
        if commit == "sent":
            return order[:1]
        return order[:2] if commit == "failure" else order[: [each.__name__ for each in order].index(commit)]


def committed(world: World, commit: Commit) -> bool:
    """Whether Postgres has the commit, read without the proxy."""
    queries: dict[Commit, str] = {
        "accept": "SELECT 1 FROM outbox",
        "claim": "SELECT 1 FROM memories WHERE attempts = 1",
        "transcript": "SELECT 1 FROM memories WHERE transcript = 'words'",
        "analysis": "SELECT 1 FROM memories WHERE status = 'complete'",
        "failure": "SELECT 1 FROM memories WHERE status = 'failed'",
        "deletion": "SELECT 1 FROM deleted_memories",
        "sent": "SELECT 1 FROM memories WHERE NOT EXISTS (SELECT 1 FROM outbox)",
    }
    with psycopg.connect(world.database.direct_url.replace("+psycopg", "")) as connection:
        return connection.execute(queries[commit].encode()).fetchone() is not None


@pytest.mark.parametrize("moment", get_args(Moment))
@pytest.mark.parametrize("commit", get_args(Commit))
def test_the_connection_breaks_before_or_after_each_commit(
    world: World, engine: Engine, commit: Commit, moment: Moment
) -> None:
    steps = Steps(engine)
    for step in steps.before(commit):
        step()
    fault = faults.commit_lost(commit) if moment == "before" else faults.commit_response_lost(commit)
    trap = fault.start(world)

    with pytest.raises(DatabaseUnavailable):
        getattr(steps, commit)()

    assert trap.times_triggered == 1
    assert committed(world, commit) is (moment == "after")


def test_a_conflict_is_a_serialization_failure_of_postgres(world: World, engine: Engine) -> None:
    steps = Steps(engine)
    fault = faults.conflict("accept").start(world)

    with pytest.raises(DatabaseUnavailable, match="SerializationFailure"):
        steps.accept()
    assert not committed(world, "accept")
    steps.accept()
    fault.stop()

    assert fault.times_triggered == 1
    assert committed(world, "accept")


def test_a_trap_acts_while_the_commit_waits(world: World, engine: Engine) -> None:
    seen: list[bool] = []
    for moment in ("before", "after"):
        world.database.proxy.set_trap(Trap("accept", moment, act=lambda: seen.append(committed(world, "accept"))))

    Steps(engine).accept()

    assert seen == [False, True]


def test_a_commit_is_recognised_in_prepared_statements(world: World, engine: Engine) -> None:
    fault = faults.commit_lost("accept", times=100)
    for _ in range(12):  # psycopg prepares a statement after five executions
        Steps(engine).accept()
    active = fault.start(world)

    with pytest.raises(DatabaseUnavailable):
        Steps(engine).accept()
    assert active.times_triggered == 1


def test_down_is_triggered_by_each_refused_connection(world: World, engine: Engine) -> None:
    steps = Steps(engine)
    steps.accept()
    fault = faults.down().start(world)
    assert fault.times_triggered == 0

    with pytest.raises(DatabaseUnavailable):
        steps.claim()
    assert fault.times_triggered >= 1
    fault.stop()
    fault.stop()

    steps.claim()
    assert committed(world, "claim")


@pytest.mark.parametrize("fault", [faults.restarted(before="claim"), faults.crashed(before="claim")])
def test_a_restart_loses_only_what_was_not_committed(
    world: World, engine: Engine, fault: faults.DatabaseRestarted
) -> None:
    steps = Steps(engine)
    steps.accept()
    active = fault.start(world)

    with pytest.raises(DatabaseUnavailable):
        steps.claim()
    assert active.times_triggered == 1
    assert committed(world, "accept")
    assert not committed(world, "claim")
    steps.claim()


def test_cut_connections_are_counted(world: World, engine: Engine) -> None:
    steps = Steps(engine)
    assert faults.connections_cut().start(world).times_triggered == 0
    steps.accept()

    assert faults.connections_cut().start(world).times_triggered == 1
    steps.claim()


def test_latency_delays_every_response(world: World, engine: Engine) -> None:
    steps = Steps(engine)
    steps.accept()
    fault = network.latency(0.1).start(world)

    began = time.monotonic()
    steps.claim()
    took_seconds = time.monotonic() - began
    fault.stop()

    assert fault.times_triggered >= 4  # ping, begin, select, update, commit: some in one round trip
    assert took_seconds >= 0.1 * fault.times_triggered
    triggered = fault.times_triggered
    steps.transcript()
    assert fault.times_triggered == triggered


def test_a_black_hole_drops_packets_until_the_client_times_out(world: World, engine: Engine) -> None:
    steps = Steps(engine)
    steps.accept()
    fault = network.blackhole().start(world)

    began = time.monotonic()
    with pytest.raises(DatabaseUnavailable):
        steps.claim()
    assert time.monotonic() - began >= CONNECT_TIMEOUT_SECONDS  # the connection was not closed
    assert fault.times_triggered >= 1
    fault.stop()

    steps.claim()


def test_a_network_that_is_down_resets_and_refuses_connections(world: World, engine: Engine) -> None:
    steps = Steps(engine)
    steps.accept()
    fault = network.down().start(world)

    began = time.monotonic()
    with pytest.raises(DatabaseUnavailable):
        steps.claim()
    assert time.monotonic() - began < CONNECT_TIMEOUT_SECONDS  # it failed at once
    fault.stop()
    triggered = fault.times_triggered

    assert triggered >= 1
    steps.claim()
    assert fault.times_triggered == triggered


def test_durations_are_numbers_of_seconds_or_timedeltas() -> None:
    durations: Any = [seconds_of(2), seconds_of(0.5), seconds_of(timedelta(minutes=1))]
    assert durations == [2.0, 0.5, 60.0]
