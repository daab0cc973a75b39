"""Failures of the pipeline's database. The server is a real Postgres, and it really fails."""

import threading
from dataclasses import dataclass
from typing import Literal, Protocol

from sim.app import APP
from sim.app import Commit as Commit
from sim.faults.aws import Duration, in_words, seconds_of
from sim.postgres.commit_proxy import Moment, Trap
from sim.postgres.database import PipelineDatabase

LONGEST_WAKING_SECONDS = 45.0

Ending = Literal["go_on", "reset", "conflict"]


class DatabaseWorld(Protocol):
    """What these faults need: the pipeline's database, its server and the proxy in front of it."""

    @property
    def database(self) -> PipelineDatabase: ...


def down() -> "DatabaseDown":
    """The server is killed without a shutdown, and started again at the end of the block."""
    return DatabaseDown()


def restarted(before: Commit | None = None) -> "DatabaseRestarted":
    """The server is shut down and started again: at once, or right before the product commits that step."""
    return DatabaseRestarted(before)


def crashed(before: Commit | None = None) -> "DatabaseRestarted":
    """Like `restarted`, but without a shutdown: Postgres recovers from its write-ahead log."""
    return DatabaseRestarted(before, crash=True)


def connections_cut() -> "ConnectionsCut":
    """Postgres terminates every connection of the product once (pg_terminate_backend)."""
    return ConnectionsCut()


def paused(wakes_after: Duration = 15) -> "DatabasePaused":
    """The database has paused without traffic: its connections are closed. The first new one wakes it.

    Until then it accepts connections and stays silent, in real time, because clients measure timeouts in real time.
    Aurora takes about 15 seconds, after a day of pause 30 or more
    (https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html).

    Raises:
        ValueError: it wakes at once, or after more than 45 seconds.
    """
    seconds = seconds_of(wakes_after)
    if not 0 < seconds <= LONGEST_WAKING_SECONDS:
        raise ValueError(f"a database wakes after more than 0 and at most {LONGEST_WAKING_SECONDS:g} seconds")
    return DatabasePaused(seconds)


def commit_lost(commit: Commit, times: int = 1) -> "AtCommit":
    """The connection is reset right before the commit reaches Postgres: nothing is committed."""
    description = f"the connection to Postgres is reset before the commit of the step {commit}"
    return AtCommit(commit, "before", "reset", description, times)


def commit_response_lost(commit: Commit, times: int = 1) -> "AtCommit":
    """Postgres commits, then the connection is reset: the product cannot know that it did."""
    return AtCommit(commit, "after", "reset", f"Postgres commits the step {commit} and its response is lost", times)


def conflict(commit: Commit, times: int = 1) -> "AtCommit":
    """Postgres refuses the commit with a serialization failure (SQLSTATE 40001) and rolls back."""
    return AtCommit(
        commit,
        "before",
        "conflict",
        f"Postgres refuses the commit of the step {commit} with a serialization failure",
        times,
    )


def _refuse_unknown(commit: str) -> None:
    if commit not in APP.database.commits:
        raise ValueError(f"the product has no commit {commit!r}; its commits are {', '.join(APP.database.commits)}")


@dataclass(frozen=True)
class AtCommit:
    """A failure of one of the product's commits."""

    commit: Commit
    moment: Moment
    then: Ending
    description: str
    times: int = 1
    family: str = "database"

    def __post_init__(self) -> None:
        _refuse_unknown(self.commit)
        if self.times < 1:
            raise ValueError(f"a fault must happen at least once, not {self.times} times")

    def describe(self) -> str:
        return self.description + ("" if self.times == 1 else f", {self.times} times")

    def start(self, world: DatabaseWorld) -> "ActiveTrap":
        return ActiveTrap(world.database, Trap(self.commit, self.moment, self.then, times=self.times))


class ActiveTrap:
    """A trap at a commit. Counts the commits that triggered it."""

    def __init__(self, database: PipelineDatabase, trap: Trap) -> None:
        self._proxy = database.proxy
        self._trap = trap
        self._proxy.set_trap(trap)

    @property
    def times_triggered(self) -> int:
        return self._trap.times_triggered

    def stop(self) -> None:
        self._proxy.remove_trap(self._trap)


@dataclass(frozen=True)
class DatabaseDown:
    family: str = "database"

    def describe(self) -> str:
        return "Postgres is down"

    def start(self, world: DatabaseWorld) -> "ActiveDatabaseDown":
        return ActiveDatabaseDown(world.database)


class ActiveDatabaseDown:
    """Triggered by each connection that Postgres refuses. Idle connections that it loses do not count."""

    def __init__(self, database: PipelineDatabase) -> None:
        self._database = database
        database.server.crash()
        database.proxy.reset_all()
        self._refused_before = database.proxy.refused
        self._final: int | None = None

    @property
    def times_triggered(self) -> int:
        return self._database.proxy.refused - self._refused_before if self._final is None else self._final

    def stop(self) -> None:
        if self._final is None:
            self._final = self.times_triggered
            self._database.server.restart()


@dataclass(frozen=True)
class DatabasePaused:
    wakes_after_seconds: float
    family: str = "database"

    def describe(self) -> str:
        return f"Postgres has paused and wakes {in_words(self.wakes_after_seconds)} after the first connection"

    def start(self, world: DatabaseWorld) -> "ActivePause":
        return ActivePause(world.database, self.wakes_after_seconds)


class ActivePause:
    """Counts the connections that waited for the database to wake."""

    def __init__(self, database: PipelineDatabase, wakes_after_seconds: float) -> None:
        self._proxy = database.proxy
        self._before = self._proxy.held
        self._awake = threading.Event()
        self._alarm = threading.Timer(wakes_after_seconds, self._awake.set)
        self._alarm.daemon = True
        self._proxy.hold_new(self._awake, at_first=self._alarm.start)
        database.cut_connections()

    @property
    def times_triggered(self) -> int:
        return self._proxy.held - self._before

    def stop(self) -> None:
        self._alarm.cancel()
        self._proxy.restore()


@dataclass(frozen=True)
class DatabaseRestarted:
    before: Commit | None
    crash: bool = False
    family: str = "database"

    def __post_init__(self) -> None:
        if self.before is not None:
            _refuse_unknown(self.before)

    def describe(self) -> str:
        what = "crashes and recovers" if self.crash else "is restarted"
        return f"Postgres {what}" + (f" before the commit of the step {self.before}" if self.before else "")

    def start(self, world: DatabaseWorld) -> "ActiveTrap | Done":
        if self.before is None:
            lost_connections = world.database.proxy.open_connections
            self._restart(world.database)
            return Done(lost_connections)
        trap = Trap(self.before, "before", "reset", lambda: self._restart(world.database))
        return ActiveTrap(world.database, trap)

    def _restart(self, database: PipelineDatabase) -> None:
        if self.crash:
            database.server.crash()
        database.server.restart()


@dataclass(frozen=True)
class ConnectionsCut:
    family: str = "database"

    def describe(self) -> str:
        return "Postgres terminates every connection"

    def start(self, world: DatabaseWorld) -> "Done":
        return Done(world.database.cut_connections())


@dataclass
class Done:
    """The action is over. It was triggered by so many connections or processes."""

    times_triggered: int

    def stop(self) -> None:
        """Nothing is left to undo."""
