"""A server with tight limits, so that an attack reaches them soon."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.integration.api.conftest import TIMEOUT_SECONDS, Server, listening_server

APPLICATION = "tests.integration.api.server:create_app"
LIMITS = {"connections": 40, "connections_per_address": 30, "head_seconds": 2, "unread_seconds": 1, "log_seconds": 2}


@pytest.fixture(scope="module")
def log_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("attacks") / "server.log"


@pytest.fixture(scope="module")
def attacked(log_path: Path) -> Iterator[Server]:
    with listening_server(APPLICATION, {}, log_path, LIMITS) as (port, process):
        url = f"http://127.0.0.1:{port}"
        with httpx2.Client(
            base_url=url, headers={"X-API-Key": "key-of-acme"}, timeout=TIMEOUT_SECONDS, trust_env=False
        ) as client:
            server = Server(port, process, client)
            server.eventually(lambda _: True)
            yield server
