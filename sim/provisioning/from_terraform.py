"""Creates a pipeline by a real `terraform apply`, in a work folder with its own state.

This is slow: the provider itself waits 60-80 s for what an emulator does at once. It proves that the rendering and
Terraform agree.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from sim.provisioning.clients import Clients
from sim.provisioning.errors import TerraformError
from sim.provisioning.function_package import build_package
from sim.provisioning.pipeline import Pipeline
from sim.provisioning.terraform import Terraform, copy_configuration

__all__ = ["TerraformPipeline"]

_INIT_SECONDS = 120
_APPLY_SECONDS = 600
_VALUES = "harness.tfvars.json"


class TerraformPipeline:
    """One pipeline that Terraform manages at an endpoint: `apply`, use, `destroy`.

    The credentials and the region are the session's. `endpoint_url` must have an IP address, so that S3
    addresses buckets by path: `http://127.0.0.1:4566`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        topology: str,
        name: str,
        session: boto3.Session,
        endpoint_url: str,
        worker_package: bytes | None = None,
        extra_environment: Mapping[str, str] | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        self._session, self._endpoint_url = session, endpoint_url
        self._progress = progress
        self._var_files = (f"-var-file=topologies/{topology}.tfvars", f"-var-file={_VALUES}")
        work = copy_configuration(folder)
        (work / "package.zip").write_bytes(build_package() if worker_package is None else worker_package)
        self._write_values(work, name, extra_environment or {})
        self._terraform = Terraform(work, _environment(session, endpoint_url))

    def apply(self) -> Pipeline:
        """Create or update the pipeline. Raises TerraformError with Terraform's error output."""
        self._probe()
        self._terraform.run("init", "-no-color", timeout_seconds=_INIT_SECONDS)
        self._change("apply")
        return self.pipeline()

    def pipeline(self) -> Pipeline:
        """The pipeline, read from Terraform's outputs."""
        printed: Mapping[str, Any] = json.loads(self._terraform.run("output", "-json"))
        return Pipeline.from_outputs({name: each["value"] for name, each in printed.items()})

    def drift(self) -> list[str]:
        """Addresses that a second plan would change; empty after a successful apply."""
        self._terraform.run("plan", "-no-color", "-out=drift.tfplan", *self._var_files, timeout_seconds=_APPLY_SECONDS)
        plan: Mapping[str, Any] = json.loads(self._terraform.run("show", "-json", "drift.tfplan"))
        changes = plan.get("resource_changes", ())
        return [each["address"] for each in changes if each["change"]["actions"] != ["no-op"]]

    def destroy(self) -> None:
        """Remove the pipeline. Raises TerraformError with Terraform's error output."""
        self._change("destroy")

    def _change(self, command: str) -> None:
        self._terraform.run(
            command,
            "-auto-approve",
            "-no-color",
            "-compact-warnings",
            *self._var_files,
            timeout_seconds=_APPLY_SECONDS,
            progress=self._progress,
        )

    def _write_values(self, work: Path, name: str, extra_environment: Mapping[str, str]) -> None:
        values = {
            "name": name,
            "region": _region(self._session),
            "worker_package_path": "package.zip",
            "extra_environment": dict(extra_environment),
            "max_retries": 2,  # an emulator that answers 500 twice will always do so
        }
        (work / _VALUES).write_text(json.dumps(values), encoding="utf-8")

    def _probe(self) -> None:
        """Call the endpoint: Terraform would report a missing one only after minutes."""
        try:
            Clients.of(self._session, self._endpoint_url).sts.get_caller_identity()
        except (BotoCoreError, ClientError) as error:
            raise TerraformError(f"There is no AWS at {self._endpoint_url} to apply to: {error}") from error


def _region(session: boto3.Session) -> str:
    return session.region_name or "us-east-1"


def _environment(session: boto3.Session, endpoint_url: str) -> dict[str, str]:
    credentials = session.get_credentials()
    frozen = credentials.get_frozen_credentials() if credentials else None
    if frozen is None or frozen.access_key is None or frozen.secret_key is None:
        raise TerraformError("The session has no AWS credentials for Terraform.")
    environment = {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": frozen.access_key,
        "AWS_SECRET_ACCESS_KEY": frozen.secret_key,
        "AWS_REGION": _region(session),
        "AWS_EC2_METADATA_DISABLED": "true",
        # A proxy would receive requests to 127.0.0.1, too.
        "NO_PROXY": "127.0.0.1,localhost",
    }
    return environment | ({"AWS_SESSION_TOKEN": frozen.token} if frozen.token else {})
