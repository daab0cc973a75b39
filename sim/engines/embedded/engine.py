"""The default engine: every part is real and runs on this machine, without Docker.

A *world* is LocalStack, Postgres and the OpenAI simulator, started once and kept warm. Each scenario gets a
*pipeline* of its own in it (`running_pipeline`), made from the same Terraform configuration that goes to AWS.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import boto3

from sim.app import APP
from sim.clock.clocks import VirtualClock
from sim.clock.seeds import seed_for
from sim.engines.base.credentials import new_credentials
from sim.engines.base.fork_server import ForkServer
from sim.engines.base.forked_process import ForkedApi
from sim.engines.base.identities import PipelineIdentities
from sim.engines.base.local_services import LocalServices, product_environment
from sim.engines.base.running_pipeline import PipelineParts, RunningPipeline
from sim.engines.base.worker_control import LocalFunctionProcesses, WorkerCode
from sim.engines.base.world_lifecycle import WorldLifecycle
from sim.engines.embedded.virtual_clock import WorldTime
from sim.journal.journal import Journal
from sim.localstack.chaos_client import OBSERVER
from sim.localstack.conformance import suite
from sim.localstack.control_client import EmulatorControl
from sim.localstack.extension.rawk_emulator.gateway.local_callers import TOKEN_VARIABLE
from sim.localstack.extension.rawk_emulator.introspection.observer import EVENTS_VARIABLE
from sim.localstack.extension.rawk_emulator.lambda_.spawn import FORK_SERVER_VARIABLE
from sim.localstack.extension.rawk_emulator.sqs.variables import FULL_SHORT_POLLS_VARIABLE
from sim.localstack.extension.rawk_emulator.time.shared_offset import CLOCK_VARIABLE, SharedOffset
from sim.localstack.server import LocalStack
from sim.platform.aws_session import isolated_session
from sim.platform.control_token import control_token
from sim.provisioning.clients import Clients
from sim.provisioning.from_rendering import provision, retire
from sim.provisioning.from_terraform import TerraformPipeline
from sim.provisioning.function_package import build_package
from sim.provisioning.pipeline import Pipeline, put_secrets
from sim.provisioning.rendering import Rendering


@dataclass(frozen=True)
class Product:
    """A version of the product: its sources, the functions' package, and the fork server of its other processes."""

    sources: Path
    package: bytes
    fork_server: ForkServer


class EmbeddedWorld(WorldLifecycle):
    """One world in its own folder. It starts its parts in parallel."""

    name = "embedded"

    def __init__(
        self,
        folder: Path,
        topology: str,
        say: Callable[[str], None],
        events_file: Path | None = None,
        *,
        with_terraform: bool = False,
        openai_variables: Mapping[str, str] | None = None,
    ) -> None:
        """`folder` holds its logs and, while it runs, its state; `topology` names the rendering to build from.

        The events inside the emulator are appended to `events_file` (see rawk_emulator/introspection/observer.py).
        `openai_variables` are for the OpenAI simulator. With Terraform, each pipeline is a real `terraform apply` of
        the same configuration, which takes a minute.
        """
        super().__init__(say)
        self._with_terraform = with_terraform
        self._events_file = events_file
        self._other_products: dict[Path, Product] = {}
        self._logs = folder / "logs"
        self._state = folder / "state"
        self._clock_file = self._state / "clock"
        self._topology = topology
        self._local = LocalServices(self._logs, self._state, self._running, self._clock_file, openai_variables)
        self._logs.mkdir(parents=True, exist_ok=True)
        self._state.mkdir(parents=True, exist_ok=True)

    def _start_parts(self) -> None:
        self.offset_seconds = SharedOffset(self._clock_file).read
        self._local.start(self._start_localstack)
        suite.require(self._localstack.target, "redrive")
        self.clock = VirtualClock(WorldTime(self._clock_file, self._emulator, self._local.openai))

    @property
    def endpoint_url(self) -> str:
        return self._localstack.endpoint_url

    def pipeline(
        self,
        name: str,
        journal: Journal,
        seed: int,
        sources: Path | None = None,
        *,
        topology: str | None = None,
    ) -> RunningPipeline:
        """Build a pipeline; `name` becomes part of every resource's name.

        `topology` is another rendering than the world's.
        `sources` is the folder of another version of the product's package, for API, functions and commands.
        """
        credentials = new_credentials(seed_for(seed, f"{name}/credentials"))
        database = self._local.new_database(name)
        space = self._local.new_space(name, credentials.openai_api_key)
        product = self._product(sources)
        openai = {APP.processes.openai_variable: space.base_url}
        pipeline, retire_pipeline = self._provision(topology or self._topology, name, openai, product.package)
        put_secrets(
            pipeline,
            database_url=database.url,
            openai_api_key=credentials.openai_api_key,
            api_keys_json=credentials.api_keys_json,
            session=self.session,
            endpoint_url=self.endpoint_url,
        )
        clients = Clients.of(self.session, self.endpoint_url)
        return RunningPipeline(
            PipelineParts(
                pipeline=pipeline,
                session=self.session,
                endpoint_url=self.endpoint_url,
                identities=PipelineIdentities(clients.iam, clients.sts, pipeline),
                introspection=self._emulator,
                database=database,
                openai=space,
                credentials=credentials,
                commands=product.fork_server.client,
                new_api=partial(ForkedApi, product.fork_server.client),
                processes=LocalFunctionProcesses(self._emulator),
                worker_code=WorkerCode(product.package),
                environment=product_environment(self.endpoint_url, product.sources),
                log_folder=self._logs / name,
                journal=journal,
                clock=self.clock,
                remove=lambda: self._drop(retire_pipeline, name),
            )
        )

    def _product(self, sources: Path | None) -> "Product":
        """The product as it is installed, or another version of it."""
        if sources is None:
            return Product(APP.processes.sources, self._package, self._local.fork_server)
        if sources not in self._other_products:
            package = build_package(sources / APP.processes.package)
            self._other_products[sources] = Product(sources, package, self._local.new_fork_server(sources))
        return self._other_products[sources]

    def rendering(self, topology: str) -> Rendering:
        """What a pipeline is made from; a world of a test may change it."""
        return Rendering.load(topology)

    def _provision(
        self, topology: str, name: str, extra_environment: dict[str, str], package: bytes
    ) -> tuple[Pipeline, Callable[[], object]]:
        """The pipeline, and a function that ends its activity. Both ways read the same Terraform configuration."""
        if self._with_terraform:
            return self._apply(topology, name, extra_environment, package)
        pipeline = provision(
            self.rendering(topology).with_environment(APP.processes.verbose_environment),
            name=name,
            session=self.session,
            endpoint_url=self.endpoint_url,
            worker_package=package,
            extra_environment=extra_environment,
        )
        return pipeline, lambda: retire(pipeline, session=self.session, endpoint_url=self.endpoint_url)

    def _apply(
        self, topology: str, name: str, extra_environment: dict[str, str], package: bytes
    ) -> tuple[Pipeline, Callable[[], object]]:
        terraform = TerraformPipeline(
            self.terraform_folder(name),
            topology=topology,
            name=name,
            session=self.session,
            endpoint_url=self.endpoint_url,
            worker_package=package,
            extra_environment=extra_environment,
            progress=self._say,
        )
        pipeline = terraform.apply()
        events = self.session.client("events", endpoint_url=self.endpoint_url)
        # Terraform refuses to destroy a bucket with recordings. Everything is removed with the world.
        return pipeline, lambda: events.disable_rule(Name=pipeline.relay_rule)

    def terraform_folder(self, name: str) -> Path:
        """Where Terraform keeps the state of a pipeline that it applied."""
        return self._state / "terraform" / name

    def _drop(self, retire_pipeline: Callable[[], object], name: str) -> None:
        """End a pipeline's activity with its scenario: its schedule would keep the world busy."""
        retire_pipeline()
        self._local.drop_database(name)

    @cached_property
    def session(self) -> boto3.Session:
        """The harness's own session: faults do not apply to it, because it observes and repairs the world."""
        return isolated_session(user_agent_extra=OBSERVER)

    @cached_property
    def _package(self) -> bytes:
        return build_package()

    def _start_localstack(self) -> None:
        self._localstack = LocalStack(
            self._state / "localstack",
            self._logs / "localstack.log",
            extra_env={
                TOKEN_VARIABLE: control_token(),
                FORK_SERVER_VARIABLE: self._local.fork_server.socket_path,
                CLOCK_VARIABLE: str(self._clock_file),
                FULL_SHORT_POLLS_VARIABLE: "0",  # code that takes a short poll for the whole queue is found
                EVENTS_VARIABLE: str(self._events_file.absolute()) if self._events_file else "",
            },
        )
        self._local.keep(self._localstack.start, self._localstack.stop)
        self._emulator = EmulatorControl(self.endpoint_url)
        self._running.callback(self._emulator.close)
