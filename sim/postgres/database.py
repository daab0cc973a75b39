"""One pipeline's database: the product reaches it through a relay, the harness directly."""

import psycopg

from sim.engines.base.advertised_address import LOOPBACK, Doorstep
from sim.postgres.commit_proxy import DatabaseRelay
from sim.postgres.server import SUPERUSER, DatabaseServer

CUT_ALL = """
SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'rawk'
"""


class PipelineDatabase:
    """A database of that name on a server that runs. It is the caller's to close."""

    def __init__(self, server: DatabaseServer, name: str, doorstep: Doorstep = LOOPBACK) -> None:
        """The product reaches it over the doorstep, where the relay stands."""
        self.server = server
        self.relay = DatabaseRelay("127.0.0.1", server.port, doorstep.listen)
        self.direct_url = server.url(name)
        self.url = f"postgresql+psycopg://{SUPERUSER}@{doorstep.host}:{self.relay.port}/{name}"

    def close(self) -> None:
        """Nobody reaches it over the relay any more."""
        self.relay.close()

    def cut_connections(self) -> int:
        """Let Postgres end every connection of the product; gives how many that were."""
        url = self.direct_url.replace("postgresql+psycopg://", "postgresql://")
        with psycopg.connect(url, connect_timeout=5, autocommit=True) as connection:
            row = connection.execute(CUT_ALL).fetchone()
        return int(row[0]) if row else 0
