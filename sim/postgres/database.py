"""One pipeline's database: the product connects through a proxy, the harness directly."""

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
    """A database on a running server. The caller closes it."""

    def __init__(self, server: DatabaseServer, name: str, advertised_address: AdvertisedAddress = LOOPBACK) -> None:
        """The proxy listens on the advertised address, by which the product reaches it."""
        self.server = server
        self.proxy = DatabaseProxy("127.0.0.1", server.port, advertised_address.listen)
        self.direct_url = server.url(name)
        user = f"{SUPERUSER}:{server.password}"
        self.url = f"postgresql+psycopg://{user}@{advertised_address.host}:{self.proxy.port}/{name}"

    def close(self) -> None:
        """Close the proxy."""
        self.proxy.close()

    def cut_connections(self) -> int:
        """Let Postgres end every connection of the product (pg_terminate_backend); returns how many there were."""
        url = self.direct_url.replace("postgresql+psycopg://", "postgresql://")
        with psycopg.connect(url, connect_timeout=5, autocommit=True) as connection:
            row = connection.execute(CUT_ALL, (APP.database.application_name,)).fetchone()
        return int(row[0]) if row else 0
