"""The real servers behind the ports, one of each per session, started when a test needs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from rawk.adapters.postgres import migrate

if TYPE_CHECKING:
    from sim.localstack.server import LocalStack
    from sim.postgres.embedded_server import Postgres
    from tests.contract.redis_server import RedisServer

TEMPLATE = "rawk_migrated"

CONNECTIONS = 8
"""How many threads a race has, and its store connections."""

_postgres = pytest.StashKey["Postgres"]()
_localstack = pytest.StashKey["LocalStack"]()
_redis = pytest.StashKey["RedisServer"]()
_database_numbers = count(1)


def the_postgres(config: pytest.Config) -> "Postgres":
    """Started once a session, with a migrated database to copy from."""
    if _postgres not in config.stash:
        from sim.postgres.embedded_server import Postgres

        state = _state_folder(config, "postgres")
        server = Postgres(state / "state", state / "postgres.log")
        server.start()
        config.add_cleanup(server.stop)
        server.create_database(TEMPLATE)
        migrate.upgrade(server.url(TEMPLATE))
        config.stash[_postgres] = server
    return config.stash[_postgres]


@contextmanager
def a_database(server: "Postgres", template: str | None = TEMPLATE) -> Iterator[str]:
    """The URL of a fresh database: migrated, or empty without a template."""
    name = f"test_{next(_database_numbers)}"
    server.create_database(name, template=template)
    yield server.url(name)
    server.drop_database(name)


def the_localstack(config: pytest.Config) -> "LocalStack":
    """Started once a session."""
    if _localstack not in config.stash:
        from sim.localstack.server import LocalStack

        state = _state_folder(config, "localstack")
        server = LocalStack(state / "state", state / "localstack.log")
        server.start()
        config.add_cleanup(server.stop)
        config.stash[_localstack] = server
    return config.stash[_localstack]


def the_redis(config: pytest.Config) -> "RedisServer":
    """Started once a session; skips the test where there is none."""
    if _redis not in config.stash:
        from tests.contract.redis_server import NO_REDIS, RedisServer, there_is_a_redis

        if not there_is_a_redis():
            pytest.skip(NO_REDIS)
        server = RedisServer(_state_folder(config, "redis"))
        config.add_cleanup(server.stop)
        server.start()
        config.stash[_redis] = server
    return config.stash[_redis]


def aws_client(service: str, endpoint_url: str) -> Any:
    """A client that fails within seconds, where a test cuts the connection."""
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="000000000000",
        aws_secret_access_key="test",
        config=Config(
            connect_timeout=2,
            read_timeout=10,
            retries={"total_max_attempts": 1},
            signature_version="s3v4" if service == "s3" else None,
        ),
    )


def _state_folder(config: pytest.Config, part: str) -> Path:
    folder = Path(mkdtemp(prefix=f"rawk-tests-{part}-"))
    config.add_cleanup(partial(rmtree, folder, ignore_errors=True))
    (folder / "state").mkdir()
    return folder
