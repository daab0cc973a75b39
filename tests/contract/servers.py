"""The real servers behind the ports, one of each per session, started when a test needs it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from shutil import disk_usage, rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config

from rawk.adapters.postgres import migrate

if TYPE_CHECKING:
    from sim.localstack.server import LocalStack
    from sim.postgres.embedded_server import Postgres
    from sim.postgres.server import DatabaseServer
    from tests.contract.processes.pooler import Pooler
    from tests.contract.processes.redis_server import RedisServer

TEMPLATE = "rawk_migrated"

FREE_BYTES = 2 * 1024**3
"""What a server in memory may need: a database has 8 MiB, and each write-ahead log up to 1 GiB."""

CONNECTIONS = 8
"""How many threads a race has, and its store connections."""

SHARED_POSTGRES = "RAWK_TESTS_POSTGRES"
"""Environment variable: port and password, `PORT:PASSWORD`, of a Postgres server, with the template, that is there
already. Mutation testing runs thousands of sessions, and a server for each would take most of their time."""

_postgres = pytest.StashKey["DatabaseServer"]()
_localstack = pytest.StashKey["LocalStack"]()
_redis = pytest.StashKey["RedisServer"]()
_pooler = pytest.StashKey["Pooler"]()


def the_postgres(config: pytest.Config) -> "DatabaseServer":
    """Started once a session, with a migrated database to copy from; or the one that several sessions share."""
    if _postgres not in config.stash:
        if SHARED_POSTGRES in os.environ:
            config.stash[_postgres] = _shared_postgres(*os.environ[SHARED_POSTGRES].split(":"))
        else:
            server = start_postgres(_state_folder(config, "postgres", in_memory()))
            config.add_cleanup(server.stop)
            config.stash[_postgres] = server
    return config.stash[_postgres]


def start_postgres(folder: Path) -> "Postgres":
    """A server with a migrated database to copy from."""
    from sim.postgres.embedded_server import Postgres

    folder.chmod(0o711)  # Postgres may run as another user
    server = Postgres(folder / "state", folder / "postgres.log")
    server.start()
    try:
        server.create_database(TEMPLATE)
        migrate.upgrade(server.url(TEMPLATE))
    except BaseException:
        server.stop()
        raise
    return server


def in_memory() -> Path | None:
    """A folder that no disk is behind, where the machine has one: a database is copied there thirty times faster."""
    folder = Path("/dev/shm")
    there = folder.is_dir() and os.access(folder, os.W_OK)
    return folder if there and disk_usage(folder).free >= FREE_BYTES else None


def _shared_postgres(port: str, password: str) -> "DatabaseServer":
    from sim.postgres.server import DatabaseServer

    server = DatabaseServer(password)
    server.port = int(port)
    return server


@contextmanager
def a_database(server: "DatabaseServer", template: str | None = TEMPLATE) -> Iterator[str]:
    """The URL of a fresh database: migrated, or empty without a template."""
    name = f"test_{uuid4().hex}"
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
        from tests.contract.processes.redis_server import NO_REDIS, RedisServer, there_is_a_redis

        if not there_is_a_redis():
            pytest.skip(NO_REDIS)
        server = RedisServer(_state_folder(config, "redis"))
        config.add_cleanup(server.stop)
        server.start()
        config.stash[_redis] = server
    return config.stash[_redis]


def the_pooler(config: pytest.Config) -> "Pooler":
    """In front of the session's Postgres; skips the test where there is none."""
    if _pooler not in config.stash:
        from tests.contract.processes.pooler import NO_POOLER, Pooler, there_is_a_pooler

        if not there_is_a_pooler():
            pytest.skip(NO_POOLER)
        pooler = Pooler(_state_folder(config, "pooler"), the_postgres(config).url("postgres"))
        config.add_cleanup(pooler.stop)
        pooler.start()
        config.stash[_pooler] = pooler
    return config.stash[_pooler]


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


def _state_folder(config: pytest.Config, part: str, below: Path | None = None) -> Path:
    folder = Path(mkdtemp(prefix=f"rawk-tests-{part}-", dir=below))
    config.add_cleanup(partial(rmtree, folder, ignore_errors=True))
    (folder / "state").mkdir()
    return folder
