"""Endpoints to download a recording, to retry a failed memory, and to retry an analysis that was given up."""

from fastapi import APIRouter, Response

from rawk.api.callers.authentication import Reader, Tenant
from rawk.api.dependencies import ACCEPTED, LOCATION, MEMORIES, MemoryId, Services, Threads, refusals
from rawk.api.views import AcceptedView
from rawk.domain.memory import Memory

router = APIRouter(prefix=MEMORIES, tags=["memories"])


@router.get(
    "/{memory_id}/audio",
    status_code=307,
    response_class=Response,
    operation_id="get_audio",
    summary="Download the recording",
    responses=refusals(404, 409, 410)
    | {307: {"description": "A link to the audio, valid for five minutes.", "headers": LOCATION}},
)
async def audio(memory_id: MemoryId, tenant: Reader, services: Services, threads: Threads) -> Response:
    """Follow the link without the API key: the link alone authorises the download."""
    link = await threads.storage.run(services.downloads.link, tenant, memory_id)
    # Without the policy no `<audio>` in a page of another origin loads it, although its address has a ticket.
    headers = {"Location": link, "Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "cross-origin"}
    return Response(status_code=307, headers=headers)


@router.post(
    "/{memory_id}/retry",
    status_code=202,
    operation_id="retry_memory",
    summary="Process a failed memory again",
    responses=refusals(404, 409) | {202: ACCEPTED},
)
async def retry(
    memory_id: MemoryId, response: Response, tenant: Tenant, services: Services, threads: Threads
) -> AcceptedView:
    """Use it once the cause of the failure is fixed. For a memory that has not failed: 409, and no change.

    A recording that is itself the cause (`audio_unreadable`, `audio_too_large`, …) fails again unless OpenAI changed.
    """
    return _accepted(await threads.database.run(services.retries.process, tenant, memory_id), response)


@router.post(
    "/{memory_id}/analysis",
    status_code=202,
    operation_id="retry_analysis",
    summary="Analyse a transcript again",
    responses=refusals(404, 409) | {202: ACCEPTED},
)
async def analysis(
    memory_id: MemoryId, response: Response, tenant: Tenant, services: Services, threads: Threads
) -> AcceptedView:
    """For a `transcript_only` memory whose analysis was given up. For any other: 409, and no change."""
    return _accepted(await threads.database.run(services.retries.analyse, tenant, memory_id), response)


def _accepted(memory: Memory, response: Response) -> AcceptedView:
    response.headers["Location"] = f"{MEMORIES}/{memory.id}"
    return AcceptedView(id=memory.id, status=memory.status)
