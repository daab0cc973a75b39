"""A deployed pipeline as scenarios see it: the API where it was deployed, and none of our code inside.

All scenarios run on the same pipeline. Each looks only at what it caused itself, of its own tenants, and removes that
again: memories with their audio, messages that it sent or that are about its memories.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from sim.app import APP
from sim.app.protocol import Ledger
from sim.clock.clocks import RealClock
from sim.engines.aws.own_queues import ForeignState, OwnQueues
from sim.engines.base.api_server import START_LIMIT, ApiServer, is_healthy
from sim.engines.base.audio_bucket import AudioBucket
from sim.engines.base.function_logs import FunctionLogs
from sim.engines.base.product_processes import ApiProcess, CommandProcess
from sim.engines.base.running_pipeline import PipelineParts, RunningPipeline
from sim.engines.base.throttling import AttemptCounter, JobsWaiting, Throttling
from sim.engines.base.worker_control import WorkerControl
from sim.platform.environment import user_environment
from sim.postgres.database import PipelineDatabase
from sim.provisioning.clients import Clients

CLOCK_DIFFERENCE = timedelta(seconds=1)
"""Between the API's clock, which dates memories, and the database's, which says when a scenario begins. The harness's
own clock may be minutes off and is not used."""


class DeployedDatabase(PipelineDatabase):
    """Reached directly, with no proxy in between: faults of the database are not available."""

    def __init__(self, url: str) -> None:
        self.url = self.direct_url = url

    def close(self) -> None:
        """There is nothing to close."""


class LocalCommands:
    """Starts the product's commands on this machine, as an operator does at a terminal."""

    def start(self, argv: Sequence[str], env: Mapping[str, str], cwd: Path) -> CommandProcess:
        return subprocess.Popen(
            [sys.executable, *argv], env=dict(env), cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )


def no_api_process(environment: Mapping[str, str], log_folder: Path) -> ApiProcess:
    """Raises NotImplementedError: the API is deployed already."""
    raise NotImplementedError("the deployed API is not started by the harness")


def operator_environment(database_url: str) -> dict[str, str]:
    """Environment of the operator's commands: the user at this machine is the operator, with their own credentials."""
    own = {"PYTHONPATH": str(APP.processes.sources), APP.processes.database_variable: database_url}
    return {**user_environment(), **own}


class DeployedApi(ApiServer):
    """The API where it was deployed: it can be called, not controlled."""

    def __init__(self, url: str, parts: PipelineParts) -> None:
        super().__init__(parts.new_api, dict, parts.log_folder, parts.journal)
        self.url = url

    def start(self) -> None:
        """Wait until it is healthy. Raises RuntimeError."""
        if not RealClock(1.0).wait_until(self._answers, START_LIMIT):
            raise RuntimeError(f"the API at {self.url} is not healthy")

    def _answers(self) -> bool:
        return is_healthy(self.url, timeout_seconds=20, trust_env=True)

    def log(self) -> None:
        """The API's log is where it is deployed."""


class DeployedWorker(WorkerControl):
    """The deployed function, with the reserved concurrency that it was deployed with."""

    def __init__(
        self, lambda_: Any, parts: PipelineParts, attempts: Callable[[], AttemptCounter], cleaning: ExitStack
    ) -> None:
        """`cleaning` is closed when the scenario ends: it stops each throttling, also one that a failed scenario
        left."""
        function = parts.pipeline.worker_function
        super().__init__(function, lambda_, parts.processes, parts.worker_code, parts.journal, attempts)
        self._cleaning = cleaning
        self._deployed_concurrency: int | None = None

    def require_concurrency(self) -> None:
        """Raises ForeignState for a reserved concurrency of 0, which a killed harness may have left."""
        answer = self._lambda.get_function_concurrency(FunctionName=self.function)
        self._deployed_concurrency = answer.get("ReservedConcurrentExecutions")
        if self._deployed_concurrency == 0:
            raise ForeignState(
                f"no worker can run, {self.function} has a reserved concurrency of 0: if that is not intended, run "
                f"`aws lambda delete-function-concurrency --function-name {self.function}`"
            )

    def reserve_concurrency(self, reserved: int | None) -> None:
        """None restores the reservation that was deployed."""
        super().reserve_concurrency(self._deployed_concurrency if reserved is None else reserved)

    def throttle(self) -> Throttling:
        throttling = super().throttle()
        self._cleaning.callback(throttling.stop)
        return throttling


class OwnAudio(AudioBucket):
    """Only the audio of the scenario's own memories."""

    def __init__(self, s3: Any, name: str, ledger: Ledger) -> None:
        super().__init__(s3, name)
        self._ledger = ledger

    def keys(self) -> set[str]:
        return super().keys() & {row["audio_key"] for row in self._ledger.memories().values()}


class DeployedPipeline(RunningPipeline):
    """The deployed pipeline while one scenario runs on it."""

    worker: DeployedWorker
    queues: OwnQueues

    def __init__(self, parts: PipelineParts, *, tenants: Sequence[str]) -> None:
        """`tenants` are the product's names of the tenants whose keys the harness has, in the order of the keys."""
        self._own_tenants = list(tenants)
        self._cleaning = ExitStack()
        super().__init__(parts)

    def _control(self, clients: Clients) -> None:
        self._began = self.ledger.now() - CLOCK_DIFFERENCE
        super()._control(clients)
        self.ledger.close()
        self.ledger = APP.ledger(self.database_url, tenants=self._own_tenants, since=self._began)
        self.queues = OwnQueues(clients.sqs, self.pipeline)
        self.audio = OwnAudio(clients.s3, self.pipeline.audio_bucket, self.ledger)
        self.api = DeployedApi(str(self.pipeline.api["url"]).rstrip("/"), self.parts)
        self.worker = DeployedWorker(clients.lambda_, self.parts, self._count_throttled, self._cleaning)

    def _new_function_logs(self, clients: Clients) -> FunctionLogs:
        return FunctionLogs(clients.logs, self.pipeline.log_groups, since=self._began)

    def _count_throttled(self) -> AttemptCounter:
        return JobsWaiting(lambda: self.queues.jobs().total)

    def start(self) -> None:
        """Raises ForeignState when messages of others are there, RuntimeError when the API is not healthy."""
        self.queues.require_empty()
        self.worker.require_concurrency()
        self.openai.reset()
        self.openai.set_api_key(self.credentials.openai_api_key)  # the deployed worker has a key of its own
        self.api.start()
        self._cleaning.callback(self._remove_own)

    def stop(self) -> None:
        try:
            self._cleaning.close()
        finally:
            self._running.close()

    def write_function_events(self) -> None:
        """Copy the functions' structured log lines into the journal: no emulator of ours reports events here."""
        for function in self.pipeline.log_groups:
            for line in self.function_logs.lines(function):
                self._write_event(function, line)

    def _write_event(self, function: str, line: str) -> None:
        with suppress(ValueError):
            entry = json.loads(line)
            if isinstance(entry, dict) and "event" in entry and "timestamp" in entry:
                event = str(entry["event"]).replace("_", " ")
                about = {name: entry[name] for name in ("level", "memory_id", "reason") if name in entry}
                self.journal.write(
                    "function_log", function=function, event=event, virtual_at=entry["timestamp"], **about
                )

    def _remove_own(self) -> None:
        """Delete memories through the API, which removes their audio, and messages through SQS. What cannot be
        removed is written to the journal."""
        own = self.ledger.memories()
        try:
            self.queues.remove_own(set(own))
        except (BotoCoreError, ClientError) as error:
            self.journal.write("cleanup_failed", item="messages", reason=str(error))
        keys = dict(zip(self._own_tenants, self.credentials.tenant_keys.values(), strict=True))
        for memory_id, row in own.items():
            if why := self._why_not_removed(memory_id, keys[row["tenant"]]):
                self.journal.write("cleanup_failed", item="memory", memory_id=memory_id, reason=why)

    def _why_not_removed(self, memory_id: str, key: str) -> str | None:
        """Delete a memory; None when it is gone."""
        url = f"{self.api.url}/api/v1/memories/{memory_id}"
        try:
            answer = httpx.delete(url, headers={"X-API-Key": key}, timeout=30)
        except httpx.TransportError as error:
            return repr(error)
        gone = answer.status_code in (httpx.codes.NO_CONTENT, httpx.codes.NOT_FOUND)
        return None if gone else f"the API answered {answer.status_code}"
