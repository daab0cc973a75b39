"""A memory's status as server-sent events, for apps that would else poll.

https://html.spec.whatwg.org/multipage/server-sent-events.html. The server looks for its clients: every
second, and at once when it hears that there is something to see (`ports.StatusNotifications`). A stream ends with the
memory's last status, and otherwise after less than API Gateway gives an integration (30 s); the client then comes back
by itself with the id of the last event that it saw, and misses nothing: each status has its number in the history.
"""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Annotated

import anyio
from fastapi import APIRouter, Header, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, format_sse_event

from rawk.api.authentication import Tenant
from rawk.api.dependencies import MEMORIES, MemoryId, Services, read, refusals
from rawk.api.services import ApiServices
from rawk.api.views import FailureView, StatusEventView
from rawk.domain.errors import MemoryNotFound, Unavailable
from rawk.domain.memory import AnalysisState, Memory, Status, StatusChange
from rawk.log import log

POLL_SECONDS = 1.0
"""However good the news: an announcement may be lost, and may come from nobody where only the API has a Redis."""

STREAM_SECONDS = 25.0
COME_BACK_AFTER_MILLISECONDS = 1_000
_EVENT_ID = re.compile(r"([0-9]{1,9})(-gave_up)?")

type Place = tuple[int, bool]
"""Where in a memory's life an event stands: the status's number, and whether its analysis was given up since."""

EXAMPLE = """\
event: status
data: {"id":"…","status":"processing","at":"2026-11-20T12:00:00Z","analysis_state":null,"failure":null}
id: 2
"""

BEFORE_ALL: Place = (0, False)

router = APIRouter(prefix=MEMORIES, tags=["memories"])


@router.get(
    "/{memory_id}/events",
    response_class=Response,
    summary="Follow a memory",
    responses=refusals(404)
    | {
        200: {"description": "The stream.", "content": {"text/event-stream": {"example": EXAMPLE}}},
        204: {"description": "It is over, and you have seen all of it: do not come back."},
    },
)
async def events(
    memory_id: MemoryId,
    tenant: Tenant,
    services: Services,
    last_event_id: Annotated[
        str | None, Header(alias="Last-Event-ID", description="What you saw last; what came since follows.")
    ] = None,
) -> Response:
    """An event `status` for each status it has had since, and then as they come; `deleted` if it is deleted.

    The last is `complete`, `failed`, or `transcript_only` with its analysis given up. A stream may end before that:
    come back.
    """
    memory, history = await run_in_threadpool(read, services, tenant, memory_id)
    seen = _place_of(last_event_id)
    if _is_over(memory) and not any(True for _ in _since(seen, memory, history)):
        return Response(status_code=204)
    following = _Following(services, tenant, memory_id, seen)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return EventSourceResponse(following.stream(memory, history), headers=headers)


@dataclass(slots=True)
class _Following:
    """One client's stream."""

    services: ApiServices
    tenant: str
    memory_id: str
    seen: Place

    async def stream(self, memory: Memory, history: list[StatusChange]) -> AsyncIterator[bytes]:
        end = anyio.current_time() + STREAM_SECONDS
        yield format_sse_event(retry=COME_BACK_AFTER_MILLISECONDS)
        async with self.services.notifications.subscribe(self.memory_id) as subscription:
            while True:
                for place, view in _since(self.seen, memory, history):
                    yield format_sse_event(event="status", id=_id_of(place), data_str=view.model_dump_json())
                    self.seen = place
                if _is_over(memory) or anyio.current_time() >= end:
                    return
                await subscription.changed(POLL_SECONDS)
                try:
                    memory, history = await run_in_threadpool(read, self.services, self.tenant, self.memory_id)
                except MemoryNotFound:
                    yield format_sse_event(event="deleted", data_str=f'{{"id":"{self.memory_id}"}}')
                    return
                except Unavailable as trouble:
                    # An EventSource that is answered 503 never comes back: better to wait for the database with it.
                    log.warning("following_waits", memory_id=self.memory_id, part=trouble.part, error=str(trouble))
                    yield format_sse_event(comment=f"the {trouble.part} does not answer")


def _since(seen: Place, memory: Memory, history: list[StatusChange]) -> Iterator[tuple[Place, StatusEventView]]:
    for change in history:
        if (change.number, False) > seen:
            yield (change.number, False), _view(memory, change, last=change is history[-1] and not _gave_up(memory))
    if history and _gave_up(memory) and (history[-1].number, True) > seen:
        given_up = StatusChange(history[-1].number, memory.status, memory.updated_at)
        yield (given_up.number, True), _view(memory, given_up, last=True)


def _view(memory: Memory, change: StatusChange, *, last: bool) -> StatusEventView:
    """Of earlier statuses nobody remembers what else was so."""
    reason = memory.failure_reason if last else None
    return StatusEventView(
        id=memory.id,
        status=change.status,
        at=change.at,
        analysis_state=memory.analysis_state if last else None,
        failure=None if reason is None else FailureView(reason=reason, detail=memory.failure_detail),
    )


def _is_over(memory: Memory) -> bool:
    return memory.status in (Status.COMPLETE, Status.FAILED) or _gave_up(memory)


def _gave_up(memory: Memory) -> bool:
    return memory.analysis_state is AnalysisState.GAVE_UP


def _id_of(place: Place) -> str:
    number, gave_up = place
    return f"{number}-gave_up" if gave_up else str(number)


def _place_of(event_id: str | None) -> Place:
    """Of what is none of our ids nothing was seen."""
    match = _EVENT_ID.fullmatch(event_id or "")
    return (int(match[1]), match[2] is not None) if match else BEFORE_ALL
