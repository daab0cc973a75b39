"""The endpoint engine: an AWS emulator that runs already, at a URL, with unknown properties.

Postgres, the OpenAI simulator and the API run on this machine as in the embedded engine. Pipelines are created through
AWS's API from the rendering `slow_start`, functions from a zip with all their libraries. Time is real.
"""

import contextlib
import os
from collections.abc import Mapping
from functools import cached_property, partial
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from sim.app import APP
from sim.clock.clocks import WaitingClock
from sim.clock.seeds import seed_for
from sim.engines.base.credentials import new_credentials
from sim.engines.base.engine import EngineNotReady, Place, Preparation, Say, WorldPlan
from sim.engines.base.forked_process import ForkedApi
from sim.engines.base.function_logs import FunctionLogs
from sim.engines.base.identities import HarnessIdentity
from sim.engines.base.introspection import NoIntrospection
from sim.engines.base.local_services import LocalServices, product_environment
from sim.engines.base.running_pipeline import PipelineParts, RunningPipeline
from sim.engines.base.worker_control import LocalFunctionProcesses, WorkerCode
from sim.engines.base.world_lifecycle import WorldLifecycle
from sim.engines.endpoint import probe
from sim.engines.endpoint.functions_package import functions_package
from sim.engines.endpoint.owned_resources import OwnedResources, sweep
from sim.journal.journal import Journal
from sim.localstack.conformance.suite import report as conformance_report
from sim.platform.aws_session import REGION, isolated_session
from sim.provisioning.clients import Clients
from sim.provisioning.errors import ProvisionError
from sim.provisioning.from_rendering import StoredPackage, destroy, provision
from sim.provisioning.lambda_packages import ARCHITECTURES
from sim.provisioning.pipeline import put_secrets
from sim.provisioning.rendering import Rendering

PACKAGE_KEY = "functions.zip"
FIRST_ANSWER_SECONDS = 5


def prepare(say: Say, place: Place) -> Preparation:
    """Check whether scenarios can run there, and which. Raises EngineNotReady."""
    endpoint_url = checked_url(place.endpoint_url)
    require_aws(endpoint_url)
    clients = Clients.of(session(), endpoint_url)
    functions_package(architecture(), say)
    owned = OwnedResources(clients)
    try:
        for dead in sweep(clients):
            say(f"removed at {endpoint_url} what a killed run left: {dead}")
        owned.claim()
        try:
            results = probe.run_checks(session(), endpoint_url, clients.account, owned.prefix)
        finally:
            owned.remove()
    except (ClientError, BotoCoreError, ProvisionError) as error:
        raise EngineNotReady(f"the emulator at {endpoint_url} cannot be checked: {error}") from error
    for line in conformance_report(results):
        say(line)
    if reasons := probe.blocking(results):
        raise EngineNotReady(f"no scenario can run at {endpoint_url}: {'; '.join(reasons)}")
    return Preparation(probe.lacking(results))


def checked_url(url: str | None) -> str:
    """Raises EngineNotReady."""
    if not url:
        raise EngineNotReady(
            "--engine endpoint needs --endpoint-url, the address of the emulator, such as http://127.0.0.1:4566"
        )
    parts = urlsplit(url)
    try:
        fine = parts.scheme == "http" and parts.hostname and parts.port and parts.path in ("", "/") and not parts.query
    except ValueError:  # not a port number
        fine = False
    if not fine:
        raise EngineNotReady(f"--endpoint-url {url} is not an address such as http://127.0.0.1:4566")
    return url.rstrip("/")


def require_aws(endpoint_url: str) -> None:
    """Call GetCallerIdentity. Raises EngineNotReady: no answer, no AWS, or refused credentials."""
    once = Config(connect_timeout=FIRST_ANSWER_SECONDS, read_timeout=30, retries={"total_max_attempts": 1})
    sts = session().client("sts", endpoint_url=endpoint_url, config=once)
    try:
        sts.get_caller_identity()["Account"]
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if status in (401, 403):
            raise EngineNotReady(
                f"the emulator at {endpoint_url} refuses these credentials ({error.response['Error'].get('Code')}): "
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to credentials that it accepts"
            ) from error
        raise EngineNotReady(
            f"what answers at {endpoint_url} is not AWS: it answered {status} to GetCallerIdentity"
        ) from error
    except (ResponseParserError, KeyError) as error:
        raise EngineNotReady(f"what answers at {endpoint_url} is not AWS: {type(error).__name__}") from error
    except BotoCoreError as error:
        raise EngineNotReady(
            f"nothing answers at {endpoint_url} ({type(error).__name__}): start the emulator, or correct --endpoint-url"
        ) from error


def session() -> boto3.Session:
    """With the keys and the region in the environment where they are set, else with keys that most emulators accept.

    Nothing else of the user's AWS settings counts: no profile, no file.
    """
    return isolated_session(
        os.environ.get("AWS_ACCESS_KEY_ID", "test"),
        os.environ.get("AWS_SECRET_ACCESS_KEY", "test"),
        os.environ.get("AWS_SESSION_TOKEN"),
        region=os.environ.get("AWS_REGION") or REGION,
    )


def architecture() -> str:
    """Functions run on this machine, so its processor decides."""
    return {"aarch64": "arm64", "arm64": "arm64"}.get(os.uname().machine, next(iter(ARCHITECTURES)))


class EndpointWorld(WorldLifecycle):
    """One world: local services, and resources under a prefix of its own at the endpoint."""

    def __init__(self, plan: WorldPlan) -> None:
        super().__init__(plan.say)
        self._logs = plan.folder / "logs"
        self._state = plan.folder / "state"
        self._rendering = Rendering.load(plan.topology).with_environment(APP.processes.verbose_environment)
        self.endpoint_url = checked_url(plan.place.endpoint_url)
        self.session = session()
        self._local = LocalServices(self._logs, self._state, self._running)
        self._owned = OwnedResources(Clients.of(self.session, self.endpoint_url))
        self.clock = WaitingClock()
        self._logs.mkdir(parents=True, exist_ok=True)
        self._state.mkdir(parents=True, exist_ok=True)

    def offset_seconds(self) -> float:
        """Real time."""
        return 0.0

    def _start_parts(self) -> None:
        self._local.start(self._store_package)

    def pipeline(self, name: str, journal: Journal, seed: int) -> "EndpointPipeline":
        """Build a pipeline; its resources are named by the world's prefix and `name`."""
        credentials = new_credentials(seed_for(seed, f"{name}/credentials"))
        database = self._local.new_database(name)
        space = self._local.new_space(name, credentials.openai_api_key)
        pipeline = provision(
            self._rendering.tagged(self._owned.tags),
            name=f"{self._owned.prefix}{name}",
            worker_package=self._stored,
            extra_environment={APP.processes.openai_variable: space.base_url, "AWS_ENDPOINT_URL": self.endpoint_url},
            session=self.session,
            endpoint_url=self.endpoint_url,
        )
        put_secrets(
            pipeline,
            database_url=database.url,
            openai_api_key=credentials.openai_api_key,
            api_keys_json=credentials.api_keys_json,
            session=self.session,
            endpoint_url=self.endpoint_url,
        )

        def drop() -> None:
            with contextlib.suppress(ProvisionError):  # tried again when the world ends, and reported then
                destroy(pipeline, session=self.session, endpoint_url=self.endpoint_url)
            self._local.drop_database(name)

        def upload(package: bytes) -> Mapping[str, str | bytes]:
            stored = self._store(package, f"deployed-{pipeline.name}.zip")
            return {"S3Bucket": stored.bucket, "S3Key": stored.key}

        fork_server = self._local.fork_server.client
        return EndpointPipeline(
            PipelineParts(
                pipeline=pipeline,
                session=self.session,
                endpoint_url=self.endpoint_url,
                identities=HarnessIdentity(),  # such an emulator need not enforce what roles may do
                introspection=NoIntrospection(),
                database=database,
                openai=space,
                credentials=credentials,
                commands=fork_server,
                new_api=partial(ForkedApi, fork_server),
                processes=LocalFunctionProcesses(NoIntrospection()),
                worker_code=WorkerCode(self._package, upload),
                environment={**product_environment(self.endpoint_url), **self._keys},
                log_folder=self._logs / name,
                journal=journal,
                clock=self.clock,
                remove=drop,
            )
        )

    @cached_property
    def _keys(self) -> dict[str, str]:
        return keys_of(self.session)

    @cached_property
    def _package(self) -> bytes:
        return functions_package(architecture(), self._say)

    def _store_package(self) -> None:
        self._local.keep(self._owned.claim, self._owned.remove)
        self._stored = self._store(self._package, PACKAGE_KEY)

    def _store(self, package: bytes, key: str) -> StoredPackage:
        clients = self._owned.clients
        clients.s3.put_object(Bucket=self._owned.bucket, Key=key, Body=package)
        return StoredPackage(self._owned.bucket, key)


def keys_of(session: boto3.Session) -> dict[str, str]:
    """The session's credentials as environment variables."""
    credentials = session.get_credentials()
    assert credentials is not None
    key = credentials.get_frozen_credentials()
    named = {
        "AWS_ACCESS_KEY_ID": key.access_key,
        "AWS_SECRET_ACCESS_KEY": key.secret_key,
        "AWS_SESSION_TOKEN": key.token,
        "AWS_REGION": session.region_name,
        "AWS_DEFAULT_REGION": session.region_name,
    }
    return {name: value for name, value in named.items() if value}


class EndpointPipeline(RunningPipeline):
    """One scenario's pipeline on an emulator that may not keep the logs of functions."""

    def _new_function_logs(self, clients: Clients) -> FunctionLogs:
        return FunctionLogs(clients.logs, self.pipeline.log_groups, groups_may_be_missing=True)
