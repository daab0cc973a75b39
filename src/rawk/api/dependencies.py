"""Shared by the endpoints under /api/v1: paths, dependencies, documented problems."""

from typing import Annotated, Any
from uuid import UUID

import anyio
from fastapi import Depends, Header, Path, Request

from rawk.api.bounded_threads import ThreadGroups
from rawk.api.problems import Problem
from rawk.api.services import ApiServices
from rawk.domain.errors import MemoryNotFound, RequestTooLarge, UploadTooSlow
from rawk.domain.memory import Memory, MemorySummary, StatusChange

MEMORIES = "/api/v1/memories"
UPLOADS = "/api/v1/uploads"

LOCATION: dict[str, Any] = {"Location": {"schema": {"type": "string"}, "description": "The memory's URL."}}


def begun_at(*operations: str) -> dict[str, Any]:
    """For the OpenAPI document: the response has the new memory's URL, and these operations follow."""
    of_the_memory = {"parameters": {"memory_id": "$response.body#/id"}}
    links = {name: {"operationId": name, **of_the_memory} for name in ("get_memory", *operations, "delete_memory")}
    return {"headers": LOCATION, "links": links}


ACCEPTED = begun_at("follow_memory", "get_audio", "create_ticket", "retry_memory", "retry_analysis")


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For the OpenAPI document: the problems of an endpoint."""
    return {status: {"model": Problem} for status in statuses}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems of an endpoint of a tenant, besides those that each of them has."""
    return problems(*sorted({400, 401, 403, 429, 503, *statuses}))


async def body_of(request: Request, most_bytes: int, most_seconds: float) -> bytes:
    """A short body as a whole. Raises RequestTooLarge, UploadTooSlow."""
    body = bytearray()
    try:
        with anyio.fail_after(most_seconds):
            async for data in request.stream():
                body += data
                if len(body) > most_bytes:
                    raise RequestTooLarge(f"The request may have at most {most_bytes} bytes.")
    except TimeoutError:
        raise UploadTooSlow(f"The request did not come within {most_seconds:g} s.") from None
    return bytes(body)


async def _services(request: Request) -> ApiServices:
    services: ApiServices = request.app.state.services
    return services


async def _threads(request: Request) -> ThreadGroups:
    threads: ThreadGroups = request.app.state.threads
    return threads


async def _well_formed(memory_id: Annotated[str, Path()]) -> str:
    """Raises MemoryNotFound for text that is no id, as for an unknown id."""
    try:
        canonical = str(UUID(memory_id))
    except ValueError:
        canonical = ""
    if canonical != memory_id.lower():
        raise MemoryNotFound("There is no such memory.")
    return canonical


type Services = Annotated[ApiServices, Depends(_services)]
type Threads = Annotated[ThreadGroups, Depends(_threads)]
type MemoryId = Annotated[str, Depends(_well_formed)]
type IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x20-\x7e]{1,255}$",
        description="Repeat a request whose response was lost with the same key: it gives the same memory. For 30 days"
        " after that memory was deleted, the key is answered 410.",
    ),
]


def read(services: ApiServices, tenant: str, memory_id: str) -> tuple[Memory, list[StatusChange]]:
    """The memory and its history. Raises MemoryNotFound, DatabaseUnavailable."""
    memory = services.memories.get(tenant, memory_id)
    if memory is None:
        raise MemoryNotFound("There is no such memory.")
    return memory, _history_of(services, memory)


def read_summary(services: ApiServices, tenant: str, memory_id: str) -> tuple[MemorySummary, list[StatusChange]]:
    """As `read`, without the transcript: an event stream reads every second."""
    memory = services.memories.summary(tenant, memory_id)
    if memory is None:
        raise MemoryNotFound("There is no such memory.")
    return memory, _history_of(services, memory)


def _history_of(services: ApiServices, memory: Memory | MemorySummary) -> list[StatusChange]:
    """Between the two reads a worker may change the memory: newer history is left out until the next poll."""
    history = services.memories.history(memory.id)
    while history and history[-1].status != memory.status:
        history.pop()
    return history
