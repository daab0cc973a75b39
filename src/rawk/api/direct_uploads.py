"""Endpoints for recordings that are uploaded straight to the store: before and after the upload."""

from datetime import UTC
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from rawk.api.authentication import Tenant
from rawk.api.dependencies import LOCATION, MEMORIES, UPLOADS, IdempotencyKey, MemoryId, Services, Threads, refusals
from rawk.api.upload_form import MAX_TITLE_CHARACTERS
from rawk.api.views import AcceptedView, UploadView
from rawk.domain.errors import RequestTooLarge
from rawk.use_cases.direct_uploads import PlannedUpload

UPLOAD_REQUEST_BYTES = 4096
"""More than the longest title needs, and little enough to read into memory."""

router = APIRouter(tags=["uploads"])

type AudioType = Literal["audio/flac", "audio/mp4", "audio/mpeg", "audio/ogg", "audio/wav", "audio/webm"]


def _printable(title: str) -> str | None:
    title = title.strip()
    if not title.isprintable():
        raise ValueError("the title contains control characters")
    return title or None


class UploadRequest(BaseModel):
    """A recording that is going to be uploaded."""

    content_type: AudioType = Field(description="The expected audio type. After the upload the leading bytes decide.")
    title: Annotated[str, AfterValidator(_printable)] | None = Field(
        None, max_length=MAX_TITLE_CHARACTERS, examples=["Standup, Friday"]
    )
    recorded_at: AwareDatetime | None = None

    model_config = ConfigDict(extra="forbid")


UPLOAD_REQUEST: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": UploadRequest.model_json_schema()}}}
}


@router.post(
    UPLOADS,
    status_code=201,
    summary="Begin an upload straight to the store",
    openapi_extra=UPLOAD_REQUEST,
    responses=refusals(409, 410, 413, 422) | {201: LOCATION},
)
async def begin(
    request: Request,
    response: Response,
    tenant: Tenant,
    services: Services,
    threads: Threads,
    key: IdempotencyKey = None,
) -> UploadView:
    """For large recordings, and for deployments that limit the size of a request.

    Upload 1 to 26,214,400 bytes with the form, then submit the memory. The recording is accepted only then.
    """
    upload = _read(await _body(request))
    recorded_at = upload.recorded_at and upload.recorded_at.astimezone(UTC)
    planned = PlannedUpload(upload.content_type, upload.title, recorded_at)
    begun = await threads.database.run(
        services.direct_uploads.begin, tenant, request.state.correlation_id, planned, key
    )
    response.headers["Location"] = f"{MEMORIES}/{begun.memory.id}"
    response.headers["Cache-Control"] = "no-store"
    return UploadView.of(begun)


@router.post(
    f"{MEMORIES}/{{memory_id}}/submit",
    status_code=202,
    summary="Submit an uploaded recording",
    responses=refusals(404, 409, 413, 415, 422) | {202: LOCATION},
)
async def submit(
    memory_id: MemoryId, response: Response, tenant: Tenant, services: Services, threads: Threads
) -> AcceptedView:
    """After a 202 the recording is not lost, whatever fails. It is safe to submit again.

    An upload that is no recording is refused and removed with its memory.
    """
    memory = await threads.storage.run(services.direct_uploads.submit, tenant, memory_id)
    response.headers["Location"] = f"{MEMORIES}/{memory.id}"
    return AcceptedView(id=memory.id, status=memory.status)


async def _body(request: Request) -> bytes:
    """Raises RequestTooLarge."""
    body = bytearray()
    async for data in request.stream():
        body += data
        if len(body) > UPLOAD_REQUEST_BYTES:
            raise RequestTooLarge(f"The request may have at most {UPLOAD_REQUEST_BYTES} bytes.")
    return bytes(body)


def _read(body: bytes) -> UploadRequest:
    """Raises RequestValidationError."""
    try:
        return UploadRequest.model_validate_json(body)
    except ValidationError as error:
        faults = [{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors(include_context=False)]
        raise RequestValidationError(faults) from error
