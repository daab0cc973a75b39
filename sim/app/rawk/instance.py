"""RAWK: recordings become memories, with a transcript and an analysis."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from rawk.config import api_keys
from rawk.domain.errors import ConfigurationError, RawkError
from rawk.domain.memory import ALLOWED_STEPS, RECORDING_FAULTS
from sim.app.protocol import (
    Database,
    Image,
    Images,
    InvalidApiKeys,
    NextRelease,
    Probed,
    Renderings,
    RowChange,
)
from sim.app.rawk.ledger import RawkLedger
from sim.app.rawk.next_release import next_release
from sim.app.rawk.observed_tables import OBSERVED_TABLES, commit_of
from sim.app.rawk.processes import PROCESSES
from sim.app.rawk.stop_points import API_STEPS, COMMITS, WORKER_STEPS
from sim.conservation import Commit

STEADY_STATE_WITHIN = timedelta(minutes=5)
"""In virtual time; a healthy world takes seconds."""


def _with_subclasses(root: type[Exception]) -> list[type[Exception]]:
    return [root, *(each for subclass in root.__subclasses__() for each in _with_subclasses(subclass))]


@dataclass(frozen=True)
class Rawk:
    """The instance of `App` for RAWK."""

    protocol_version = 6
    name = "rawk"
    renderings = Renderings(
        production="core", short_timeouts="short_timeouts", slow_start="slow_start", pausing_database="pausing_database"
    )
    processes = PROCESSES
    images = Images(api=Image("rawk-api", "Dockerfile"), worker=Image("rawk-worker", "Dockerfile.lambda"))
    functions = ("worker", "relay")
    database = Database(application_name="rawk", commits=COMMITS)
    ledger = RawkLedger
    observed_tables = OBSERVED_TABLES
    api_steps = API_STEPS
    worker_steps = WORKER_STEPS
    allowed_status_steps = frozenset((earlier.value, later.value) for earlier, later in ALLOWED_STEPS)
    tombstone_table = "deleted_memories"
    subject_faults = frozenset(reason.value for reason in RECORDING_FAULTS)
    foreseen_errors = frozenset(each.__name__ for each in _with_subclasses(RawkError))
    lanes = ("client", "API", "SQS", "Lambda", "OpenAI", "S3", "Postgres", "DLQ", "operator")
    role_lanes = {"api": "API", "worker": "Lambda", "relay": "Lambda"}  # noqa: RUF012

    def commit_of(self, at: float, changes: Sequence[RowChange]) -> Commit:
        return commit_of(at, changes)

    def message_body(self, subject_id: str, correlation_id: str = "sent-by-the-scenario") -> str:
        """A job of version 1, as the API writes it."""
        return json.dumps(
            {"version": 1, "type": "process_memory", "memory_id": subject_id, "correlation_id": correlation_id}
        )

    def subject_of(self, message_body: str) -> str | None:
        try:
            message = json.loads(message_body)
        except ValueError:
            return None
        memory_id = message.get("memory_id") if isinstance(message, dict) else None
        return memory_id if isinstance(memory_id, str) else None

    def personal_texts(self, row: Mapping[str, Any]) -> dict[str, str]:
        """Topics and mood are left out: they are single words, which a log may have for other reasons."""
        analysis = row.get("analysis") or {}
        texts = {
            "transcript": row.get("transcript"),
            "own title": row.get("title"),
            **{part: analysis.get(part) for part in ("title", "summary")},
        }
        return {part: text for part, text in texts.items() if text and len(text.split()) > 2}

    def read_api_keys(self, keys_json: str) -> dict[str, str]:
        try:
            return {key: tenants[0] for key, tenants in api_keys(keys_json).items()}
        except ConfigurationError as error:
            raise InvalidApiKeys(str(error)) from error

    def next_release(self, folder: Path) -> NextRelease:
        return next_release(folder)

    def run_steady_state(self, simulation: Probed) -> None:
        """One recording, from upload to complete."""
        simulation.run_until(simulation.api.record(1).all_complete, within=STEADY_STATE_WITHIN)
