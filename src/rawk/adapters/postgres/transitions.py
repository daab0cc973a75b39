"""Changes that need a new job: the memory and its outbox row are written in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, select, update

from rawk.adapters.postgres.outbox import outbox_id_of, put_into_outbox
from rawk.adapters.postgres.rows import MEMORY_COLUMNS, its_own, record_step, to_memory
from rawk.adapters.postgres.tables import memories
from rawk.adapters.postgres.transactions import transaction
from rawk.adapters.postgres.values import is_memory_id
from rawk.domain.memory import Status
from rawk.ports import Accepted


@dataclass(frozen=True, slots=True)
class Requeue:
    """Changes to one memory of a tenant, made only if the condition is true, that need a new job."""

    tenant: str
    memory_id: str
    condition: ColumnElement[bool]
    changes: dict[str, Any]


def queue_if(engine: Engine, requeue: Requeue, now: datetime, relay_from: datetime) -> Accepted | None:
    """Change the memory if the condition is true, and write its outbox row; otherwise return the memory unchanged.

    None when the tenant has no such memory. Waits for a transaction that is changing the memory.
    """
    memory_id, changes = requeue.memory_id, requeue.changes
    if not is_memory_id(memory_id):
        return None
    this = its_own(requeue.tenant, memory_id)
    changing = update(memories).where(this & requeue.condition).values(**changes, updated_at=now)
    with transaction(engine) as tx:
        changed = tx.execute(changing.returning(*MEMORY_COLUMNS)).one_or_none()
        if changed is None:
            known = tx.execute(select(*MEMORY_COLUMNS).where(this)).one_or_none()
            return None if known is None else Accepted(to_memory(known), False, outbox_id_of(tx, memory_id))
        if "status" in changes:
            record_step(tx, [memory_id], Status(changes["status"]), now)
        return Accepted(to_memory(changed), True, put_into_outbox(tx, memory_id, now, relay_from))
