"""Postgres 16 in a container, started by Testcontainers; the same `DatabaseServer` as the embedded one."""

import time

import psycopg
from docker.errors import DockerException  # type: ignore[import-untyped]  # no stubs
from testcontainers.community.postgres import PostgresContainer

from sim.engines.docker.cli import DockerFailed, docker, sentence_of
from sim.engines.docker.images import POSTGRES
from sim.engines.docker.ownership import OWNER
from sim.platform.process_identity import this_process
from sim.platform.processes import free_port
from sim.postgres.server import SUPERUSER, DatabaseServer

START_LIMIT_SECONDS = 60.0
POLL_SECONDS = 0.1


class PostgresContainerNotStarted(Exception):
    """The container runs, but Postgres in it does not answer."""


class DockerPostgres(DatabaseServer):
    """On a port of 127.0.0.1, which stays the same after a restart."""

    def __init__(self) -> None:
        super().__init__()
        self.port = free_port()
        self._container = PostgresContainer(
            POSTGRES, username=SUPERUSER, password=self.password, dbname="postgres", driver="psycopg"
        )
        self._container.with_kwargs(labels={OWNER: this_process()})
        self._container.with_command("-c max_connections=200 -c track_commit_timestamp=on")
        self._container.ports = {"5432/tcp": ("127.0.0.1", self.port)}  # type: ignore[dict-item]  # docker's own shape

    def start(self) -> None:
        """Raises DockerFailed, PostgresContainerNotStarted."""
        try:
            self._container.start()
        except DockerException as error:
            raise DockerFailed(sentence_of(str(error))) from error
        self._wait()

    def stop(self) -> None:
        if self._container.get_wrapped_container() is not None:
            self._container.stop()

    def crash(self) -> None:
        docker("kill", self._id)

    def restart(self) -> None:
        docker("restart", "-t", "10", self._id)
        self._wait()

    @property
    def _id(self) -> str:
        return str(self._container.get_wrapped_container().id)

    def _wait(self) -> None:
        give_up_at = time.monotonic() + START_LIMIT_SECONDS
        while True:
            try:
                with self._connect(limit_seconds=2):
                    return
            except psycopg.OperationalError as error:
                if time.monotonic() > give_up_at:
                    raise PostgresContainerNotStarted(
                        f"Postgres in its container does not answer within {START_LIMIT_SECONDS:g} s: {error}"
                    ) from error
            time.sleep(POLL_SECONDS)
