"""A real PgBouncer in transaction mode on a free port of 127.0.0.1, where the machine has one."""

import os
import pwd
import shutil
import time
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from sim.platform.environment import isolated_environment
from sim.platform.processes import ChildProcess, free_port

START_LIMIT_SECONDS = 20

NO_POOLER = "there is no pgbouncer on this machine"

SETTINGS = """
[databases]
* = host=127.0.0.1 port={server_port} user={user} password={password}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {servers}
server_reset_query_always = 0
ignore_startup_parameters = extra_float_digits{ignored}
"""


def there_is_a_pooler() -> bool:
    return shutil.which("pgbouncer") is not None


class Pooler:
    """Gives every transaction any of `servers` connections to each database."""

    def __init__(self, folder: Path, server_url: str, *, servers: int = 2, ignores_options: bool = False) -> None:
        """It refuses our options, as PgBouncer does, or ignores them, as many who run one let it."""
        self._folder = folder
        self._server = urlsplit(server_url)
        self._servers = servers
        self._ignored = ", options" if ignores_options else ""
        self._process: ChildProcess | None = None
        self.port = free_port()

    def url(self, database_url: str) -> str:
        """The same database, by the pooler."""
        address = urlsplit(database_url)
        return address._replace(netloc=f"{address.username}@127.0.0.1:{self.port}").geturl()

    def start(self) -> None:
        """Raises TimeoutError."""
        settings = self._folder / "pgbouncer.ini"
        text = SETTINGS.format(
            server_port=self._server.port,
            user=self._server.username,
            password=self._server.password,
            port=self.port,
            servers=self._servers,
            ignored=self._ignored,
        )
        settings.write_text(text, encoding="utf-8")
        as_user = []
        if os.geteuid() == 0:  # it refuses to run as root
            as_user = ["-u", "nobody"]
            os.chown(settings, pwd.getpwnam("nobody").pw_uid, -1)
            self._folder.chmod(0o711)
        argv = ["pgbouncer", "-q", *as_user, str(settings)]
        self._process = ChildProcess("pgbouncer", argv, isolated_environment(), self._folder / "pgbouncer.log")
        self._process.start()
        self._wait_until_it_answers()

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_LIMIT_SECONDS
        while True:
            try:
                psycopg.connect(host="127.0.0.1", port=self.port, user="rawk", dbname="postgres").close()
                return
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"pgbouncer did not answer within {START_LIMIT_SECONDS} s: {error}") from error
                time.sleep(0.05)
