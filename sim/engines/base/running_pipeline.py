"""One scenario's pipeline while it runs: its API, queues, functions and database, each controlled by an object."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3

from sim.app import APP
from sim.app.protocol import Ledger
from sim.clock.clocks import SimulationClock
from sim.engines.base.alarms import Alarms
from sim.engines.base.api_server import ApiServer
from sim.engines.base.audio_bucket import AudioBucket
from sim.engines.base.credentials import Credentials
from sim.engines.base.function_logs import FunctionLogs
from sim.engines.base.identities import Identities
from sim.engines.base.introspection import Introspection
from sim.engines.base.product_processes import MIGRATION_LOG, OPERATOR_LOG, CommandStarter, NewApiProcess
from sim.engines.base.queues import Queues
from sim.engines.base.relay_control import RelayControl
from sim.engines.base.roles import Roles
from sim.engines.base.throttling import AttemptCounter, ThrottledInvocations
from sim.engines.base.worker_control import FunctionProcesses, WorkerCode, WorkerControl
from sim.journal.journal import Journal
from sim.localstack.chaos_client import Chaos
from sim.openai_simulator.client import Space
from sim.platform.advertised_address import LOOPBACK, AdvertisedAddress
from sim.platform.tcp_proxy import TcpProxy
from sim.postgres.database import PipelineDatabase
from sim.provisioning.clients import Clients
from sim.provisioning.pipeline import Pipeline

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True)
class PipelineParts:
    """What an engine gives to build a running pipeline."""

    pipeline: Pipeline
    session: boto3.Session
    endpoint_url: str | None
    """Where AWS answers; None for AWS itself."""
    identities: Identities
    introspection: Introspection
    database: PipelineDatabase
    openai: Space
    credentials: Credentials
    commands: CommandStarter
    new_api: NewApiProcess
    processes: FunctionProcesses
    worker_code: WorkerCode
    environment: Mapping[str, str]
    """Environment variables of every process of the product."""
    log_folder: Path
    journal: Journal
    clock: SimulationClock
    remove: Callable[[], object] = lambda: None
    """Removes what the engine made for this pipeline; called last."""
    advertised_address: AdvertisedAddress = LOOPBACK
    """Where the product reaches servers of the harness."""


class RunningPipeline:
    """The objects by which scenarios, faults and invariants see and control one pipeline."""

    api: ApiServer
    worker: WorkerControl
    relay: RelayControl
    alarms: Alarms
    audio: AudioBucket
    queues: Queues
    ledger: Ledger
    roles: Roles
    function_logs: FunctionLogs

    def __init__(self, parts: PipelineParts) -> None:
        self.parts = parts
        self.pipeline = parts.pipeline
        self.limits = parts.pipeline.limits
        self.openai = parts.openai
        self.credentials = parts.credentials
        self.identities = parts.identities
        self.commands = parts.commands
        self.database = parts.database
        self.database_url = parts.database.url
        self.log_folder = parts.log_folder
        self.journal = parts.journal
        self.clock = parts.clock
        self.endpoint_url = parts.endpoint_url
        self._running = ExitStack()
        self._running.callback(parts.remove)
        self._running.callback(parts.database.close)
        self.ledger = APP.ledger(parts.database.direct_url)
        self._running.callback(lambda: self.ledger.close())
        self._control(Clients.of(parts.session, parts.endpoint_url))
        parts.log_folder.mkdir(parents=True, exist_ok=True)

    def _control(self, clients: Clients) -> None:
        parts, pipeline = self.parts, self.pipeline
        self.region = clients.region
        self.sqs: SQSClient = clients.sqs
        self.queues = Queues(clients.sqs, pipeline)
        self.audio = AudioBucket(clients.s3, pipeline.audio_bucket)
        self.roles = Roles(clients, pipeline, parts.introspection)
        self.alarms = Alarms(clients.cloudwatch, pipeline.dead_letter_alarm)
        self.function_logs = self._new_function_logs(clients)
        self.api = ApiServer(parts.new_api, self._api_environment, parts.log_folder, parts.journal)
        self.worker = WorkerControl(
            pipeline.worker_function,
            clients.lambda_,
            parts.processes,
            parts.worker_code,
            parts.journal,
            self._count_throttled,
        )
        self.relay = RelayControl(
            pipeline.relay_function,
            pipeline.relay_rule,
            clients.lambda_,
            clients.events,
            self.function_logs,
            parts.journal,
        )

    def _new_function_logs(self, clients: Clients) -> FunctionLogs:
        return FunctionLogs(clients.logs, self.pipeline.log_groups)

    def _count_throttled(self) -> AttemptCounter:
        return ThrottledInvocations(self.chaos, self.pipeline.worker_function)

    @cached_property
    def sqs_proxy(self) -> TcpProxy:
        """A TCP proxy between the API and SQS."""
        address = urlsplit(self._endpoint)
        listen = self.parts.advertised_address.listen
        return self._running.enter_context(TcpProxy(str(address.hostname), int(address.port or 0), listen))

    @cached_property
    def chaos(self) -> Chaos:
        """The Chaos API of an emulator with our extension."""
        return Chaos(self._endpoint)

    @property
    def _endpoint(self) -> str:
        assert self.endpoint_url is not None, "real AWS has no single address"
        return self.endpoint_url

    def start(self) -> None:
        """Start the API; everything else runs already. Raises RuntimeError."""
        self._running.callback(lambda: self.function_logs.copy_to(self.log_folder))
        try:
            self.api.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        self.api.begin_shutdown()  # it finishes its requests while everything else is removed
        try:
            self._running.close()
        finally:
            self.api.shut_down()

    @property
    def operator_environment(self) -> dict[str, str]:
        """Environment variables of the product's operator commands, as in an operator's shell."""
        return {**self.parts.environment, **self.pipeline.operator_environment, **self.identities.of_operator()}

    def _api_environment(self) -> dict[str, str]:
        return {
            **self.parts.environment,
            **self.pipeline.api_environment,
            **self.identities.of_role("api"),
            "AWS_ENDPOINT_URL_SQS": f"http://{self.parts.advertised_address.host}:{self.sqs_proxy.port}",
        }

    def logs(self) -> dict[str, str]:
        """What each process wrote: the API, the functions, the operator's commands, the migration of the world."""
        api = self.api.log()
        commands = {"operator": self.log_folder / OPERATOR_LOG, "migration": self.log_folder.parent / MIGRATION_LOG}
        return {
            **({} if api is None else {"api": api}),
            **self.function_logs.all(),
            **{name: path.read_text(encoding="utf-8") for name, path in commands.items() if path.is_file()},
        }

    def write_function_events(self) -> None:
        """Write what its functions did into the journal, where the emulator does not do that itself."""
