"""A pipeline that Terraform has deployed, found by its outputs and AWS's API, and checks whether scenarios can run."""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import boto3
import psycopg
from botocore.exceptions import BotoCoreError, ClientError

from sim.app import APP
from sim.app.protocol import InvalidApiKeys
from sim.clock.clocks import WaitingClock
from sim.engines.base.credentials import TENANTS
from sim.engines.base.engine import Capability, EngineNotReady
from sim.openai_simulator.client import ControlError, OpenAIServer, Space
from sim.platform.paths import REPOSITORY
from sim.provisioning.clients import Clients
from sim.provisioning.errors import ProvisionError
from sim.provisioning.pipeline import Pipeline
from sim.provisioning.rendering import Rendering

TERRAFORM = ("terraform", f"-chdir={REPOSITORY / 'terraform'}", "output", "-json")
TERRAFORM_SECONDS = 120
DATABASE_SECONDS = 5
RUN_LOCK = 0x5241574B
"""Key of the Postgres advisory lock that a run holds: "RAWK" in ASCII."""
KEYS_VARIABLE = "RAWK_API_KEYS_JSON"
KEY_VARIABLE = "RAWK_API_KEY"
SIMULATOR_KEY_VARIABLE = "OPENAI_SIMULATOR_KEY"
SMOKE = "`tox -e sim -- smoke` checks a deployment without that"


def read_outputs(file: str | None) -> dict[str, Any]:
    """Terraform's outputs, from a file or from Terraform itself. Raises EngineNotReady."""
    text = _from_file(file) if file else _from_terraform()
    try:
        return {name: each["value"] for name, each in json.loads(text).items()}
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        whose = file or "the output of Terraform"
        raise EngineNotReady(f"{whose} is not what `terraform output -json` prints") from error


def _from_file(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EngineNotReady(f"--outputs {file} cannot be read: {error}") from error


def _from_terraform() -> str:
    try:
        said = subprocess.run(TERRAFORM, capture_output=True, text=True, timeout=TERRAFORM_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        words = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        raise EngineNotReady(
            f"`{' '.join(TERRAFORM)}` did not print what is deployed ({words[-1] if words else 'no output'}): "
            "initialise it, or pass its outputs with --outputs FILE"
        ) from error
    return said.stdout


class Deployed:
    """A deployed pipeline, found by its outputs. Each method raises EngineNotReady when a part is not as required."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        try:
            self.session = boto3.Session()
        except BotoCoreError as error:
            raise EngineNotReady(f"the AWS settings of this machine are not usable: {error}") from error
        if self.session.region_name is None:
            raise EngineNotReady("no region is set: set AWS_REGION, as for any AWS command")
        self.clients = Clients.of(self.session, None)

    @classmethod
    def of(cls, outputs: Mapping[str, Any], topology: str, api_url: str | None = None) -> Self:
        """`api_url` replaces the address of the API in the outputs."""
        try:
            pipeline = Pipeline.from_outputs(outputs)
        except (ProvisionError, KeyError, TypeError) as error:
            raise EngineNotReady(f"these outputs are of another configuration: {error}") from error
        if pipeline.topology != topology:
            raise EngineNotReady(f"what is deployed is {pipeline.topology}, not {topology}")
        if api_url is not None and re.match(r"https?://[^/]", api_url) is None:
            raise EngineNotReady(f"--api-url {api_url} is not an address: it begins with https:// or http://")
        url = api_url or pipeline.api.get("url")
        if not url:
            raise EngineNotReady(
                f"no API is deployed with {pipeline.name}: output api has no url; pass --api-url if it runs elsewhere"
            )
        return cls(replace(pipeline, api={**pipeline.api, "url": url}))

    def require_account(self, account: str | None) -> None:
        try:
            found = str(self.clients.sts.get_caller_identity()["Account"])
        except (BotoCoreError, ClientError) as error:
            raise EngineNotReady(f"AWS does not accept the credentials: {error}") from error
        if not account:
            raise EngineNotReady(f"these credentials are of account {found}: pass --account {found} to run there")
        if found != account:
            raise EngineNotReady(f"these credentials are of account {found}, not of {account}")

    def worker_megabytes(self) -> int:
        return int(self._worker()["MemorySize"])

    def _worker(self) -> dict[str, Any]:
        name = self.pipeline.worker_function
        try:
            return dict(self.clients.lambda_.get_function_configuration(FunctionName=name))
        except (BotoCoreError, ClientError) as error:
            raise EngineNotReady(f"the worker {name} was not found: {error}") from error

    def openai(self) -> Space:
        """The OpenAI simulator that the deployed worker calls, with a client to control it."""
        url, key, name = self._simulator()
        try:
            return OpenAIServer(url, key).space(name)
        except ControlError as error:
            raise EngineNotReady(
                f"the simulator that the deployed worker calls cannot be controlled: {error}"
            ) from error

    def _simulator(self) -> tuple[str, str | None, str]:
        """The simulator's URL and key, and the pipeline's space: from Terraform, or from the worker's
        OPENAI_BASE_URL."""
        if own := self.pipeline.openai_simulator:
            return own["url"], self._read_secret(own["key_secret_id"]), self.pipeline.name
        url = self._worker().get("Environment", {}).get("Variables", {}).get("OPENAI_BASE_URL", "")
        match = re.fullmatch(r"(http://[^/]+)/([^/]+)/v1/?", url)
        if match is None:
            raise EngineNotReady(
                "the deployed worker calls the real OpenAI, whose answers no scenario can check: deploy it with "
                "openai_simulator_image_uri, or with openai_base_url = "
                f"http://SIMULATOR/{self.pipeline.name}/v1; {SMOKE}"
            )
        return match[1], os.environ.get(SIMULATOR_KEY_VARIABLE) or None, match[2]

    def database_url(self) -> str:
        """DATABASE_URL where it is set, such as for a tunnel; else the deployed secret."""
        if url := os.environ.get("DATABASE_URL", "").strip():
            return url
        return self._secret("database_url")

    def openai_api_key(self) -> str:
        """The worker's key. Raises EngineNotReady for one that looks real: the simulator would get it by plain HTTP."""
        if own := self.pipeline.openai_simulator:
            return self._read_secret(own["key_secret_id"])
        key = self._secret("openai_api_key")
        if key.startswith("sk-") and not key.startswith("sk-sim"):
            raise EngineNotReady(
                f"the worker's OpenAI key looks like a real one ({self.pipeline.secret_ids['openai_api_key']}), and "
                "would be sent to the simulator with every call: replace it by one that begins with sk-sim"
            )
        return key

    def tenant_keys(self, env: Mapping[str, str]) -> dict[str, str]:
        """API key → tenant, for at most as many tenants as scenarios use."""
        if keys_json := env.get(KEYS_VARIABLE, ""):
            keys = _keys(keys_json, KEYS_VARIABLE)
            return dict(list({tenant: (key, tenant) for key, tenant in keys.items()}.values())[: len(TENANTS)])
        key = env.get(KEY_VARIABLE, "").strip()
        if not key:
            raise EngineNotReady(
                f"no API keys: set {KEYS_VARIABLE}, a JSON object of key to tenant, or {KEY_VARIABLE} with one key"
            )
        keys = _keys(self._secret("api_keys"), "the deployed secret of API keys")
        if key not in keys:
            raise EngineNotReady(f"{KEY_VARIABLE} is not among the keys of the deployed API")
        return {key: keys[key]}

    def lacking(self, keys: Mapping[str, str]) -> dict[Capability, str]:
        """The capabilities that this deployment lacks, each with the reason."""
        found: dict[Capability, str] = {}
        deployed, production = (
            self.pipeline.limits,
            Pipeline.from_outputs(Rendering.load(APP.renderings.production).outputs).limits,
        )
        if deployed.function_timeout_seconds < production.function_timeout_seconds:
            found[Capability.PRODUCTION_LIMITS] = f"its functions may run {deployed.function_timeout_seconds} s"
        if 2 * deployed.visibility_timeout_seconds > WaitingClock.patience.total_seconds():
            found[Capability.VISIBILITY_TIMEOUTS] = f"its visibility timeout is {deployed.visibility_timeout_seconds} s"
        if len(keys) < 2:
            found[Capability.SEVERAL_TENANTS] = f"the one key is {next(iter(keys.values()))}'s"
        return found

    def _secret(self, name: str) -> str:
        return self._read_secret(self.pipeline.secret_ids[name])

    def _read_secret(self, secret_id: str) -> str:
        try:
            return str(self.clients.secretsmanager.get_secret_value(SecretId=secret_id)["SecretString"]).strip()
        except (BotoCoreError, ClientError) as error:
            raise EngineNotReady(f"the secret {secret_id} cannot be read: {error}") from error

    def require_database(self) -> None:
        """Check that the database can be reached; every scenario's invariants read it."""
        self._connect().close()

    def lock(self) -> psycopg.Connection[Any]:
        """Hold a lock until the returned connection is closed: a scenario removes everything created since it began."""
        connection = self._connect()
        (locked,) = connection.execute("SELECT pg_try_advisory_lock(%s)", (RUN_LOCK,)).fetchone() or (False,)
        if not locked:
            connection.close()
            raise EngineNotReady(f"another run uses {self.pipeline.name} at the moment: wait until it has ended")
        return connection

    def _connect(self) -> psycopg.Connection[Any]:
        url = self.database_url().replace("postgresql+psycopg://", "postgresql://")
        try:
            return psycopg.connect(url, connect_timeout=DATABASE_SECONDS, autocommit=True)
        except psycopg.Error as error:
            words = " ".join(str(error).split())[:160]
            raise EngineNotReady(
                f"the database cannot be reached from this machine, and every scenario reads it ({words}): "
                f"open a tunnel and set DATABASE_URL to it; {SMOKE}"
            ) from error


def _keys(keys_json: str, whose: str) -> dict[str, str]:
    try:
        keys = APP.read_api_keys(keys_json)
    except InvalidApiKeys as error:
        raise EngineNotReady(f"{whose} does not contain API keys in the API's format: {error}") from error
    if not keys:
        raise EngineNotReady(f"{whose} contains no keys")
    return keys
