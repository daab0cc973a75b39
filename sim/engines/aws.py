"""The aws engine: stories on what Terraform has deployed to real AWS, by the ordinary credential chain.

Nothing is deployed and nothing is broken but OpenAI, which is our simulator there too: the deployed worker's
OPENAI_BASE_URL names it. Nobody knows what words a real model would hear, so without it there is only `sim smoke`.
"""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import boto3
import psycopg
from botocore.exceptions import BotoCoreError, ClientError

from rawk.config import api_keys
from rawk.errors import ConfigurationError
from sim.clock import WaitingClock
from sim.engines.aws_cost import Estimate
from sim.engines.aws_pipeline import Commands, DeployedDatabase, DeployedPipeline
from sim.engines.engine import EngineNotReady, Place, Preparation, Say, WorldPlan
from sim.engines.inside import NobodyLooksInside
from sim.engines.running_pipeline import TENANTS, Credentials
from sim.openai_server.client import ControlError, OpenAIServer, Space
from sim.provision.clients import Clients
from sim.provision.errors import ProvisionError
from sim.provision.pipeline import Pipeline
from sim.timeline import Journal

ROOT = Path(__file__).resolve().parents[2]
TERRAFORM = ("terraform", f"-chdir={ROOT / 'terraform'}", "output", "-json")
TERRAFORM_SECONDS = 120
DATABASE_SECONDS = 5
KEYS_VARIABLE = "RAWK_API_KEYS_JSON"
SMOKE = "`python -m sim smoke` tries what is deployed without that"


def prepare(say: Say, place: Place) -> Preparation:
    """Refuse what was not meant, before anything that costs. Raises EngineNotReady."""
    if not place.topology:
        raise EngineNotReady("--engine aws wants --topology NAME: which one is deployed")
    outputs = read_outputs(place.outputs)
    deployed = Deployed.of(outputs, place.topology)
    deployed.require_account(place.account)
    tenant_keys(os.environ)
    estimate = Estimate(deployed.worker_megabytes())
    if not place.yes_this_costs_money:
        raise EngineNotReady(f"{estimate}: say --yes-this-costs-money if that is meant")
    say(f"playing on account {place.account}, {deployed.pipeline.name}: {estimate}")
    deployed.openai()
    deployed.require_database()
    return Preparation(outputs=outputs)


def read_outputs(file: str | None) -> dict[str, Any]:
    """Terraform's outputs, from a file or from Terraform itself. Raises EngineNotReady."""
    text = _from_file(file) if file else _from_terraform()
    try:
        return {name: each["value"] for name, each in json.loads(text).items()}
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        whose = file or "what Terraform put out"
        raise EngineNotReady(f"{whose} is not what `terraform output -json` says") from error


def _from_file(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EngineNotReady(f"--outputs {file} can not be read: {error}") from error


def _from_terraform() -> str:
    try:
        said = subprocess.run(TERRAFORM, capture_output=True, text=True, timeout=TERRAFORM_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        words = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        raise EngineNotReady(
            f"`{' '.join(TERRAFORM)}` does not say what is deployed ({words[-1] if words else 'no word'}): "
            "initialise it, or give its outputs with --outputs FILE"
        ) from error
    return said.stdout


def tenant_keys(env: Mapping[str, str]) -> dict[str, str]:
    """API key → tenant, for as many tenants as stories have. Raises EngineNotReady."""
    try:
        keys = api_keys(env.get(KEYS_VARIABLE, ""))
    except ConfigurationError as error:
        raise EngineNotReady(f"{KEYS_VARIABLE} is to hold API keys as the deployed secret does: {error}") from error
    if len(set(keys.values())) != len(keys) or len(keys) < len(TENANTS):
        raise EngineNotReady(
            f"{KEYS_VARIABLE} has keys of {len(set(keys.values()))} tenants: stories want {len(TENANTS)}, a key each"
        )
    return dict(list(keys.items())[: len(TENANTS)])


class Deployed:
    """What is there, found by its outputs. Each part raises EngineNotReady when it is not as wanted."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.session = boto3.Session()
        if self.session.region_name is None:
            raise EngineNotReady("no region is set: say AWS_REGION, as for any AWS command")
        self.clients = Clients.of(self.session, None)

    @classmethod
    def of(cls, outputs: Mapping[str, Any], topology: str) -> Self:
        try:
            pipeline = Pipeline.from_outputs(outputs)
        except (ProvisionError, KeyError, TypeError) as error:
            raise EngineNotReady(f"these outputs are of another configuration: {error}") from error
        if pipeline.topology != topology:
            raise EngineNotReady(f"what is deployed is {pipeline.topology}, not {topology}")
        if not pipeline.api.get("url"):
            raise EngineNotReady(f"no API is deployed with {pipeline.name}: output api has no url")
        return cls(pipeline)

    def require_account(self, account: str | None) -> None:
        try:
            found = str(self.clients.sts.get_caller_identity()["Account"])
        except (BotoCoreError, ClientError) as error:
            raise EngineNotReady(f"AWS does not know us: {error}") from error
        if not account:
            raise EngineNotReady(f"these credentials are of account {found}: say --account {found} if that is meant")
        if found != account:
            raise EngineNotReady(f"these credentials are of account {found}, not of {account}")

    def worker_megabytes(self) -> int:
        return int(self._worker()["MemorySize"])

    def _worker(self) -> dict[str, Any]:
        name = self.pipeline.worker_function
        try:
            return dict(self.clients.lambda_.get_function_configuration(FunctionName=name))
        except (BotoCoreError, ClientError) as error:
            raise EngineNotReady(f"the worker {name} is not to be found: {error}") from error

    def openai(self) -> Space:
        """The simulator that the deployed worker asks, and our way to steer it."""
        url = self._worker().get("Environment", {}).get("Variables", {}).get("OPENAI_BASE_URL", "")
        match = re.fullmatch(r"(https?://[^/]+)/([^/]+)/v1/?", url)
        if match is None:
            raise EngineNotReady(
                "the deployed worker asks the real OpenAI, and no story can judge what that hears: deploy it with "
                f"openai_base_url = http://SIMULATOR/{self.pipeline.name}/v1; {SMOKE}"
            )
        try:
            return OpenAIServer(match[1]).space(match[2])
        except ControlError as error:
            raise EngineNotReady(f"the simulator that the deployed worker asks can not be steered: {error}") from error

    def database_url(self) -> str:
        """DATABASE_URL for who has a way of his own, such as a tunnel; else what the secret says."""
        if url := os.environ.get("DATABASE_URL", "").strip():
            return url
        return self._secret("database_url")

    def openai_api_key(self) -> str:
        return self._secret("openai_api_key")

    def _secret(self, name: str) -> str:
        secret_id = self.pipeline.secret_ids[name]
        try:
            return str(self.clients.secretsmanager.get_secret_value(SecretId=secret_id)["SecretString"]).strip()
        except (BotoCoreError, ClientError) as error:
            raise EngineNotReady(f"the secret {secret_id} can not be read: {error}") from error

    def require_database(self) -> None:
        """Every story's standing checks look there."""
        url = self.database_url().replace("postgresql+psycopg://", "postgresql://")
        try:
            psycopg.connect(url, connect_timeout=DATABASE_SECONDS).close()
        except psycopg.Error as error:
            words = " ".join(str(error).split())[:160]
            raise EngineNotReady(
                f"the database can not be reached from here, and every story looks into it ({words}): "
                f"open a tunnel and name it in DATABASE_URL; {SMOKE}"
            ) from error


class AwsWorld:
    """There already: it is only looked at."""

    def __init__(self, plan: WorldPlan) -> None:
        self._logs = plan.folder / "logs"
        self._logs.mkdir(parents=True, exist_ok=True)
        assert plan.place.topology is not None, "asked for before"
        self._deployed = Deployed.of(read_outputs(plan.place.outputs), plan.place.topology)
        self._keys = tenant_keys(os.environ)
        self.clock = WaitingClock(poll_seconds=1.0)

    def __enter__(self) -> Self:
        self._openai = self._deployed.openai()
        self._database_url = self._deployed.database_url()
        self._openai_api_key = self._deployed.openai_api_key()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ControlError):
            self._openai.reset()
            self._openai.set_api_key(self._openai_api_key)

    def offset_seconds(self) -> float:
        """Its time is the machine's."""
        return 0.0

    def pipeline(self, name: str, journal: Journal, seed: int) -> DeployedPipeline:  # noqa: ARG002
        """The one that there is, for one story."""
        return DeployedPipeline(
            tenants=list(self._keys.values()),
            pipeline=self._deployed.pipeline,
            database=DeployedDatabase(self._database_url),
            openai=self._openai,
            credentials=Credentials(self._openai_api_key, dict(zip(TENANTS, self._keys, strict=True))),
            session=self._deployed.session,
            endpoint_url=None,
            environment={},
            log_folder=self._logs / name,
            journal=journal,
            fork=Commands(),
            worker_package=b"",
            emulator=NobodyLooksInside(),
            clock=self.clock,
            drop=lambda: None,
        )
