"""Steps that end with a job: the memory changes and its outbox row is written, in one transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, select, update

from rawk.adapters.postgres.outbox import outbox_id_of, put_into_outbox
from rawk.adapters.postgres.rows import MEMORY_COLUMNS, record_step, to_memory
from rawk.adapters.postgres.tables import memories
from rawk.adapters.postgres.transactions import transaction
from rawk.adapters.postgres.values import is_memory_id
from rawk.domain.memory import Status
from rawk.ports import Accepted


def queue_if(
    engine: Engine,
    tenant: str,
    memory_id: str,
    condition: ColumnElement[bool],
    changes: dict[str, Any],
    now: datetime,
    send_again_at: datetime,
) -> Accepted | None:
    """Change the memory where the condition holds, and ask for its job; where it does not, give it as it is.

    None when the tenant has no such memory. What somebody else is just changing is waited for.
    """
    if not is_memory_id(memory_id):
        return None
    its_own = (memories.c.id == memory_id) & (memories.c.tenant == tenant)
    changing = update(memories).where(its_own & condition).values(**changes, updated_at=now)
    with transaction(engine) as tx:
        changed = tx.execute(changing.returning(*MEMORY_COLUMNS)).one_or_none()
        if changed is None:
            known = tx.execute(select(*MEMORY_COLUMNS).where(its_own)).one_or_none()
            return None if known is None else Accepted(to_memory(known), False, outbox_id_of(tx, memory_id))
        if "status" in changes:
            record_step(tx, [memory_id], Status(changes["status"]), now)
        return Accepted(to_memory(changed), True, put_into_outbox(tx, memory_id, now, send_again_at))
