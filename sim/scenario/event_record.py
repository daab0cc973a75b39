"""Copies into the journal what only other services recorded, and derives conservation from a scenario's lines."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

from sim.journal.journal import Journal
from sim.journal.reading import read_lines
from sim.picture.conservation import HARNESS, Derived, conservation_of
from sim.postgres import change_capture

if TYPE_CHECKING:
    from sim.engines.base.running_pipeline import RunningPipeline

OPEN = "open"
"""The outcome of a request to OpenAI that is not answered yet."""


class EventRecord:
    """The record of one scenario while it runs."""

    def __init__(self, pipeline: "RunningPipeline", journal: Journal) -> None:
        self._pipeline = pipeline
        self._journal = journal
        self._copied_commits: set[str] = set()
        self._next_transaction = 0
        self._copied_requests: set[int] = set()
        self._all_requests_until = 0
        """The number of a request: it and all before are copied."""
        self._copying = Lock()
        self.counts: dict[str, int] | None = None
        """How many events the emulator has recorded, by queue, function, bucket and role."""
        self.start: float | None = None
        """Virtual time from which violations are timed; None: from the first event, as the report does."""
        self.derived: Derived | None = None
        """Conservation as it was derived last; None: not yet, or the engine does not observe events."""

    def copy_openai_requests(self) -> None:
        """Copy the requests to OpenAI that have ended since the last copy. Raises ControlError, NoAnswer."""
        with self._copying:
            for record in self._pipeline.openai.journal(after=self._all_requests_until):
                if record["number"] not in self._copied_requests and record["outcome"] != OPEN:
                    self._copied_requests.add(record["number"])
                    self._write_request(record)
            while self._all_requests_until + 1 in self._copied_requests:
                self._all_requests_until += 1

    def _write_request(self, record: Mapping[str, Any]) -> None:
        fields = {name: each for name, each in record.items() if name not in ("space", "time") and each is not None}
        virtual_at = datetime.fromtimestamp(record["time"], UTC).isoformat()
        self._journal.write("openai_request", virtual_at=virtual_at, **fields)

    def copy_commits(self) -> None:
        """Copy the transactions that were committed since the last copy. Raises psycopg.Error."""
        with self._copying:
            reading = change_capture.read(self._pipeline.database.direct_url, self._next_transaction)
            for commit in reading.commits if reading else ():
                if commit.transaction not in self._copied_commits:
                    self._copied_commits.add(commit.transaction)
                    self._write_commit(commit)
            self._next_transaction = reading.next if reading else 0

    def _write_commit(self, commit: change_capture.CommittedChanges) -> None:
        at = datetime.fromtimestamp(self._pipeline.clock.virtual_at(commit.at), UTC)
        changes = [{"table": each.table, "change": each.change, "fields": each.fields} for each in commit.changes]
        self._journal.write("database_commit", virtual_at=at.isoformat(), changes=changes)

    def count_events(self) -> None:
        """Ask the emulator how many events there were. Raises NoAnswer."""
        self.counts = self._pipeline.parts.introspection.event_counts(f"{self._pipeline.pipeline.name}-")

    def derive(self) -> Derived | None:
        """Conservation of everything until now; None where the engine does not observe events.

        Raises psycopg.Error, ControlError, NoAnswer when a service that recorded events does not answer.
        """
        self.count_events()
        if self.counts is None:
            return None
        self.copy_openai_requests()
        self.copy_commits()
        totals = {**self.counts, HARNESS: self._journal.count}
        scenario = str(self._journal.scenario)
        texts = self._journal.texts_since(self._journal.begin, (scenario, self._pipeline.pipeline.name))
        lines = [line for line in read_lines(texts).lines if line.scenario == scenario]
        derived = conservation_of(lines, totals)
        self.derived = derived if derived is None or self.start is None else replace(derived, start=self.start)
        return self.derived
