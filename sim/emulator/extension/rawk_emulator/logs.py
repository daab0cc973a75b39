"""Function logs on their way to CloudWatch Logs, for all functions by one thread.

Stock LocalStack has a thread per function version and drops what still waits when a version is replaced, so the
last words of old code were lost in every deployment.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import logging
import queue
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.connect import connect_to
from localstack.services.lambda_.invocation.logs import LogHandler, LogItem
from localstack.utils.aws.client_types import ServicePrincipal

from . import clock

LOG = logging.getLogger(__name__)

MAX_EVENT_BYTES = 256 * 1024
"""CloudWatch Logs' limit for one event."""


@dataclass(frozen=True)
class _Entry:
    role_arn: str
    region: str
    item: LogItem
    timestamp_ms: int


class _Writer:
    """Writes entries in the order they came."""

    def __init__(self) -> None:
        self._entries: queue.Queue[_Entry] = queue.Queue()
        self._clients: dict[tuple[str, str], Any] = {}
        self._known_streams: set[tuple[str, str, str]] = set()
        threading.Thread(target=self._write_on, name="function-logs", daemon=True).start()

    def add(self, entry: _Entry) -> None:
        self._entries.put(entry)

    def flush(self, limit_seconds: float) -> None:
        """Wait until all is written, at most this long."""
        waiter = threading.Thread(target=self._entries.join, daemon=True)
        waiter.start()
        waiter.join(limit_seconds)

    def _write_on(self) -> None:
        while True:
            entry = self._entries.get()
            try:
                self._write(entry)
            except (ClientError, BotoCoreError) as error:
                LOG.warning("a log of %s could not be written: %s", entry.item.log_group, error)
            finally:
                self._entries.task_done()

    def _write(self, entry: _Entry) -> None:
        client = self._client(entry)
        where = {"logGroupName": entry.item.log_group, "logStreamName": entry.item.log_stream}
        lines = [line[:MAX_EVENT_BYTES] + "\n" for line in entry.item.logs.split("\n") if line]
        events = [{"timestamp": entry.timestamp_ms, "message": line} for line in lines]
        if not events:
            return
        try:
            client.put_log_events(**where, logEvents=events)
        except client.exceptions.ResourceNotFoundException:
            _make_stream(client, where)
            client.put_log_events(**where, logEvents=events)

    def _client(self, entry: _Entry) -> Any:
        key = (entry.role_arn, entry.region)
        if key not in self._clients:
            self._clients[key] = connect_to.with_assumed_role(
                region_name=entry.region, role_arn=entry.role_arn, service_principal=ServicePrincipal.lambda_
            ).logs
        return self._clients[key]


def _make_stream(client: Any, where: dict[str, str]) -> None:
    there_already = client.exceptions.ResourceAlreadyExistsException
    with suppress(there_already):
        client.create_log_group(logGroupName=where["logGroupName"])
    with suppress(there_already):
        client.create_log_stream(**where)


_writer: _Writer | None = None


def install() -> None:
    """Send every function's log through the one writer."""
    global _writer
    _writer = _Writer()
    LogHandler.start_subscriber = lambda _: None
    LogHandler.stop = lambda _: None
    LogHandler.add_logs = _add_logs


def flush(limit_seconds: float) -> None:
    """Wait for what is on its way, at most this long."""
    if _writer:
        _writer.flush(limit_seconds)


def _add_logs(handler: LogHandler, item: LogItem) -> None:
    assert _writer is not None
    _writer.add(_Entry(handler.role_arn, handler.region, item, int(clock.now_seconds() * 1000)))
