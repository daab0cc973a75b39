"""Endpoints for recordings that are uploaded straight to the store: before and after the upload."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from rawk.api.callers.authentication import Tenant
from rawk.api.dependencies import (
    ACCEPTED,
    MEMORIES,
    UPLOADS,
    IdempotencyKey,
    MemoryId,
    Services,
    Threads,
    begun_at,
    body_of,
    refusals,
)
from rawk.api.fields import TITLE, moment_of, title_of
from rawk.api.views import AcceptedView, UploadView
from rawk.use_cases.audio_formats import CONTENT_TYPE, audio_type
from rawk.use_cases.direct_uploads import PlannedUpload

UPLOAD_REQUEST_BYTES = 4096
"""More than the longest title needs, and little enough to read into memory."""

UPLOAD_REQUEST_SECONDS = 10.0

router = APIRouter(tags=["uploads"])


def _content_type(value: object) -> object:
    return audio_type(value) if isinstance(value, str) else value


def _title(value: object) -> object:
    return title_of(value) if isinstance(value, str) else value


def _moment(value: object) -> object:
    """Text alone: a number would be a time in a unit that we had to guess."""
    if value is None or isinstance(value, str):
        return None if value is None else moment_of(value)
    raise ValueError("It must be an ISO 8601 time with its offset.")


class UploadRequest(BaseModel):
    """A recording that is going to be uploaded."""

    content_type: Annotated[
        str,
        BeforeValidator(_content_type),
        Field(
            description="The audio type as the recorder names it, with or without parameters: FLAC, MP3, MP4, Ogg, WAV"
            " or WebM. After the upload the leading bytes decide.",
            examples=["audio/webm;codecs=opus", "audio/mp4", "audio/x-m4a", "audio/wav"],
            json_schema_extra={"pattern": CONTENT_TYPE},
        ),
    ]
    title: Annotated[
        str | None,
        BeforeValidator(_title),
        Field(json_schema_extra=TITLE),
    ] = None
    recorded_at: Annotated[datetime | None, BeforeValidator(_moment)] = None

    model_config = ConfigDict(extra="forbid")


UPLOAD_REQUEST: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": UploadRequest.model_json_schema(ref_template="#/components/schemas/{model}"),
                "example": {"content_type": "audio/webm;codecs=opus", "title": "Standup, Friday"},
            }
        },
    }
}


@router.post(
    UPLOADS,
    status_code=201,
    operation_id="begin_upload",
    summary="Begin an upload straight to the store",
    openapi_extra=UPLOAD_REQUEST,
    responses=refusals(408, 409, 410, 413, 422) | {201: begun_at("submit_upload")},
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
    upload = _read(await body_of(request, UPLOAD_REQUEST_BYTES, UPLOAD_REQUEST_SECONDS))
    planned = PlannedUpload(upload.content_type, upload.title, upload.recorded_at)
    begun = await threads.database.run(
        services.direct_uploads.begin, tenant, request.state.correlation_id, planned, key
    )
    response.headers["Location"] = f"{MEMORIES}/{begun.memory.id}"
    response.headers["Cache-Control"] = "no-store"
    return UploadView.of(begun)


@router.post(
    f"{MEMORIES}/{{memory_id}}/submit",
    status_code=202,
    operation_id="submit_upload",
    summary="Submit an uploaded recording",
    responses=refusals(404, 409, 413, 415, 422) | {202: ACCEPTED},
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


def _read(body: bytes) -> UploadRequest:
    """Raises RequestValidationError."""
    try:
        return UploadRequest.model_validate_json(body)
    except ValidationError as error:
        faults = [{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors(include_context=False)]
        raise RequestValidationError(faults) from error
