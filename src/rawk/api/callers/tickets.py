"""Tickets: what a browser puts into the address of an EventSource or a media element, which send no headers."""

from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from rawk.api.callers.authentication import Authenticated, Tenant
from rawk.api.dependencies import MEMORIES, MemoryId, Services, Threads, read, refusals
from rawk.use_cases.callers.authentication import TICKET_VALID_FOR, Ticket

router = APIRouter(prefix=MEMORIES, tags=["memories"])


class TicketView(BaseModel):
    ticket: str = Field(description="Give it as `ticket` in the address of the memory's `events` or `audio`.")
    expires_at: datetime

    model_config = ConfigDict(
        json_schema_extra={"example": {"ticket": "eyJhbGciOi…", "expires_at": "2026-11-20T18:31:00Z"}}
    )


@router.post(
    "/{memory_id}/ticket",
    status_code=201,
    operation_id="create_ticket",
    summary="A ticket for one memory",
    responses=refusals(404),
)
async def ticket(
    memory_id: MemoryId,
    response: Response,
    caller: Authenticated,
    tenant: Tenant,
    services: Services,
    threads: Threads,
) -> TicketView:
    """For a browser's EventSource and media elements: it permits to follow and to hear this one memory for a minute.

    A stream that a ticket opened reconnects with it. Once the ticket has expired, open a new stream with a new ticket
    and `last_event_id`.
    """
    expires_at = services.clock.now() + TICKET_VALID_FOR
    await threads.database.run(read, services, tenant, memory_id)
    issued = await threads.database.run(services.authentication.ticket, caller, Ticket(tenant, memory_id))
    response.headers["Cache-Control"] = "no-store"
    return TicketView(ticket=issued, expires_at=expires_at.replace(microsecond=0))
