"""`App`: everything that the harness needs to know about the product that it runs.

The harness knows queues, functions, schedules, databases and time. Which pipeline runs on them it learns from an `App`:
how it is provisioned, how its processes start, what identifies a subject in a message, where its subjects are, which
steps they may take, and at which of its own steps a process can be stopped. A *subject* is what the pipeline works on
from acceptance to the end; for RAWK, a memory.

Whatever changes the meaning of a member, or adds one, increases `PROTOCOL_VERSION`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol

from sim.conservation import Commit

PROTOCOL_VERSION = 6


@dataclass(frozen=True)
class Renderings:
    """Names of the reduced Terraform plans in `sim/provisioning/rendered` that pipelines are made from."""

    production: str
    """Production's timeouts, for worlds in virtual time."""
    short_timeouts: str
    """Short timeouts, for worlds in real time."""
    slow_start: str
    """Short timeouts with time for functions that start slowly, for emulators of unknown speed."""
    pausing_database: str
    """Production's timeouts for a database that pauses without traffic."""


@dataclass(frozen=True)
class Processes:
    """How the product's processes start. Each argv follows `python` on a command line."""

    package: str
    """The Python package of the product."""
    sources: Path
    """The folder that contains it; on the PYTHONPATH of each process."""
    api_argv: Sequence[str]
    """Starts the API on a free port of 127.0.0.1."""
    api_address: re.Pattern[str]
    """Finds `http://127.0.0.1:PORT` in the API's log, as its first group, once the API listens."""
    health_path: str
    """Answers 200 as soon as the API can do its work."""
    liveness_path: str
    """Answers 200 as long as the API's process runs: what a load balancer asks."""
    verbose_environment: Mapping[str, str]
    """Environment variables, among those that Terraform sets, with which the processes write all that they can: a
    secret in a debug line must be found by the scenarios."""
    migrate_argv: Sequence[str]
    """Brings an empty database to the current schema."""
    operator_argv: Sequence[str]
    """The operator's command; its arguments follow."""
    database_variable: str
    """Environment variable with the SQLAlchemy URL of the database."""
    openai_variable: str
    """Environment variable with the base URL of OpenAI's API."""
    preloaded_libraries: Sequence[str]
    """Modules of other projects that the fork server imports before it forks."""
    preloaded_modules: Sequence[str]
    """Modules of the product that the fork server imports before it forks the API."""
    preloaded_in_functions: Sequence[str]
    """Modules of the product that it imports from the package of a function before it forks that again."""


@dataclass(frozen=True)
class Image:
    """A container image of the product, and the Dockerfile that it is built from, in the repository."""

    name: str
    dockerfile: str


@dataclass(frozen=True)
class Images:
    """The product's container images."""

    api: Image
    worker: Image


@dataclass(frozen=True)
class StatusStep:
    """One entry of a subject's history: the status it got, and when."""

    memory_id: str
    number: int
    status: str
    at: datetime


class Ledger(Protocol):
    """Where the product's subjects are, read from its database directly and not through the product.

    Every method raises psycopg.OperationalError while the database is down, `visible_state` excepted.
    """

    def close(self) -> None: ...

    def now(self) -> datetime:
        """The current time by the database's clock."""

    def memories(self) -> dict[str, dict[str, Any]]:
        """Every subject's row by its id."""

    def rows(self) -> dict[str, str]:
        """Every row of every table, of all subjects: the text of all values, by table."""

    def secrets(self) -> dict[str, str]:
        """What the database keeps that gives access: a name, for messages, and the text that must be in no log. A
        secret of bytes is there in each form in which a program might print it."""

    def steps(self) -> list[StatusStep]:
        """Every status that any subject ever had, ordered by subject and time."""

    def outbox_count(self) -> int:
        """How many messages are committed and not yet sent."""

    def leases(self) -> list[str]:
        """Ids of subjects that a worker holds a lease on, expired or not."""

    def visible_state(self) -> str | None:
        """A text that changes whenever what a reader sees may change; None while the database is down."""


class NewLedger(Protocol):
    """Opens a ledger."""

    def __call__(
        self, database_url: str, *, tenants: Sequence[str] | None = None, since: datetime | None = None
    ) -> Ledger:
        """`tenants` and `since` limit it to subjects of these tenants that were created since then."""


@dataclass(frozen=True)
class Database:
    """What the harness recognises in the product's traffic with Postgres."""

    application_name: str
    """The `application_name` of its connections."""
    commits: Mapping[str, re.Pattern[str]]
    """Step → the statement, on one line, that the transaction of this step contains."""


@dataclass(frozen=True)
class ObservedTable:
    """A table whose committed changes the harness records for the journal."""

    name: str
    columns: Sequence[str]
    """The columns that are recorded as they are: none with what a person said or wrote."""
    digested: Sequence[str] = ()
    """Text columns that are recorded as their SHA-256 in hex, under their name and `_sha256`."""


@dataclass(frozen=True)
class RowChange:
    """A committed change of one row. `fields` are the recorded columns that are not null, as JSON."""

    table: str
    change: str
    """`inserted`, `updated` or `deleted`."""
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class StopPoint:
    """A step at which a process can be stopped: a commit in Postgres, or the first call of one AWS operation."""

    words: str
    """Follows "right before" and "right after"."""
    commit: str | None = None
    """A name of `Database.commits`."""
    call: Mapping[str, str] = field(default_factory=dict)
    """`service` and `operation` of a rule of the Chaos API."""
    resource: Literal["bucket", "jobs_queue"] = "bucket"
    """What the call is made on."""


@dataclass(frozen=True)
class NextRelease:
    """A release of the product after the present one."""

    sources: Path
    """The folder that contains its package."""
    wrote: Callable[[Mapping[str, Any]], bool]
    """Whether it has written a subject's row of `Ledger.memories` last, rather than the present release."""


class Probed(Protocol):
    """As much of a simulation as a steady-state probe needs."""

    @property
    def api(self) -> Any: ...

    def run_until(self, condition: Callable[[], bool], within: timedelta) -> None: ...


class InvalidApiKeys(ValueError):
    """The text is not what the product's API reads as its keys; the message says why."""


class App(Protocol):
    """One product. Instances are immutable."""

    @property
    def protocol_version(self) -> int:
        """The `PROTOCOL_VERSION` that the instance was written for."""

    @property
    def name(self) -> str:
        """The product's name, and that of its operator command."""

    @property
    def renderings(self) -> Renderings: ...

    @property
    def processes(self) -> Processes: ...

    @property
    def images(self) -> Images: ...

    @property
    def functions(self) -> Sequence[str]:
        """Names of its Lambda functions, as in Terraform's output `log_groups`."""

    @property
    def database(self) -> Database: ...

    @property
    def ledger(self) -> NewLedger: ...

    @property
    def observed_tables(self) -> Sequence[ObservedTable]:
        """The tables that say where its subjects are."""

    def commit_of(self, at: float, changes: Sequence[RowChange]) -> Commit:
        """What the changes of one transaction say about where its subjects are; `at` in seconds."""

    @property
    def api_steps(self) -> Mapping[str, StopPoint]:
        """The steps of the API at which it can be stopped."""

    @property
    def worker_steps(self) -> Mapping[str, StopPoint]:
        """The steps of the worker at which it can be stopped."""

    @property
    def allowed_status_steps(self) -> frozenset[tuple[str, str]]:
        """Pairs of statuses: a subject may go from the first to the second, and nowhere else."""

    @property
    def tombstone_table(self) -> str:
        """The table that remembers the ids of deleted subjects, and nothing else of them."""

    @property
    def subject_faults(self) -> frozenset[str]:
        """Failure reasons that lie in the subject itself: its message is acknowledged and is no dead letter."""

    @property
    def foreseen_errors(self) -> frozenset[str]:
        """Names of the exception classes that the product raises on purpose. Any other in a log is a crash."""

    @property
    def lanes(self) -> Sequence[str]:
        """Lanes of a scenario's timeline in the report, from top to bottom."""

    @property
    def role_lanes(self) -> Mapping[str, str]:
        """IAM role → the lane of what it does."""

    def message_body(self, subject_id: str, correlation_id: str) -> str:
        """A message that is well-formed and asks for work on the subject."""

    def subject_of(self, message_body: str) -> str | None:
        """The id of the subject that a message is about; None for a message that names none."""

    def personal_texts(self, row: Mapping[str, Any]) -> Mapping[str, str]:
        """What a subject's row of `ledger.memories()` has of a person's words: part → text."""

    def read_api_keys(self, keys_json: str) -> dict[str, str]:
        """API key → tenant. Raises InvalidApiKeys."""

    def next_release(self, folder: Path) -> NextRelease:
        """Write, below the folder, a release whose schema is one migration ahead and whose code needs it."""

    def run_steady_state(self, simulation: Probed) -> None:
        """Do the product's everyday work once. Raises whatever prevents it."""
