"""The endpoints under /api/v1/memories."""

from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from rawk.api import cursors
from rawk.api.callers.authentication import Tenant
from rawk.api.dependencies import ACCEPTED, MEMORIES, IdempotencyKey, MemoryId, Services, Threads, read, refusals
from rawk.api.fields import TITLE
from rawk.api.uploads import Uploads
from rawk.api.views import AcceptedView, MemoryPage, MemorySummaryView, MemoryView
from rawk.domain.memory import Status
from rawk.use_cases.audio_formats import KINDS
from rawk.use_cases.list_memories import page_of

PAGE_LIMIT = 100
ETAG = {"ETag": {"$ref": "#/components/headers/ETag"}}


router = APIRouter(prefix=MEMORIES, tags=["memories"])

UPLOAD_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["audio"],
                    "additionalProperties": False,
                    "properties": {
                        "audio": {
                            "type": "string",
                            "contentMediaType": "application/octet-stream",
                            "format": "binary",
                            "description": "FLAC, MP3, MP4 (M4A), Ogg, WAV or WebM; at most 26,214,400 bytes.",
                        },
                        "title": {"type": "string", **TITLE},
                        "recorded_at": {"type": "string", "format": "date-time"},
                    },
                },
                "encoding": {"audio": {"contentType": ", ".join(kind.content_type for kind in KINDS)}},
            }
        },
    }
}


@router.post(
    "",
    status_code=202,
    response_model=AcceptedView,
    operation_id="upload_recording",
    summary="Upload a recording",
    openapi_extra=UPLOAD_FORM,
    responses=refusals(408, 409, 410, 413, 415, 422, 429) | {202: ACCEPTED},
)
async def create(request: Request, response: Response, tenant: Tenant, key: IdempotencyKey = None) -> AcceptedView:
    """Stores the audio, queues its processing and answers at once.

    After a 202 the recording is not lost, whatever fails.
    """
    uploads: Uploads = request.app.state.uploads
    accepted = await uploads.receive(request, tenant, key)
    response.headers["Location"] = f"{MEMORIES}/{accepted.memory.id}"
    return AcceptedView(id=accepted.memory.id, status=accepted.memory.status)


@router.get("", operation_id="list_memories", summary="List memories, newest first", responses=refusals(422))
async def page(
    tenant: Tenant,
    services: Services,
    threads: Threads,
    status: Annotated[Status | None, Query(description="Only memories with this status.")] = None,
    cursor: Annotated[
        str | None,
        Query(max_length=512, description="`next_cursor` of the page before.", json_schema_extra={"format": "cursor"}),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT)] = 20,
) -> MemoryPage:
    after = None if cursor is None else cursors.decode(cursor)
    found = await threads.database.run(page_of, services.memories, tenant, status, after, limit)
    return MemoryPage(
        memories=[MemorySummaryView.of(memory) for memory in found.memories],
        next_cursor=None if found.next is None else cursors.encode(found.next),
    )


@router.get(
    "/{memory_id}",
    response_model=MemoryView,
    operation_id="get_memory",
    summary="Read a memory",
    responses=refusals(404)
    | {
        200: {"headers": ETAG},
        304: {"description": "Unchanged since the ETag that you sent in If-None-Match.", "headers": ETAG},
    },
)
async def one(
    memory_id: MemoryId,
    tenant: Tenant,
    services: Services,
    threads: Threads,
    if_none_match: Annotated[str | None, Header(description="The ETag of an earlier answer.")] = None,
) -> Response:
    """Poll it until `status` is `complete` or `failed`, or `transcript_only` with its analysis given up."""
    memory, history = await threads.database.run(read, services, tenant, memory_id)
    body = MemoryView.whole(memory, history).model_dump_json().encode()
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if if_none_match is not None and _matches(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


@router.delete(
    "/{memory_id}", status_code=204, operation_id="delete_memory", summary="Delete a memory", responses=refusals(404)
)
async def delete(memory_id: MemoryId, tenant: Tenant, services: Services, threads: Threads) -> Response:
    """Deletes row, transcript and audio; a job that is still in flight then does nothing.

    Audio that the store cannot remove at this moment is gone within a day and an hour.
    """
    await threads.database.run(services.deletion.delete, tenant, memory_id)
    return Response(status_code=204)


def _matches(if_none_match: str, etag: str) -> bool:
    """RFC 9110, 13.1.2: a list of entity tags, compared weakly, or `*`."""
    candidates = [candidate.strip().removeprefix("W/") for candidate in if_none_match.split(",")]
    return "*" in candidates or etag in candidates
