"""Creates the pipeline of docker-compose.localstack.yml, in one of its containers.

It uses the checked-in rendering with short timeouts, and writes the API's environment, one of Terraform's outputs, to a
file. It can be repeated. The container has the product's libraries only.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from sim.openai_simulator.client import ControlError, OpenAIServer
from sim.provisioning.clients import Clients
from sim.provisioning.errors import ProvisionError
from sim.provisioning.from_rendering import provision
from sim.provisioning.function_package import build_package
from sim.provisioning.pipeline import put_secrets
from sim.provisioning.rendering import Rendering

__all__ = ["main"]

NAME = "rawk"
TENANT = "you"


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 when the pipeline exists, 1 when it could not be created."""
    parser = argparse.ArgumentParser(prog="python -m sim.provisioning.for_compose", description=__doc__)
    parser.add_argument("--into", type=Path, required=True, help="file for the API's environment")
    options = parser.parse_args(arguments)
    try:
        if not _exists(options.into):
            _write(options.into, _make(os.environ))
    except (BotoCoreError, ClientError, ControlError, OSError, ProvisionError) as error:
        print(f"provision: {error}", file=sys.stderr)
        return 1
    print(f"the pipeline {NAME} exists", flush=True)
    return 0


def _make(env: Mapping[str, str]) -> dict[str, str]:
    """Create everything. Returns the API's environment. Raises ProvisionError, ControlError."""
    session, endpoint_url = boto3.Session(), _by_address(env["AWS_ENDPOINT_URL"])
    openai_api_key, openai_environment = _openai(env)
    pipeline = provision(
        Rendering.load("short_timeouts"),
        name=NAME,
        session=session,
        endpoint_url=endpoint_url,
        worker_package=build_package(),
        extra_environment=openai_environment | _redis(env),
    )
    put_secrets(
        pipeline,
        database_url=env["DATABASE_URL"],
        openai_api_key=openai_api_key,
        api_keys_json=json.dumps({env["API_KEY"]: TENANT}),
        session=session,
        endpoint_url=endpoint_url,
    )
    aws = {name: env[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")}
    return {**aws, "AWS_ENDPOINT_URL": endpoint_url, **pipeline.operator_environment, **pipeline.api_environment}


def _openai(env: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """OpenAI's key and environment: of the real OpenAI when there is a key for it, else of the simulator."""
    if key := env.get("OPENAI_API_KEY"):
        return key, {}
    space = OpenAIServer(env["OPENAI_SIMULATOR_URL"]).space(NAME)
    return space.api_key, {"OPENAI_BASE_URL": space.base_url}


def _redis(env: Mapping[str, str]) -> dict[str, str]:
    """The functions' environment for Redis, by which they notify followers at the API; empty without a Redis."""
    return {"REDIS_URL": url} if (url := env.get("REDIS_URL")) else {}


def _by_address(url: str) -> str:
    """The URL with an IP address: S3 then addresses buckets by path. BUCKET.localstack has no DNS entry."""
    parts = urlsplit(url)
    return f"http://{socket.gethostbyname(str(parts.hostname))}:{parts.port}"


def _exists(file: Path) -> bool:
    """Whether an earlier run has created the pipeline in the running LocalStack."""
    if not file.exists():
        return False
    settings = dict(line.split("=", 1) for line in file.read_text(encoding="utf-8").splitlines())
    endpoint_url = _by_address(os.environ["AWS_ENDPOINT_URL"])
    try:
        Clients.of(boto3.Session(), endpoint_url).s3.head_bucket(Bucket=settings["AUDIO_BUCKET"])
    except ClientError:
        return False
    return shlex.split(settings["AWS_ENDPOINT_URL"]) == [endpoint_url]


def _write(file: Path, environment: Mapping[str, str]) -> None:
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in sorted(environment.items())]
    file.write_text("".join(lines), encoding="utf-8")
    file.chmod(0o644)


if __name__ == "__main__":
    sys.exit(main())
