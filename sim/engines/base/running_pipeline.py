"""One scenario's pipeline while it runs: its API process, queues, functions and database, and ways to hurt them."""

import contextlib
import io
import json
import os
import random
import re
import signal
import uuid
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import boto3
import httpx

from sim.clock.clocks import RealClock, SimulationClock
from sim.engines.base import identities
from sim.engines.base.forked_child import ForkedChild
from sim.engines.base.introspection import Introspection
from sim.engines.base.ledger import Ledger
from sim.engines.base.queues import Queues
from sim.engines.base.roles import Roles
from sim.engines.base.throttling import InvocationsTried, Throttling
from sim.journal.journal import Journal
from sim.localstack.chaos_client import Chaos
from sim.localstack.extension.rawk_emulator.lambda_.fork_client import ForkServerClient
from sim.openai_simulator.client import Space
from sim.platform.advertised_address import LOOPBACK, AdvertisedAddress
from sim.platform.tcp_proxy import TcpProxy
from sim.postgres.database import PipelineDatabase
from sim.provisioning.clients import Clients
from sim.provisioning.pipeline import Pipeline

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

API_START = timedelta(seconds=30)
API_POLL_SECONDS = 0.01
TENANTS = ("acme", "globex", "initech")


@dataclass(frozen=True)
class Credentials:
    """Throw-away secrets of one pipeline. None of them may ever stand in a log."""

    openai_api_key: str = field(repr=False)
    tenant_keys: Mapping[str, str] = field(repr=False)

    @property
    def api_keys_json(self) -> str:
        return json.dumps({key: tenant for tenant, key in self.tenant_keys.items()})


def new_credentials(seed: int) -> Credentials:
    chance = random.Random(seed)

    def key(prefix: str) -> str:
        return f"{prefix}-{uuid.UUID(int=chance.getrandbits(128)).hex}"

    return Credentials(openai_api_key=key("sk-sim"), tenant_keys={tenant: key(tenant) for tenant in TENANTS})


def with_marker(package: bytes, name: str) -> bytes:
    """The same package with one more, empty, file in it."""
    changed = io.BytesIO(package)
    with zipfile.ZipFile(changed, "a") as archive:
        archive.writestr(name, b"")
    return changed.getvalue()


class ApiProcess(Protocol):
    """The API while it runs, whatever it runs in."""

    @property
    def log_path(self) -> Path: ...
    def start(self) -> None: ...
    def ask_to_stop(self) -> None: ...
    def kill(self) -> None: ...
    def is_alive(self) -> bool: ...
    def log_tail(self, lines: int = 40) -> str: ...


class StartedProcess(Protocol):
    """A command of the product while it runs."""

    @property
    def stdout(self) -> IO[bytes] | None: ...
    def wait(self, timeout: float | None = None) -> int: ...


class ProductStarter(Protocol):
    """Starts Python with the product in it: `argv` is what follows `python` on a command line."""

    def start(self, argv: Sequence[str], env: Mapping[str, str], cwd: Path) -> StartedProcess: ...


class RunningPipeline:
    """Starts the API; everything else already runs inside the emulator."""

    def __init__(
        self,
        *,
        pipeline: Pipeline,
        database: PipelineDatabase,
        openai: Space,
        credentials: Credentials,
        session: boto3.Session,
        endpoint_url: str | None,
        environment: Mapping[str, str],
        log_folder: Path,
        journal: Journal,
        fork: ProductStarter,
        worker_package: bytes,
        emulator: Introspection,
        clock: SimulationClock,
        drop: Callable[[], object],
        advertised_address: AdvertisedAddress = LOOPBACK,
    ) -> None:
        """`environment` is what every process of the product gets; over the advertised_address it reaches the
        harness."""
        self.pipeline = pipeline
        self.limits = pipeline.limits
        self.openai = openai
        self.credentials = credentials
        self.database = database
        self.database_url = database.url
        self.ledger = Ledger(database.direct_url)
        self.log_folder = log_folder
        self.journal = journal
        self._environment = environment
        self._fork = fork
        self._emulator = emulator
        self.clock = clock
        self._advertised_address = advertised_address
        self._apis: list[ApiProcess] = []
        self._running = ExitStack()
        self._running.callback(drop)
        self._running.callback(database.close)
        self._running.callback(self.ledger.close)
        self._session = session
        self._worker_package = worker_package
        clients = Clients.of(session, endpoint_url)
        self._s3: S3Client = clients.s3
        self._lambda: LambdaClient = clients.lambda_
        self._logs: CloudWatchLogsClient = clients.logs
        self._iam, self._sts, self._events = clients.iam, clients.sts, clients.events
        self.roles = Roles(clients, pipeline, emulator)
        self.endpoint_url, self.region = endpoint_url, clients.region
        self.sqs: SQSClient = clients.sqs
        self.queues = Queues(self.sqs, pipeline)
        log_folder.mkdir(parents=True, exist_ok=True)

    @cached_property
    def sqs_proxy(self) -> TcpProxy:
        """Stands before SQS for the API."""
        address = urlsplit(self._endpoint)
        return self._running.enter_context(
            TcpProxy(str(address.hostname), int(address.port or 0), self._advertised_address.listen)
        )

    @property
    def _endpoint(self) -> str:
        assert self.endpoint_url is not None, "real AWS has no one address"
        return self.endpoint_url

    @cached_property
    def chaos(self) -> Chaos:
        """Breaks calls to AWS, where the emulator has our extension."""
        return Chaos(self._endpoint)

    def start(self) -> None:
        self._running.callback(self._keep_logs)
        try:
            self.start_api()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        for api in self._apis:
            api.ask_to_stop()  # it takes its time, in which the rest is put away
        try:
            self._running.close()
        finally:
            for api in self._apis:
                api.kill()  # it had its time

    @property
    def _api(self) -> "ApiProcess":
        """The process that serves now; a restart may have left others that are still ending."""
        return self._apis[-1]

    @property
    def api_url(self) -> str:
        return self._api_url

    @property
    def fork(self) -> "ProductStarter":
        """Starts processes of the product."""
        return self._fork

    @cached_property
    def operator_environment(self) -> dict[str, str]:
        """What `rawk dlq …` runs with, in an operator's shell; made for whoever asks first."""
        name = f"{self.pipeline.name}-operator"
        user = identities.of_new_user(self._iam, name, self.pipeline.operator_policy_arn)
        return {**self._environment, **self.pipeline.operator_environment, **user}

    def credentials_of(self, role: str) -> dict[str, str]:
        """Environment of a process that runs under the role, as its platform gives it."""
        return identities.of_role(self._sts, self.pipeline.role_arns[role], role)

    def audio_keys(self) -> set[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.pipeline.audio_bucket)
        return {item["Key"] for page in pages for item in page.get("Contents", [])}

    def run_relay(self) -> dict[str, Any]:
        """Invoke the relay now, and wait for what it says."""
        answer = self._lambda.invoke(FunctionName=self.pipeline.relay_function)
        return dict(json.loads(answer["Payload"].read() or b"{}"))

    def schedule_relay(self, runs: bool) -> None:
        """Switch the relay's schedule on or off."""
        switch = self._events.enable_rule if runs else self._events.disable_rule
        switch(Name=self.pipeline.relay_rule)
        self.journal.write("relay_schedule", runs=runs)

    def relay_runs(self) -> int:
        """How often the relay ran until now, by its own log."""
        return sum(line.startswith("START RequestId:") for line in self.function_logs("relay"))

    def worker_processes(self) -> list[int]:
        """Process ids that run the worker's function now."""
        return self._emulator.function_processes(self.pipeline.worker_function)

    def kill_worker(self) -> int:
        """SIGKILL every process that runs the worker's function now; gives how many there were."""
        return self._signal_worker(signal.SIGKILL, "worker_killed")

    def _signal_worker(self, what: signal.Signals, kind: str) -> int:
        pids = self.worker_processes()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, what)
        self.journal.write(kind, processes=len(pids))
        return len(pids)

    def kill_api(self) -> int:
        """SIGKILL the API, as a machine does that goes away; gives how many processes there were."""
        self._api.kill()
        self.journal.write("api_killed", lane="API")
        return 1

    def ask_api_to_stop(self) -> int:
        """SIGTERM the API, as a deployment does: it ends what is under way. Gives how many processes there were."""
        self._api.ask_to_stop()
        self.journal.write("api_asked_to_stop", lane="API")
        return 1

    def dead_letter_alarm_rings(self) -> bool:
        """Whether CloudWatch says ALARM."""
        answer = self._cloudwatch.describe_alarms(AlarmNames=[self.pipeline.dead_letter_alarm])
        (alarm,) = answer["MetricAlarms"]
        return bool(alarm["StateValue"] == "ALARM")

    @cached_property
    def _cloudwatch(self) -> Any:
        return self._session.client("cloudwatch", endpoint_url=self.endpoint_url)

    def freeze_worker(self) -> int:
        """SIGSTOP every process that runs the worker's function now; gives how many there were."""
        return self._signal_worker(signal.SIGSTOP, "worker_frozen")

    def reserve_concurrency(self, reserved: int | None) -> None:
        """How many workers there may be at most; None for no reservation, as Terraform leaves it."""
        name = self.pipeline.worker_function
        if reserved is None:
            self._lambda.delete_function_concurrency(FunctionName=name)
        else:
            self._lambda.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)
        self.journal.write("worker_concurrency", reserved=reserved)

    def throttle_worker(self) -> Throttling:
        """No worker may run until that is stopped."""
        return Throttling(self.reserve_concurrency, InvocationsTried(self.chaos, self.pipeline.worker_function))

    def deploy_worker(self) -> None:
        """Put a new version of the worker's code in force: the same, under another digest."""
        package = with_marker(self._worker_package, f"deployed-{uuid.uuid4().hex}")
        self._lambda.update_function_code(FunctionName=self.pipeline.worker_function, ZipFile=package)
        self.journal.write("worker_deployed")

    def function_logs(self, function: str) -> list[str]:
        """Every line that the function wrote to CloudWatch Logs."""
        group = self.pipeline.log_groups[function]
        pages = self._logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        return [event["message"] for page in pages for event in page["events"]]

    def logs(self) -> dict[str, str]:
        """All that this pipeline's processes wrote, by who wrote it."""
        texts = {function: "\n".join(self.function_logs(function)) for function in ("worker", "relay")}
        return {"api": self._api.log_path.read_text(encoding="utf-8", errors="replace"), **texts}

    def tell_timeline(self) -> None:
        """Write into the journal what its functions did, where no emulator of ours does that by itself."""

    def _keep_logs(self) -> None:
        """Copy what the functions wrote to CloudWatch Logs beside the other logs: the emulator's state goes with it."""
        for function in ("worker", "relay"):
            lines = self.function_logs(function)
            (self.log_folder / f"{function}.log").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def start_api(self) -> None:
        """Start an API process and wait until it answers, at an address of its own."""
        environment = {
            **self._environment,
            **self.pipeline.api_environment,
            **self.credentials_of("api"),
            "AWS_ENDPOINT_URL_SQS": f"http://{self._advertised_address.host}:{self.sqs_proxy.port}",
        }
        self._apis.append(self._new_api(environment))
        self._api.start()
        if not RealClock(poll_seconds=API_POLL_SECONDS).wait_until(self._api_answers, API_START):
            raise RuntimeError(f"the API did not come up in {API_START.seconds} s:\n{self._api.log_tail()}")

    def _new_api(self, environment: Mapping[str, str]) -> "ApiProcess":
        assert isinstance(self._fork, ForkServerClient), "who starts the product otherwise starts its API as well"
        # Port 0: the kernel gives a free one, and no one else can take it between asking and listening.
        argv = ["-m", "uvicorn", "rawk.asgi:create_app", "--factory", "--host", "127.0.0.1", "--port", "0"]
        argv += ["--no-access-log"]
        return ForkedChild(self._fork, argv, environment, self.log_folder / "api.log", self.log_folder)

    def _api_address(self) -> str | None:
        """Where the API that was started says it is; None while it has not said."""
        announced = re.search(r"running on (http://127\.0\.0\.1:\d+)", self._api.log_tail())
        return announced[1] if announced else None

    def _api_answers(self) -> bool:
        if not self._api.is_alive():
            raise RuntimeError(f"the API ended while starting:\n{self._api.log_tail()}")
        address = self._api_address()
        if address is None:
            return False
        self._api_url = address
        try:
            return (
                httpx.get(f"{self._api_url}/api/v1/health", timeout=5, trust_env=False, verify=False).status_code == 200
            )
        except httpx.TransportError:
            return False
