"""The journal of the simulator: one record per request, with its answer."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO


@dataclass
class Record:
    """One request. `status_code` is None while the answer is pending, and stays None if no answer is sent.

    `outcome` is `open`, `answered` (handed to the network), `connection_closed` (a fault closed the connection),
    `client_disconnected` or `simulator_failed` (a bug of the simulator). A request is billed as soon as its answer is
    produced, also if a fault then loses the answer on its way. An error costs nothing, and neither does an answer whose
    client disconnected before the answer was due.
    """

    number: int
    time: float
    space: str
    endpoint: str
    memory_id: str | None
    correlation_id: str | None
    attempt: int
    sdk_retry_count: int
    model: str | None = None
    audio_sha256: str | None = None
    audio_bytes: int | None = None
    recording: str | None = None
    take: int | None = None
    request_id: str | None = None
    status_code: int | None = None
    outcome: str = "open"
    fault: str | None = None
    effect: str | None = None
    billed_seconds: float = 0.0
    billed_prompt_tokens: int = 0
    billed_completion_tokens: int = 0
    duration_seconds: float | None = None


@dataclass
class Journal:
    """The records of one space, in the order of the requests."""

    sink: "Sink | None" = None
    records: list[Record] = field(default_factory=list)
    _attempts: dict[tuple[str | None, str], int] = field(default_factory=dict)

    def open(
        self, now: float, space: str, endpoint: str, memory_id: str | None, correlation_id: str | None, retries: int
    ) -> Record:
        """Begin a record; the attempt counts the requests of that memory to that endpoint."""
        attempt = self._attempts[memory_id, endpoint] = self._attempts.get((memory_id, endpoint), 0) + 1
        number = len(self.records) + 1
        record = Record(number, now, space, endpoint, memory_id, correlation_id, attempt, retries)
        self.records.append(record)
        return record

    def close(self, record: Record, now: float) -> None:
        """End a record and write it to the file."""
        record.duration_seconds = round(now - record.time, 6)
        if self.sink is not None:
            self.sink.write(record)

    def clear(self) -> None:
        self.records.clear()
        self._attempts.clear()


class Sink:
    """The JSON lines file of all spaces."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[str] = path.open("a", encoding="utf-8", buffering=1)

    def write(self, record: Record) -> None:
        self._file.write(json.dumps(asdict(record), ensure_ascii=False) + "\n")

    def close(self) -> None:
        self._file.close()
