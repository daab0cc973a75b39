"""A database server that gives its last commits to the feed before it crashes.

While it is down, nobody can read what it has committed last. A message could be deleted for a commit that the feed
does not know, and the recording would seem lost.
"""

import time
from collections.abc import Callable

import psycopg

from sim.postgres.database import PipelineDatabase
from sim.postgres.server import DatabaseServer

AT_WORK = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
"""
COMMITS_WITHIN_SECONDS = 1.0
POLL_SECONDS = 0.01


class CopiedServer(DatabaseServer):
    """The server of one pipeline's database, which it replaces there."""

    def __init__(self, database: PipelineDatabase, copy: Callable[[], None]) -> None:
        """`copy` is called right before each crash: then no transaction is under way, and none begins."""
        self._server = database.server
        self._database = database
        self._copy = copy
        self.port = self._server.port

    def crash(self) -> None:
        proxy = self._database.proxy
        proxy.cut()
        try:
            _wait_for_commits(self._database.direct_url)
            self._copy()
            self._server.crash()
        finally:
            proxy.restore()

    def restart(self) -> None:
        self._server.restart()


def _wait_for_commits(url: str) -> None:
    """Wait until no transaction is under way: without its client it commits at once, or never."""
    give_up_at = time.monotonic() + COMMITS_WITHIN_SECONDS
    try:
        with psycopg.connect(url.replace("+psycopg", ""), connect_timeout=5, autocommit=True) as connection:
            while time.monotonic() < give_up_at:
                row = connection.execute(AT_WORK.encode()).fetchone()
                if row is None or not row[0]:
                    return
                time.sleep(POLL_SECONDS)
    except psycopg.Error:
        return  # it is down already
