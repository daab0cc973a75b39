"""What the calls under /api/v1 share: where they are, what they are given, how they refuse."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Path, Request

from rawk.api.problems import Problem
from rawk.api.services import ApiServices
from rawk.domain.errors import MemoryNotFound
from rawk.domain.memory import Memory, StatusChange

MEMORIES = "/api/v1/memories"
UPLOADS = "/api/v1/uploads"

LOCATION: dict[str, Any] = {
    "headers": {"Location": {"schema": {"type": "string"}, "description": "Where the memory is, or will be."}}
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For the OpenAPI document: problems that a call may answer with, beside those that every call may."""
    return {status: {"model": Problem} for status in (401, *statuses, 503)}


async def _services(request: Request) -> ApiServices:
    services: ApiServices = request.app.state.services
    return services


async def _well_formed(memory_id: Annotated[str, Path()]) -> str:
    """Raises MemoryNotFound for what can not be an id: to the caller it is an unknown one like any other."""
    try:
        canonical = str(UUID(memory_id))
    except ValueError:
        canonical = ""
    if canonical != memory_id.lower():
        raise MemoryNotFound("There is no such memory.")
    return canonical


type Services = Annotated[ApiServices, Depends(_services)]
type MemoryId = Annotated[str, Depends(_well_formed)]
type IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x20-\x7e]{1,255}$",
        description="Repeat a request whose answer got lost under the same key: it gives the same memory.",
    ),
]


def read(services: ApiServices, tenant: str, memory_id: str) -> tuple[Memory, list[StatusChange]]:
    """The memory and its history. Raises MemoryNotFound, DatabaseUnavailable.

    Two reads, between which a worker may have moved on: what it did since is left for the next poll.
    """
    memory = services.memories.get(tenant, memory_id)
    if memory is None:
        raise MemoryNotFound("There is no such memory.")
    history = services.memories.history(memory_id)
    while history and history[-1].status != memory.status:
        history.pop()
    return memory, history
