"""The default engine: everything real, on this machine, without Docker.

A *world* is LocalStack, Postgres and the OpenAI simulator, started once and kept warm. Each scenario gets a
*pipeline* of its own in it (`running_pipeline`), made from the same Terraform configuration that goes to AWS.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Self

import boto3
import botocore.session
from botocore.config import Config

from sim.chance import seed_for
from sim.clock import VirtualClock
from sim.emulator.chaos import OBSERVER
from sim.emulator.control import EmulatorControl
from sim.emulator.extension.rawk_emulator.observer import EVENTS_VARIABLE
from sim.emulator.extension.rawk_emulator.spawn import FORK_SERVER_VARIABLE
from sim.emulator.extension.rawk_emulator.world_time import CLOCK_VARIABLE, SharedOffset
from sim.emulator.localstack import LocalStack
from sim.emulator.probe import probe_queues
from sim.engines.database import PipelineDatabase
from sim.engines.fork_server import ForkServer
from sim.engines.forked_child import ForkedChild
from sim.engines.postgres import Postgres
from sim.engines.processes import claim, machine_environment
from sim.engines.running_pipeline import RunningPipeline, new_credentials
from sim.engines.world_time import WorldTime
from sim.openai_server.client import OpenAIServer
from sim.openai_server.process import OpenAIServerProcess
from sim.provision.from_rendering import provision, retire
from sim.provision.from_terraform import TerraformPipeline
from sim.provision.package import build_package
from sim.provision.pipeline import Pipeline, put_secrets
from sim.provision.rendering import Rendering
from sim.timeline import Journal

REGION = "us-east-1"
ROOT = Path(__file__).resolve().parents[2]
TEMPLATE_DATABASE = "rawk_template"


class EmbeddedWorld:
    """One world, in its own folder. Starts what it needs side by side, stops all of it."""

    name = "embedded"

    def __init__(
        self,
        folder: Path,
        topology: str,
        say: Callable[[str], None],
        events_file: Path | None = None,
        *,
        with_terraform: bool = False,
    ) -> None:
        """`folder` holds its logs and, while it runs, its state; `topology` names the rendering to build from.

        What happens inside the emulator is appended to `events_file` (see rawk_emulator/observer.py). With Terraform,
        each pipeline is a real `terraform apply` of the same configuration, and takes the minute that one takes.
        """
        self._with_terraform = with_terraform
        self._events_file = events_file
        self._logs = folder / "logs"
        self._state = folder / "state"
        self._clock_file = self._state / "clock"
        self._rendering = Rendering.load(topology)
        self._say = say
        self._running = ExitStack()
        self._logs.mkdir(parents=True, exist_ok=True)
        self._state.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Raises whatever part could not start, after stopping the others."""
        began = time.monotonic()
        try:
            parts = (self._start_localstack, self._start_database, self._start_openai)
            self.offset_seconds = SharedOffset(self._clock_file).read
            self._fork_server = ForkServer(
                self._logs / "fork-server.log", {CLOCK_VARIABLE: str(self._clock_file)}, python_path=[ROOT / "src"]
            )
            claim(self._state / "fork-server", also=[Path(self._fork_server.socket_path).parent])
            self._keep(self._fork_server.start, self._fork_server.stop)
            with ThreadPoolExecutor(len(parts)) as starters:
                waiting = [starters.submit(start) for start in parts]
            for each in waiting:
                each.result()
            probe_queues(self.session.client("sqs", endpoint_url=self.endpoint_url))
            self.clock = VirtualClock(WorldTime(self._clock_file, self._emulator, self._openai))
        except BaseException:
            self.stop()
            raise
        self._say(f"world up in {time.monotonic() - began:.1f} s")

    def stop(self) -> None:
        self._running.close()

    @property
    def endpoint_url(self) -> str:
        return self._localstack.endpoint_url

    def pipeline(self, name: str, journal: Journal, seed: int) -> RunningPipeline:
        """Build and start a pipeline of that name (it becomes part of every resource's name)."""
        credentials = new_credentials(seed_for(seed, f"{name}/credentials"))
        database = name.replace("-", "_")
        self._postgres.create_database(database, template=TEMPLATE_DATABASE)
        pipeline_database = PipelineDatabase(self._postgres, database)
        space = self._openai.space(name, api_key=credentials.openai_api_key)
        pipeline, retire_pipeline = self._provision(name, {"OPENAI_BASE_URL": space.base_url})
        put_secrets(
            pipeline,
            database_url=pipeline_database.url,
            openai_api_key=credentials.openai_api_key,
            api_keys_json=credentials.api_keys_json,
            session=self.session,
            endpoint_url=self.endpoint_url,
        )
        return RunningPipeline(
            pipeline=pipeline,
            database=pipeline_database,
            openai=space,
            credentials=credentials,
            session=self.session,
            endpoint_url=self.endpoint_url,
            environment=product_environment(self.endpoint_url),
            log_folder=self._logs / name,
            journal=journal,
            fork=self._fork_server.client,
            worker_package=self._package,
            emulator=self._emulator,
            clock=self.clock,
            drop=lambda: self._drop(retire_pipeline, database),
        )

    def _provision(self, name: str, extra_environment: dict[str, str]) -> tuple[Pipeline, Callable[[], object]]:
        """The pipeline, and what puts it to rest again. Both ways read the same Terraform configuration."""
        if self._with_terraform:
            return self._apply(name, extra_environment)
        pipeline = provision(
            self._rendering,
            name=name,
            session=self.session,
            endpoint_url=self.endpoint_url,
            worker_package=self._package,
            extra_environment=extra_environment,
        )
        return pipeline, lambda: retire(pipeline, session=self.session, endpoint_url=self.endpoint_url)

    def _apply(self, name: str, extra_environment: dict[str, str]) -> tuple[Pipeline, Callable[[], object]]:
        terraform = TerraformPipeline(
            self._state / "terraform" / name,
            topology=self._rendering.topology,
            name=name,
            session=self.session,
            endpoint_url=self.endpoint_url,
            worker_package=self._package,
            extra_environment=extra_environment,
            progress=self._say,
        )
        pipeline = terraform.apply()
        events = self.session.client("events", endpoint_url=self.endpoint_url)
        # Its bucket holds recordings, which Terraform rightly refuses to destroy. All of it goes with the world.
        return pipeline, lambda: events.disable_rule(Name=pipeline.relay_rule)

    def _drop(self, retire_pipeline: Callable[[], object], database: str) -> None:
        """Nothing of a pipeline may go on when its scenario is over: its schedule would keep the world busy."""
        retire_pipeline()
        self._postgres.drop_database(database)

    @cached_property
    def session(self) -> boto3.Session:
        """The harness's own: it looks at the world and mends it, so no fault may hit it."""
        botocore_session = botocore.session.get_session()
        botocore_session.set_default_client_config(Config(user_agent_extra=OBSERVER))
        return boto3.Session(
            aws_access_key_id="test",
            aws_secret_access_key="test",
            region_name=REGION,
            botocore_session=botocore_session,
        )

    @cached_property
    def _package(self) -> bytes:
        return build_package()

    def _start_localstack(self) -> None:
        self._localstack = LocalStack(
            self._state / "localstack",
            self._logs / "localstack.log",
            extra_env={
                FORK_SERVER_VARIABLE: self._fork_server.socket_path,
                CLOCK_VARIABLE: str(self._clock_file),
                EVENTS_VARIABLE: str(self._events_file.absolute()) if self._events_file else "",
            },
        )
        self._keep(self._localstack.start, self._localstack.stop)
        self._emulator = EmulatorControl(self.endpoint_url)
        self._running.callback(self._emulator.close)

    def _start_database(self) -> None:
        self._postgres = Postgres(self._state / "postgres", self._logs / "postgres.log")
        self._keep(self._postgres.start, self._postgres.stop)
        self._postgres.create_database(TEMPLATE_DATABASE)
        self._fork_server.wait_until_ready()
        self._migrate(self._postgres.url(TEMPLATE_DATABASE))

    def _migrate(self, database_url: str) -> None:
        """Run the product's own `rawk migrate`."""
        environment = {**product_environment("http://127.0.0.1:1"), "DATABASE_URL": database_url}
        log_path = self._logs / "migrate.log"
        command = ForkedChild(self._fork_server.client, ["-m", "rawk", "migrate"], environment, log_path, self._state)
        command.start()
        if command.wait(timeout_seconds=60) != 0:
            raise RuntimeError(f"`rawk migrate` failed:\n{command.log_tail()}")

    def _start_openai(self) -> None:
        journal, log = self._logs / "openai.jsonl", self._logs / "openai.log"
        process = OpenAIServerProcess(journal, log, clock_file=self._clock_file)
        self._keep(process.start, process.stop)
        self._openai = OpenAIServer(process.url)
        self._running.callback(self._openai.close)

    def _keep(self, start: Callable[[], object], stop: Callable[[], object]) -> None:
        # Registered before the start, as a start that is interrupted half-way leaves something to stop as well.
        with _REGISTERING:
            self._running.callback(stop)
        start()


_REGISTERING = threading.Lock()


def product_environment(endpoint_url: str) -> dict[str, str]:
    """What every process of the product gets: the emulator's address, throw-away credentials, nothing of ours."""
    return {
        **machine_environment("HOME", "LANG", "TMPDIR"),
        "PYTHONPATH": str(ROOT / "src"),
        "PYTHONUNBUFFERED": "1",
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
