"""One pipeline's database: the product reaches it through a proxy, the harness directly."""

import psycopg

from sim.app import APP
from sim.platform.advertised_address import LOOPBACK, AdvertisedAddress
from sim.postgres.commit_proxy import DatabaseProxy
from sim.postgres.server import SUPERUSER, DatabaseServer

CUT_ALL = """
SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = %s
"""


class PipelineDatabase:
    """A database of that name on a server that runs. It is the caller's to close."""

    def __init__(self, server: DatabaseServer, name: str, advertised_address: AdvertisedAddress = LOOPBACK) -> None:
        """The product reaches it over the advertised_address, where the proxy stands."""
        self.server = server
        self.proxy = DatabaseProxy("127.0.0.1", server.port, advertised_address.listen)
        self.direct_url = server.url(name)
        self.url = f"postgresql+psycopg://{SUPERUSER}@{advertised_address.host}:{self.proxy.port}/{name}"

    def close(self) -> None:
        """Nobody reaches it over the proxy any more."""
        self.proxy.close()

    def cut_connections(self) -> int:
        """Let Postgres end every connection of the product; gives how many that were."""
        url = self.direct_url.replace("postgresql+psycopg://", "postgresql://")
        with psycopg.connect(url, connect_timeout=5, autocommit=True) as connection:
            row = connection.execute(CUT_ALL, (APP.database.application_name,)).fetchone()
        return int(row[0]) if row else 0
