"""A memory's status as server-sent events, for clients that would otherwise poll.

https://html.spec.whatwg.org/multipage/server-sent-events.html. The server reads the memory every second, and at once
after a notification (`ports.StatusNotifications`). A stream ends with the memory's final status, or before API
Gateway's limit for an integration (30 s). The client then reconnects by itself with the id of the last event that it
received, and misses nothing: each status has its number in the history.
"""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Annotated

import anyio
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.sse import EventSourceResponse, format_sse_event

from rawk.api.bounded_threads import ThreadGroups
from rawk.api.callers.authentication import Reader
from rawk.api.capacity.places import Places
from rawk.api.dependencies import MEMORIES, MemoryId, Services, Threads, read_summary, refusals
from rawk.api.middleware.head import is_head
from rawk.api.services import ApiServices
from rawk.api.views import FailureView, StatusEventView
from rawk.domain.errors import MemoryNotFound, Unavailable
from rawk.domain.memory import AnalysisState, MemorySummary, Status, StatusChange
from rawk.log import log

POLL_SECONDS = 1.0
"""Notifications may be lost, and a worker without a Redis sends none."""

STREAM_SECONDS = 25.0
RECONNECT_AFTER_MILLISECONDS = 1_000
_EVENT_ID = re.compile(r"([0-9]{1,9})(-gave_up)?")

type Position = tuple[int, bool]
"""The position of an event in a memory's history: the status's number, and whether the analysis was given up since."""

EXAMPLE = """\
event: status
data: {"id":"…","status":"processing","at":"2026-11-20T12:00:00Z","analysis_state":null,"failure":null}
id: 2
"""

BEFORE_ALL: Position = (0, False)

router = APIRouter(prefix=MEMORIES, tags=["memories"])


async def _stream_place(request: Request, tenant: Reader) -> AsyncIterator[None]:
    """Held until the stream ends. Raises TooManyAtOnce, Overloaded."""
    streams: Places = request.app.state.streams
    with streams.one(tenant):
        yield


@router.get(
    "/{memory_id}/events",
    response_class=Response,
    operation_id="follow_memory",
    summary="Follow a memory",
    responses=refusals(404, 429)
    | {
        200: {"description": "The stream.", "content": {"text/event-stream": {"example": EXAMPLE}}},
        204: {"description": "The memory is final and you have received every event: do not reconnect."},
    },
)
async def events(
    request: Request,
    memory_id: MemoryId,
    tenant: Reader,
    services: Services,
    threads: Threads,
    _place: Annotated[None, Depends(_stream_place)],
    given_last_event_id: Annotated[
        str | None,
        Query(alias="last_event_id", description="The same in the address, for a new EventSource."),
    ] = None,
    last_event_id: Annotated[
        str | None,
        Header(
            alias="Last-Event-ID", description="Id of the last event that you received; the stream continues after it."
        ),
    ] = None,
) -> Response:
    """An event `status` for each status since `Last-Event-ID`, then for each new one; `deleted` if the memory is
    deleted.

    The last status is `complete`, `failed`, or `transcript_only` with its analysis given up. A stream may end earlier:
    reconnect.
    """
    memory, history = await threads.database.run(read_summary, services, tenant, memory_id)
    seen = _position_of(last_event_id or given_last_event_id)
    if _is_over(memory) and not any(True for _ in _since(seen, memory, history)):
        return Response(status_code=204)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    if is_head(request.scope):
        return Response(headers=headers, media_type=EventSourceResponse.media_type)
    client_stream = _Stream(services, threads, tenant, memory_id, seen)
    return EventSourceResponse(client_stream.events(memory, history), headers=headers)


@dataclass(slots=True)
class _Stream:
    """One client's stream."""

    services: ApiServices
    threads: ThreadGroups
    tenant: str
    memory_id: str
    seen: Position

    async def events(self, memory: MemorySummary, history: list[StatusChange]) -> AsyncIterator[bytes]:
        end = anyio.current_time() + STREAM_SECONDS
        yield format_sse_event(retry=RECONNECT_AFTER_MILLISECONDS)
        async with self.services.notifications.subscribe(self.memory_id) as subscription:
            while True:
                for position, view in _since(self.seen, memory, history):
                    yield format_sse_event(event="status", id=_id_of(position), data_str=view.model_dump_json())
                    self.seen = position
                if _is_over(memory) or anyio.current_time() >= end:
                    return
                await subscription.changed(POLL_SECONDS)
                try:
                    memory, history = await self.threads.database.run(
                        read_summary, self.services, self.tenant, self.memory_id
                    )
                except MemoryNotFound:
                    yield format_sse_event(event="deleted", data_str=f'{{"id":"{self.memory_id}"}}')
                    return
                except Unavailable as error:
                    # An EventSource never reconnects after a 503, so the stream stays open until the database answers.
                    log.warning("following_waits", memory_id=self.memory_id, part=error.part, error=str(error))
                    yield format_sse_event(comment=f"the {error.part} does not answer")


def _since(
    seen: Position, memory: MemorySummary, history: list[StatusChange]
) -> Iterator[tuple[Position, StatusEventView]]:
    for change in history:
        if (change.number, False) > seen:
            yield (change.number, False), _view(memory, change, last=change is history[-1] and not _gave_up(memory))
    if history and _gave_up(memory) and (history[-1].number, True) > seen:
        given_up = StatusChange(history[-1].number, memory.status, memory.updated_at)
        yield (given_up.number, True), _view(memory, given_up, last=True)


def _view(memory: MemorySummary, change: StatusChange, *, last: bool) -> StatusEventView:
    """Analysis state and failure are known for the last status only."""
    reason = memory.failure_reason if last else None
    return StatusEventView(
        id=memory.id,
        status=change.status,
        at=change.at,
        analysis_state=memory.analysis_state if last else None,
        failure=None if reason is None else FailureView(reason=reason, detail=memory.failure_detail),
    )


def _is_over(memory: MemorySummary) -> bool:
    return memory.status in (Status.COMPLETE, Status.FAILED) or _gave_up(memory)


def _gave_up(memory: MemorySummary) -> bool:
    return memory.analysis_state is AnalysisState.GAVE_UP


def _id_of(position: Position) -> str:
    number, gave_up = position
    return f"{number}-gave_up" if gave_up else str(number)


def _position_of(event_id: str | None) -> Position:
    """The position of an event id; before all events for an id that is not ours."""
    match = _EVENT_ID.fullmatch(event_id or "")
    return (int(match[1]), match[2] is not None) if match else BEFORE_ALL
