"""One LocalStack for these tests, and a session for it.

`SIM_LOCALSTACK_ENDPOINT=http://127.0.0.1:PORT` uses a running one.
"""

import os
from collections.abc import Iterator

import boto3
import pytest

from sim.provisioning import build_package


@pytest.fixture(scope="session")
def endpoint_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if running := os.environ.get("SIM_LOCALSTACK_ENDPOINT"):
        yield running
        return
    from sim.localstack.server import LocalStack

    folder = tmp_path_factory.mktemp("localstack")
    with LocalStack(folder / "state", folder / "localstack.log") as localstack:
        yield localstack.endpoint_url


@pytest.fixture(scope="session")
def session() -> boto3.Session:
    return boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")


@pytest.fixture(scope="session")
def package() -> bytes:
    return build_package()
