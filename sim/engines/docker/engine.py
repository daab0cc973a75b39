"""The docker engine: a world in containers, in real time, with short timeouts.

docker-compose.localstack.yml starts LocalStack (with our extension; LocalStack itself starts the containers of
functions), Testcontainers starts Postgres, and API and commands run from the product's image. The OpenAI simulator and
the TCP proxies stay in the harness; containers reach them over the network's gateway.
"""

import contextlib
import os
import socket
import time
import uuid
from functools import cached_property, partial
from pathlib import Path

import boto3
import httpx
import psycopg

from sim.app import APP
from sim.clock.clocks import Unavailable, WaitingClock
from sim.clock.seeds import seed_for
from sim.engines.base.credentials import new_credentials
from sim.engines.base.engine import EngineNotReady, Say
from sim.engines.base.identities import PipelineIdentities
from sim.engines.base.running_pipeline import PipelineParts, RunningPipeline
from sim.engines.base.worker_control import WorkerCode
from sim.engines.base.world_lifecycle import WorldLifecycle
from sim.engines.docker.cli import DockerFailed, docker, require_docker
from sim.engines.docker.containers import ApiContainer, FunctionContainers, ProductContainers
from sim.engines.docker.images import LOCALSTACK, WORKER, build_images
from sim.engines.docker.ownership import labels, remove_all, sweep
from sim.engines.docker.postgres import DockerPostgres
from sim.journal.journal import Journal
from sim.localstack.chaos_client import OBSERVER
from sim.localstack.conformance import suite
from sim.localstack.control_client import EmulatorControl
from sim.openai_simulator.client import OpenAIServer
from sim.openai_simulator.process import OpenAIServerProcess
from sim.platform.advertised_address import LOOPBACK, AdvertisedAddress
from sim.platform.aws_session import REGION, isolated_session
from sim.platform.environment import remove_libpq_variables
from sim.platform.paths import REPOSITORY
from sim.platform.process_identity import this_process
from sim.postgres import change_capture
from sim.postgres.database import PipelineDatabase
from sim.provisioning.clients import Clients as RunningClients
from sim.provisioning.errors import ProvisionError
from sim.provisioning.from_rendering import destroy, provision
from sim.provisioning.function_package import build_package
from sim.provisioning.pipeline import Pipeline, put_secrets
from sim.provisioning.rendering import Rendering

COMPOSE_FILE = REPOSITORY / "docker-compose.localstack.yml"
EVENTS_FOLDER = "/var/lib/rawk"
TEMPLATE_DATABASE = "rawk_template"
LOCALSTACK_SECONDS = 120.0
COMPOSE_SECONDS = 300.0
COMMAND_SECONDS = 60

DOWN = (Unavailable, httpx.HTTPError, psycopg.OperationalError)
"""Errors of a condition that is evaluated while a fault keeps the API or the database down."""


def prepare(say: Say) -> None:
    """Check Docker, remove what killed runs left, build the images. Raises EngineNotReady with a sentence."""
    require_docker()
    try:
        dead = sweep()
    except DockerFailed as failure:
        raise EngineNotReady(f"the docker engine cannot run: {failure}") from failure
    if dead:
        say(f"removed what {len(dead)} killed runs left in Docker")
    build_images(say)


class DockerWorld(WorldLifecycle):
    """One world: a compose project, a Postgres, an OpenAI simulator."""

    def __init__(self, folder: Path, topology: str, say: Say, events_file: Path) -> None:
        super().__init__(say)
        self._logs = folder / "logs"
        self._events_file = events_file.absolute()
        self._rendering = Rendering.load(topology).with_environment(APP.processes.verbose_environment)
        self._project = f"rawk-{uuid.uuid4().hex[:8]}"
        self._network = f"{self._project}_default"
        self.clock = WaitingClock(down=DOWN)
        self._logs.mkdir(parents=True, exist_ok=True)

    def offset_seconds(self) -> float:
        """Real time."""
        return 0.0

    def _start_parts(self) -> None:
        remove_libpq_variables()
        self._start_database()  # starts Testcontainers' reaper as well, before there is anything to remove
        self._start_localstack()
        self._advertised_address = advertised_address_of(self._network)
        self._start_openai()
        self._migrate()
        self._wait_for_localstack()

    def pipeline(self, name: str, journal: Journal, seed: int) -> RunningPipeline:
        """Build a pipeline; `name` becomes part of every resource's name."""
        credentials = new_credentials(seed_for(seed, f"{name}/credentials"))
        database = name.replace("-", "_")
        self._postgres.create_database(database, template=TEMPLATE_DATABASE)
        pipeline_database = PipelineDatabase(self._postgres, database, self._advertised_address)
        space = self._openai.space(name, api_key=credentials.openai_api_key)
        base_url = f"http://{self._advertised_address.host}:{self._openai_port}/{name}/v1"
        pipeline = provision(
            self._rendering,
            name=name,
            session=self.session,
            endpoint_url=self.endpoint_url,
            worker_package=self._package,
            extra_environment={APP.processes.openai_variable: base_url},
        )
        put_secrets(
            pipeline,
            database_url=pipeline_database.url,
            openai_api_key=credentials.openai_api_key,
            api_keys_json=credentials.api_keys_json,
            session=self.session,
            endpoint_url=self.endpoint_url,
        )
        clients = RunningClients.of(self.session, self.endpoint_url)
        return RunningPipeline(
            PipelineParts(
                pipeline=pipeline,
                session=self.session,
                endpoint_url=self.endpoint_url,
                identities=PipelineIdentities(clients.iam, clients.sts, pipeline),
                introspection=self._emulator,
                database=pipeline_database,
                openai=space,
                credentials=credentials,
                commands=ProductContainers(self._network),
                new_api=partial(ApiContainer, self._network),
                processes=FunctionContainers(f"{self._project}-localstack"),
                worker_code=WorkerCode(self._package),
                environment=self._product_environment,
                log_folder=self._logs / name,
                journal=journal,
                clock=self.clock,
                remove=lambda: self._drop(pipeline, database),
                advertised_address=self._advertised_address,
            )
        )

    def _drop(self, pipeline: Pipeline, database: str) -> None:
        """Remove it with its functions' containers, which would fill this machine."""
        with contextlib.suppress(ProvisionError):  # a bucket with recordings, which ends with the world
            destroy(pipeline, session=self.session, endpoint_url=self.endpoint_url)
        self._postgres.drop_database(database)

    @cached_property
    def session(self) -> boto3.Session:
        """The harness's own session: faults do not apply to it, because it observes and repairs the world."""
        return isolated_session(user_agent_extra=OBSERVER)

    @cached_property
    def _package(self) -> bytes:
        return build_package()

    @cached_property
    def _product_environment(self) -> dict[str, str]:
        """Environment of the product. LocalStack by its IP address, so that S3 addresses buckets by path."""
        address = docker(
            "inspect",
            "-f",
            f'{{{{(index .NetworkSettings.Networks "{self._network}").IPAddress}}}}',
            f"{self._project}-localstack",
        )
        return {
            "AWS_ENDPOINT_URL": f"http://{address}:4566",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def _start_database(self) -> None:
        self._running.callback(_end_reaper)
        self._running.callback(lambda: remove_all([this_process()]))
        self._postgres = DockerPostgres()
        self._running.callback(self._postgres.stop)
        self._postgres.start()
        self._postgres.create_database(TEMPLATE_DATABASE)

    def _start_localstack(self) -> None:
        self._running.callback(self._stop_localstack)
        self._compose("up", "-d", "--no-build", "localstack")
        published = docker("port", f"{self._project}-localstack", "4566").splitlines()[0]
        self.endpoint_url = f"http://127.0.0.1:{published.rpartition(':')[2]}"

    def _stop_localstack(self) -> None:
        with contextlib.suppress(DockerFailed, OSError):
            log = docker("logs", f"{self._project}-localstack")
            (self._logs / "localstack.log").write_text(log, encoding="utf-8")
        with contextlib.suppress(DockerFailed):  # a container that LocalStack did not remove keeps the network
            self._compose("down", "-v", "--timeout=20")
        # What is left carries this process's label; the world removes that last.

    def _compose(self, *arguments: str) -> None:
        own = labels()
        environment = {
            **os.environ,
            "RAWK_PROJECT": self._project,
            "RAWK_SESSION": own["org.testcontainers.session-id"],
            "RAWK_OWNER": this_process(),
            "RAWK_LOCALSTACK_IMAGE": LOCALSTACK,
            "RAWK_WORKER_IMAGE": WORKER,
            "RAWK_EVENTS_FOLDER": str(self._events_file.parent),
            "RAWK_EVENTS_FILE": f"{EVENTS_FOLDER}/{self._events_file.name}",
            "LOCALSTACK_PORT": "0",
        }
        command = ["compose", "-f", str(COMPOSE_FILE), "-p", self._project, *arguments]
        docker(*command, timeout_seconds=COMPOSE_SECONDS, environment=environment)

    def _wait_for_localstack(self) -> None:
        """Wait until real calls and a function work; LocalStack reports ready long before. Raises the last error."""
        give_up_at = time.monotonic() + LOCALSTACK_SECONDS
        target = suite.Target.on_localstack(self.endpoint_url)
        while True:
            try:
                suite.require(target, "services", "invocation")
                break
            except Exception:
                if time.monotonic() > give_up_at:
                    raise
                time.sleep(0.5)
        suite.require(target, "redrive")
        self._emulator = EmulatorControl(self.endpoint_url, from_outside=True)
        self._running.callback(self._emulator.close)

    def _migrate(self) -> None:
        """Run the product's own migration."""
        database = PipelineDatabase(self._postgres, TEMPLATE_DATABASE, self._advertised_address)
        try:
            command = ProductContainers(self._network).start(
                APP.processes.migrate_argv, {APP.processes.database_variable: database.url}, self._logs
            )
            with command.stdout as output:
                said = output.read().decode()
            if command.wait(COMMAND_SECONDS) != 0:
                raise RuntimeError(f"the migration of the database failed:\n{said}")
        finally:
            database.proxy.close()
        change_capture.install(database.direct_url, APP.observed_tables)

    def _start_openai(self) -> None:
        journal, log = self._logs / "openai.jsonl", self._logs / "openai.log"
        process = OpenAIServerProcess(journal, log, host=self._advertised_address.listen)
        self._running.callback(process.stop)
        process.start()
        self._openai_port = int(process.url.rpartition(":")[2])
        self._openai = OpenAIServer(process.url)
        self._running.callback(self._openai.close)


def advertised_address_of(network: str) -> AdvertisedAddress:
    """Where containers of a network reach servers of the harness.

    On Linux that is the network's gateway, an address of this machine. Where Docker runs in a virtual machine, it has a
    name for this machine and forwards connections to its loopback.
    """
    gateway = docker("network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", network)
    try:
        socket.create_server((gateway, 0)).close()
    except OSError:
        return AdvertisedAddress(LOOPBACK.listen, "host.docker.internal")
    return AdvertisedAddress(gateway, gateway)


def _end_reaper() -> None:
    from testcontainers.core.container import Reaper

    Reaper.delete_instance()
