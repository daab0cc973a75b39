"""The boto3 clients of provisioning, created once per session and endpoint.

Creating a client takes 10-50 ms and is not thread-safe. Using one is fast and thread-safe.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import boto3
from botocore.config import Config

__all__ = ["Clients"]

# Provisioning runs at most WORKERS calls in parallel; a call that hangs must not hang the harness.
WORKERS = 8
_CONFIG = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"max_attempts": 3, "mode": "standard"},
    max_pool_connections=WORKERS,
    s3={"addressing_style": "path"},
)


@dataclass(frozen=True)
class Clients:
    """One client for each service of the pipeline. `Any`, because boto3 creates its methods at run time."""

    s3: Any
    sqs: Any
    iam: Any
    sts: Any
    logs: Any
    events: Any
    cloudwatch: Any
    sns: Any
    secretsmanager: Any
    lambda_: Any
    region: str

    @cached_property
    def account(self) -> str:
        """The account of these credentials, from STS."""
        return str(self.sts.get_caller_identity()["Account"])

    @staticmethod
    @lru_cache(maxsize=8)
    def of(session: boto3.Session, endpoint_url: str | None) -> Clients:
        """The clients of a session at an endpoint; None means AWS's own. Cached."""

        def client(service: str) -> Any:
            return session.client(service, endpoint_url=endpoint_url, config=_CONFIG)  # type: ignore[call-overload]

        return Clients(
            s3=client("s3"),
            sqs=client("sqs"),
            iam=client("iam"),
            sts=client("sts"),
            logs=client("logs"),
            events=client("events"),
            cloudwatch=client("cloudwatch"),
            sns=client("sns"),
            secretsmanager=client("secretsmanager"),
            lambda_=client("lambda"),
            region=session.region_name or "us-east-1",
        )
