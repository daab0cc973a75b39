"""A pipeline that somebody deployed, as scenarios see it: the API where it is, and nothing of ours inside.

All scenarios are played on the same one, so each looks at what has come since it began, of its own tenants, and takes
that away again: memories with their audio, messages that it sent or whose memories are its own.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from sim.clock.clocks import RealClock
from sim.engines.base.ledger import Ledger, StatusStep
from sim.engines.base.queues import Depth, Queues
from sim.engines.base.running_pipeline import API_START, RunningPipeline, StartedProcess
from sim.engines.base.throttling import JobsWaiting, Throttling
from sim.platform.paths import PRODUCT
from sim.platform.processes import machine_environment
from sim.postgres.database import PipelineDatabase
from sim.provisioning.pipeline import Pipeline

RECEIVED_AT_ONCE = 10
CLEANING = timedelta(seconds=30)
CLOCKS_DIFFER_BY = timedelta(seconds=1)
"""Of the API, which dates memories, and of the database, which says when a scenario begins; ours may be minutes off."""


class NotItsOwn(Exception):
    """Something is in the way that is not ours to remove; the text says what."""


class DeployedDatabase(PipelineDatabase):
    """Reached as it is, with no relay before it: nobody can break it."""

    def __init__(self, url: str) -> None:
        self.url = self.direct_url = url

    def close(self) -> None:
        """There is nothing to close."""


class OwnLedger(Ledger):
    """Of a database that others use too: memories of these tenants that came since a moment."""

    def __init__(self, database_url: str, tenants: Sequence[str], since: datetime) -> None:
        super().__init__(database_url)
        self._own = "tenant = ANY(%s) AND created_at >= %s", (list(tenants), since)

    def memories(self) -> dict[str, dict[str, Any]]:
        condition, values = self._own
        return {str(row["id"]): row for row in self._rows(f"SELECT * FROM memories WHERE {condition}", values)}

    def steps(self) -> list[StatusStep]:
        own = self.memories()
        return [step for step in super().steps() if step.memory_id in own]

    def outbox_count(self) -> int:
        condition, values = self._own
        query = f"SELECT count(*) AS count FROM outbox WHERE memory_id IN (SELECT id FROM memories WHERE {condition})"
        return int(self._rows(query, values)[0]["count"])

    def leases(self) -> list[str]:
        return [memory_id for memory_id, row in self.memories().items() if row["lease_token"] is not None]


class OwnQueues(Queues):
    """Remembers what was sent past the API, so that it can be told from others' messages."""

    def __init__(self, sqs: Any, pipeline: Pipeline) -> None:
        super().__init__(sqs, pipeline)
        self._client = sqs
        self._urls = (pipeline.jobs_queue_url, pipeline.dead_letter_queue_url)
        self._sent: set[str] = set()

    def send(self, body: str) -> str:
        self._sent.add(body)
        return super().send(body)

    def require_empty(self) -> None:
        """Raises NotItsOwn."""
        for name, depth in {"jobs queue": self.jobs(), "dead-letter queue": self.dead_letters()}.items():
            if depth != Depth(0, 0, 0):
                raise NotItsOwn(
                    f"the {name} holds {depth.total} messages that are not ours, or in flight since a scenario before: "
                    "no scenario could be judged"
                )

    def remove_own(self, memory_ids: set[str]) -> None:
        """Delete what was sent by us, or is about memories of ours; what is others' stays and becomes visible again."""
        for url in self._urls:
            others: list[str] = []
            RealClock().wait_until(partial(self._none_left, url, memory_ids, others), CLEANING)
            for handle in others:
                self._client.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)

    def _none_left(self, url: str, memory_ids: set[str], others: list[str]) -> bool:
        """Receives once; whatever is others' is hidden for as long as this takes, as each receive counts against it."""
        hidden_seconds = int(CLEANING.total_seconds())
        found = self._client.receive_message(
            QueueUrl=url, MaxNumberOfMessages=RECEIVED_AT_ONCE, VisibilityTimeout=hidden_seconds, WaitTimeSeconds=1
        ).get("Messages", [])
        for each in found:
            if each["Body"] in self._sent or _memory_in(each["Body"]) in memory_ids:
                self._client.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
            else:
                others.append(each["ReceiptHandle"])
        return not found


def _memory_in(body: str) -> str | None:
    with suppress(ValueError):
        message = json.loads(body)
        if isinstance(message, dict):
            return str(message.get("memory_id"))
    return None


class Commands:
    """Starts the product's commands beside the harness, as an operator does at a terminal."""

    def start(self, argv: Sequence[str], env: Mapping[str, str], cwd: Path) -> StartedProcess:
        return subprocess.Popen(
            [sys.executable, *argv], env=dict(env), cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )


class DeployedPipeline(RunningPipeline):
    """What was deployed, while one scenario is played on it."""

    def __init__(self, *, tenants: Sequence[str], **parts: Any) -> None:
        """`tenants` are the product's own names of those whose keys we have."""
        super().__init__(**parts)
        self._began = self.ledger.now() - CLOCKS_DIFFER_BY
        self._cleaning = ExitStack()
        self.ledger.close()
        self.ledger = OwnLedger(self.database_url, tenants, self._began)
        self._running.callback(self.ledger.close)
        self._own_queues = OwnQueues(self.sqs, self.pipeline)
        self.queues = self._own_queues
        self._own_tenants = list(tenants)
        self._deployed_concurrency: int | None = None

    def start(self) -> None:
        """Raises NotItsOwn when messages of others are there, RuntimeError when the API does not answer."""
        self._own_queues.require_empty()
        self._require_workers()
        self.openai.reset()
        self.openai.set_api_key(self.credentials.openai_api_key)  # what was deployed has a key of its own
        self._api_url = str(self.pipeline.api["url"]).rstrip("/")
        if not RealClock(1.0).wait_until(self._is_healthy, API_START):
            raise RuntimeError(f"the API at {self._api_url} is not healthy")
        self._cleaning.callback(self._remove_own)

    def _require_workers(self) -> None:
        """Raises NotItsOwn where none may run, as a harness leaves it that was killed while it held them back."""
        function = self.pipeline.worker_function
        answer = self._lambda.get_function_concurrency(FunctionName=function)
        self._deployed_concurrency = answer.get("ReservedConcurrentExecutions")
        if self._deployed_concurrency == 0:
            raise NotItsOwn(
                f"no worker may run, {function} has a reserved concurrency of 0: if nobody means that, "
                f"`aws lambda delete-function-concurrency --function-name {function}`"
            )

    def stop(self) -> None:
        try:
            self._cleaning.close()
        finally:
            self._running.close()

    def _is_healthy(self) -> bool:
        try:
            return httpx.get(f"{self._api_url}/api/v1/health", timeout=20).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def _remove_own(self) -> None:
        """Memories by the API, which sees to their audio; messages by SQS. What stays is told, and the rest goes."""
        own = self.ledger.memories()
        try:
            self._own_queues.remove_own(set(own))
        except (BotoCoreError, ClientError) as error:
            self.journal.write("not_removed", what="messages", why=str(error))
        keys = dict(zip(self._own_tenants, self.credentials.tenant_keys.values(), strict=True))
        for memory_id, row in own.items():
            if why := self._why_not_removed(memory_id, keys[row["tenant"]]):
                self.journal.write("not_removed", what="memory", memory_id=memory_id, why=why)

    def _why_not_removed(self, memory_id: str, key: str) -> str | None:
        url = f"{self._api_url}/api/v1/memories/{memory_id}"
        try:
            answer = httpx.delete(url, headers={"X-API-Key": key}, timeout=30)
        except httpx.TransportError as error:
            return repr(error)
        gone = answer.status_code in (httpx.codes.NO_CONTENT, httpx.codes.NOT_FOUND)
        return None if gone else f"the API answered {answer.status_code}"

    def tell_timeline(self) -> None:
        """What the functions told CloudWatch Logs: the report has nobody else's word."""
        for function in ("worker", "relay"):
            for line in self.function_logs(function):
                self._tell(function, line)

    def _tell(self, function: str, line: str) -> None:
        with suppress(ValueError):
            told = json.loads(line)
            if isinstance(told, dict) and "event" in told and "timestamp" in told:
                what = str(told["event"]).replace("_", " ")
                about = {name: told[name] for name in ("level", "memory_id", "reason") if name in told}
                self.journal.write("function_log", function=function, what=what, world_at=told["timestamp"], **about)

    def function_logs(self, function: str) -> list[str]:
        since = int(self._began.timestamp() * 1000)
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=self.pipeline.log_groups[function], startTime=since
        )
        return [event["message"] for page in pages for event in page["events"]]

    def logs(self) -> dict[str, str]:
        """The API's is where it is deployed; what the functions wrote is at CloudWatch."""
        return {function: "\n".join(self.function_logs(function)) for function in ("worker", "relay")}

    def audio_keys(self) -> set[str]:
        """Of our own memories only."""
        own = {row["audio_key"] for row in self.ledger.memories().values()}
        return super().audio_keys() & own

    def reserve_concurrency(self, reserved: int | None) -> None:
        """None for what was deployed."""
        super().reserve_concurrency(self._deployed_concurrency if reserved is None else reserved)

    def throttle_worker(self) -> Throttling:
        throttling = Throttling(self.reserve_concurrency, JobsWaiting(lambda: self.queues.jobs().total))
        self._cleaning.callback(throttling.stop)
        return throttling

    @cached_property
    def operator_environment(self) -> dict[str, str]:
        """Whoever plays is the operator."""
        aws = {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "HOME"))}
        own = {"PYTHONPATH": str(PRODUCT), "DATABASE_URL": self.database_url}
        return {**machine_environment(), **aws, **own, **self.pipeline.operator_environment}
