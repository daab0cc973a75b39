"""What Postgres can do to us. The server is real, and so is what happens to it."""

from dataclasses import dataclass
from typing import Literal, Protocol

from sim.app import APP
from sim.app import Commit as Commit
from sim.postgres.commit_proxy import Moment, Trap
from sim.postgres.database import PipelineDatabase

Ending = Literal["go_on", "reset", "conflict"]


class DatabaseWorld(Protocol):
    """What these faults need of a world: the pipeline's database, with its server and the relay before it."""

    @property
    def database(self) -> PipelineDatabase: ...


def down() -> "DatabaseDown":
    """The server is killed with no time to tidy up, and is started again at the end."""
    return DatabaseDown()


def restarted(before: Commit | None = None) -> "DatabaseRestarted":
    """Stopped and started again: at once, or when the product is about to commit that step."""
    return DatabaseRestarted(before)


def crashed(before: Commit | None = None) -> "DatabaseRestarted":
    """As `restarted`, but with no time to tidy up: Postgres recovers from its log."""
    return DatabaseRestarted(before, crash=True)


def connections_cut() -> "ConnectionsCut":
    """Postgres ends every connection that the product has, once (pg_terminate_backend)."""
    return ConnectionsCut()


def commit_lost(commit: Commit, times: int = 1) -> "AtCommit":
    """The connection is reset right before that commit reaches Postgres: nothing was done."""
    return AtCommit(commit, "before", "reset", f"the connection breaks before the {commit} is committed", times)


def commit_answer_lost(commit: Commit, times: int = 1) -> "AtCommit":
    """Postgres commits, then the connection is reset: the product can not know."""
    return AtCommit(commit, "after", "reset", f"the {commit} is committed and the answer gets lost", times)


def conflict(commit: Commit, times: int = 1) -> "AtCommit":
    """Postgres refuses that commit as a serialization failure (SQLSTATE 40001) and rolls back."""
    return AtCommit(commit, "before", "conflict", f"Postgres refuses the {commit} as a serialization failure", times)


def _refuse_unknown(commit: str) -> None:
    if commit not in APP.database.commits:
        raise ValueError(f"the product has no commit {commit!r}; it has {', '.join(APP.database.commits)}")


@dataclass(frozen=True)
class AtCommit:
    """Something that happens to one of the product's commits."""

    commit: Commit
    moment: Moment
    then: Ending
    words: str
    times: int = 1
    family: str = "database"

    def __post_init__(self) -> None:
        _refuse_unknown(self.commit)
        if self.times < 1:
            raise ValueError(f"a fault that happens {self.times} times never happens")

    def describe(self) -> str:
        return self.words + ("" if self.times == 1 else f", {self.times} times")

    def start(self, world: DatabaseWorld) -> "ActiveTrap":
        return ActiveTrap(world.database, Trap(self.commit, self.moment, self.then, times=self.times))


class ActiveTrap:
    """A trap at a commit; counts the commits that ran into it."""

    def __init__(self, database: PipelineDatabase, trap: Trap) -> None:
        self._proxy = database.proxy
        self._trap = trap
        self._proxy.set_trap(trap)

    @property
    def times_triggered(self) -> int:
        return self._trap.times_triggered

    def stop(self) -> None:
        self._proxy.take_trap(self._trap)


@dataclass(frozen=True)
class DatabaseDown:
    family: str = "database"

    def describe(self) -> str:
        return "the database is down"

    def start(self, world: DatabaseWorld) -> "ActiveDatabaseDown":
        return ActiveDatabaseDown(world.database)


class ActiveDatabaseDown:
    """Counts the connections that could not be made; what was merely open and idle met nothing."""

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
class DatabaseRestarted:
    before: Commit | None
    crash: bool = False
    family: str = "database"

    def __post_init__(self) -> None:
        if self.before is not None:
            _refuse_unknown(self.before)

    def describe(self) -> str:
        what = "crashes and recovers" if self.crash else "is restarted"
        return f"the database {what}" + (f" before the {self.before} is committed" if self.before else "")

    def start(self, world: DatabaseWorld) -> "ActiveTrap | Done":
        if self.before is None:
            broken = world.database.proxy.open_connections
            self._restart(world.database)
            return Done(broken)
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
        return "Postgres cuts every connection"

    def start(self, world: DatabaseWorld) -> "Done":
        return Done(world.database.cut_connections())


@dataclass
class Done:
    """It happened when it started, to so many."""

    times_triggered: int

    def stop(self) -> None:
        """There is nothing to end."""
