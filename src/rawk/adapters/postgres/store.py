"""The memory store in Postgres."""

from sqlalchemy import Engine, func, select

from rawk.adapters.postgres.sql_intake import SqlIntake
from rawk.adapters.postgres.sql_processing import SqlProcessing
from rawk.adapters.postgres.sql_recovery import SqlRecovery
from rawk.adapters.postgres.sql_retries import SqlRetries
from rawk.adapters.postgres.sql_uploads import SqlUploads
from rawk.adapters.postgres.tables import memories, outbox
from rawk.adapters.postgres.transactions import require_own_schema, transaction
from rawk.domain.memory import Status
from rawk.ports import StoreFigures


class PostgresMemoryStore(SqlIntake, SqlUploads, SqlRetries, SqlRecovery, SqlProcessing):
    """`ports.MemoryStore` in Postgres; safe for several threads, processes and machines.

    Transactions are READ COMMITTED: row locks (claims, sweeps), unique indexes (idempotency keys) and the lease's
    token in the WHERE of every write prevent that anything is done twice.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def engine(self) -> Engine:
        """For other stores in the same database, which share its connections."""
        return self._engine

    def close(self) -> None:
        """Close the pool's connections."""
        self._engine.dispose()

    def figures(self) -> StoreFigures:
        by_status = select(memories.c.status, func.count()).group_by(memories.c.status)
        with transaction(self._engine) as tx:
            counts = {Status(status): count for status, count in tx.execute(by_status)}
            rows, oldest_at = tx.execute(select(func.count(outbox.c.id), func.min(outbox.c.written_at))).one()
        return StoreFigures(counts, rows, oldest_at)

    def check(self) -> None:
        with transaction(self._engine) as tx:
            require_own_schema(tx)
