"""The two servers of the local control plane, and how clients find each.

LocalStack with our extension serves what really works (queues, functions, secrets, alarms, and roles, which it
enforces). moto with our additions serves what is only stored and described (networks, databases, clusters, load
balancers).
"""

import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from botocore.config import Config

from sim.cloud.moto import REGION, Moto
from sim.localstack.extension.rawk_emulator.features import NETWORKS_URL_VARIABLE
from sim.localstack.server import LocalStack
from sim.platform.aws_session import isolated_session
from sim.platform.processes import free_port

MOTO_SERVICES = {
    "apigateway": "API_GATEWAY",
    "apigatewayv2": "APIGATEWAYV2",
    "application-autoscaling": "APPLICATION_AUTO_SCALING",
    "apprunner": "APPRUNNER",
    "autoscaling": "AUTO_SCALING",
    "budgets": "BUDGETS",
    "codedeploy": "CODEDEPLOY",
    "dynamodb": "DYNAMODB",
    "ec2": "EC2",
    "ecr": "ECR",
    "ecs": "ECS",
    "elbv2": "ELASTIC_LOAD_BALANCING_V2",
    "kms": "KMS",
    "rds": "RDS",
    "rds-data": "RDS_DATA",
    "xray": "XRAY",
}
"""boto3's name -> the suffix of AWS_ENDPOINT_URL_ in all SDKs. LocalStack serves all other services."""


_CLIENT_CREATION = threading.Lock()
"""A boto3 session must not create two clients at once: https://boto3.amazonaws.com/v1/documentation/api/latest/guide/session.html"""


class Cloud:
    """One local control plane. All files that it writes are under `folder`."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        moto_port: int | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Without ports it uses free ones; `settings` are LocalStack's."""
        self._folder = folder
        self._moto_port = moto_port or free_port()
        self.localstack = LocalStack(
            folder / "state",
            folder / "localstack.log",
            guard=(),
            # Otherwise Terraform polls every few seconds until a function is active.
            settings={"LAMBDA_SYNCHRONOUS_CREATE": "1", **(settings or {})},
            extra_env={NETWORKS_URL_VARIABLE: f"http://127.0.0.1:{self._moto_port}"},
            port=port,
        )
        self.moto: Moto | None = None
        self._session: Any = isolated_session(region=REGION)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, say: Callable[[str], None] = lambda _: None) -> None:
        """Start both and check that they work. Raises LocalStackNotStarted, MotoNotStarted, EnvironmentNotBuilt."""
        try:
            self.localstack.start(say)
            self.moto = Moto(self._folder / "moto.log", identity_url=self.localstack.endpoint_url, port=self._moto_port)
            self.moto.start(say)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop both; all resources in them are lost."""
        if self.moto:
            self.moto.stop()
        self.localstack.stop()

    def stopped_server(self) -> str | None:
        """The server that ended by itself; None when both run."""
        assert self.moto is not None
        return next((name for name, part in self._servers() if not part.is_alive()), None)

    def environment(self) -> dict[str, str]:
        """The environment variables that point all AWS SDKs, the CLI and Terraform to this cloud."""
        assert self.moto is not None
        moto_url = self.moto.endpoint_url
        return {
            "AWS_ENDPOINT_URL": self.localstack.endpoint_url,
            **{f"AWS_ENDPOINT_URL_{service}": moto_url for service in MOTO_SERVICES.values()},
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": _no_proxy(),
        }

    def client(self, service: str, keys: Mapping[str, str] | None = None) -> Any:
        """A boto3 client; `service` is boto3's name. `keys` are those of a role, as environment variables."""
        assert self.moto is not None
        given = keys or {}
        with _CLIENT_CREATION:
            return self._session.client(
                service,
                aws_access_key_id=given.get("AWS_ACCESS_KEY_ID"),
                aws_secret_access_key=given.get("AWS_SECRET_ACCESS_KEY"),
                aws_session_token=given.get("AWS_SESSION_TOKEN"),
                endpoint_url=(self.moto if service in MOTO_SERVICES else self.localstack).endpoint_url,
                config=Config(retries={"total_max_attempts": 2}, connect_timeout=5, read_timeout=60),
            )

    def endpoints(self) -> str:
        """Both addresses as text for the user."""
        return ", ".join(f"{name} at {part.endpoint_url}" for name, part in self._servers())

    def _servers(self) -> tuple[tuple[str, LocalStack | Moto], ...]:
        assert self.moto is not None
        return ("LocalStack", self.localstack), ("moto", self.moto)


def _no_proxy() -> str:
    """The user's exceptions and the loopback addresses: a proxy would receive their requests, too."""
    theirs = [part for part in os.environ.get("NO_PROXY", "").split(",") if part]
    return ",".join(dict.fromkeys([*theirs, "127.0.0.1", "localhost"]))
