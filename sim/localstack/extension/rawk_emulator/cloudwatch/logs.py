"""Delivers function logs to CloudWatch Logs, for all functions in one thread.

Stock LocalStack has one thread per function version and drops waiting entries when a version is replaced, so the last
log lines of old code were lost in every deployment. It also makes API calls for them, through a client and all of
LocalStack's layers, which cost more than the invocation. Here the entries are put directly into the store, if the
function's role may write them. Only where a metric filter reads them they go through the API.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import logging
import queue
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.connect import connect_to
from localstack.services.lambda_.invocation.logs import LogHandler, LogItem
from localstack.services.logs.models import get_moto_logs_backend
from localstack.utils.aws.arns import extract_account_id_from_arn
from localstack.utils.aws.client_types import ServicePrincipal
from moto.core.exceptions import RESTError

from ..iam import enforcement
from ..time import clock

LOG = logging.getLogger(__name__)

MAX_EVENT_BYTES = 1024 * 1024
"""CloudWatch Logs' limit for one event, since 2025."""

MAX_EVENTS_PER_CALL = 10_000
"""PutLogEvents' limit."""


@dataclass(frozen=True)
class _Entry:
    role_arn: str
    region: str
    item: LogItem
    timestamp_ms: int


class _Writer:
    """Writes entries in the order in which they came."""

    def __init__(self) -> None:
        self._entries: queue.SimpleQueue[_Entry] = queue.SimpleQueue()
        self._clients: dict[tuple[str, str], Any] = {}
        threading.Thread(target=self._write_on, name="function-logs", daemon=True).start()

    def add(self, entry: _Entry) -> None:
        self._entries.put(entry)

    def _write_on(self) -> None:
        while True:
            waiting = [self._entries.get()]
            while not self._entries.empty():
                waiting.append(self._entries.get())
            for entries in _by_stream(waiting):
                try:
                    self._write(entries)
                except (ClientError, BotoCoreError, RESTError) as error:
                    LOG.warning("a log of %s could not be written: %s", entries[0].item.log_group, error)

    def _write(self, entries: list[_Entry]) -> None:
        group, stream = entries[0].item.log_group, entries[0].item.log_stream
        if not _may_write(entries[0]):
            return  # as on AWS, where the loss is not reported either
        events = [event for entry in entries for event in _events(entry)]
        put = self._put_by_call(entries[0]) if _is_filtered(entries[0]) else _backend(entries[0]).put_log_events
        for start in range(0, len(events), MAX_EVENTS_PER_CALL):
            put(group, stream, events[start : start + MAX_EVENTS_PER_CALL])

    def _put_by_call(self, entry: _Entry) -> Callable[[str, str, list[dict[str, Any]]], object]:
        def put(group: str, stream: str, events: list[dict[str, Any]]) -> None:
            self._client(entry).put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)

        return put

    def _client(self, entry: _Entry) -> Any:
        key = (entry.role_arn, entry.region)
        if key not in self._clients:
            self._clients[key] = connect_to.with_assumed_role(
                region_name=entry.region, role_arn=entry.role_arn, service_principal=ServicePrincipal.lambda_
            ).logs
        return self._clients[key]


def _by_stream(entries: list[_Entry]) -> list[list[_Entry]]:
    """The entries of each stream together, in their order."""
    streams: dict[tuple[str, str, str], list[_Entry]] = defaultdict(list)
    for entry in entries:
        streams[entry.role_arn, entry.item.log_group, entry.item.log_stream].append(entry)
    return list(streams.values())


def _events(entry: _Entry) -> list[dict[str, Any]]:
    lines = [line[:MAX_EVENT_BYTES] + "\n" for line in entry.item.logs.split("\n") if line]
    return [{"timestamp": entry.timestamp_ms, "message": line} for line in lines]


def _may_write(entry: _Entry) -> bool:
    """Whether the function's role may write its log, and create what is missing."""
    group, stream = entry.item.log_group, entry.item.log_stream
    groups = get_moto_logs_backend(extract_account_id_from_arn(entry.role_arn), entry.region).groups
    needed = ["PutLogEvents"]
    if group not in groups:
        needed = ["CreateLogGroup", "CreateLogStream", *needed]
    elif stream not in groups[group].streams:
        needed = ["CreateLogStream", *needed]
    about = {"logGroupName": group, "logStreamName": stream}
    function = group.rpartition("/")[2]
    return all(
        enforcement.is_allowed(entry.role_arn, function, "logs", operation, entry.region, **about)
        for operation in needed
    )


def _backend(entry: _Entry) -> Any:
    """The store of the entry's log group, with its group and stream created."""
    backend = get_moto_logs_backend(extract_account_id_from_arn(entry.role_arn), entry.region)
    group, stream = entry.item.log_group, entry.item.log_stream
    if group not in backend.groups:
        backend.create_log_group(group, {})
    if stream not in backend.groups[group].streams:
        backend.create_log_stream(group, stream)
    return backend


def _is_filtered(entry: _Entry) -> bool:
    return any(each["logGroupName"] == entry.item.log_group for each in _backend(entry).filters.metric_filters)


_writer: _Writer | None = None


def install() -> None:
    """Send every function's log through the one writer."""
    global _writer
    _writer = _Writer()
    LogHandler.start_subscriber = lambda _: None
    LogHandler.stop = lambda _: None
    LogHandler.add_logs = _add_logs


def _add_logs(handler: LogHandler, item: LogItem) -> None:
    assert _writer is not None
    _writer.add(_Entry(handler.role_arn, handler.region, item, int(clock.now_seconds() * 1000)))
