"""Health: whether the API is alive, and whether its database and its store answer."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Literal

import anyio
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from rawk.domain.errors import DatabaseOutdated, DatabaseWaking, RawkError
from rawk.log import log

CHECK_SECONDS = 3.0
"""Longer than a wait for the database's connection, and less than a load balancer's timeout (ALB: five seconds by
default)."""

_STATES: Mapping[type[RawkError], str] = {DatabaseWaking: "waking", DatabaseOutdated: "outdated"}


class Health:
    """Checks all parts concurrently, each with a timeout, and at most one check per part at a time.

    The next probe does not start a check that still hangs: one check never occupies two threads.
    """

    def __init__(self, checks: Mapping[str, Callable[[], None]]) -> None:
        self._checks = checks
        self._under_way: dict[str, asyncio.Task[str]] = {}
        # Separate threads: an API whose other threads are all busy with uploads is healthy.
        self._threads = anyio.CapacityLimiter(max(1, len(checks)))

    async def states(self) -> dict[str, str]:
        """Part → `ok`, `down`, or what else there is to say of a database: `waking`, `outdated` (`ReadinessView`)."""
        states = await asyncio.gather(*(self._state(part) for part in self._checks))
        return dict(zip(self._checks, states, strict=True))

    async def _state(self, part: str) -> str:
        task = self._under_way.get(part)
        if task is None or task.done():
            task = self._under_way[part] = asyncio.create_task(self._check(part))
        try:
            return await asyncio.wait_for(asyncio.shield(task), CHECK_SECONDS)
        except TimeoutError:
            log.warning("health_check_hangs", part=part, after_seconds=CHECK_SECONDS)
            return "down"

    async def _check(self, part: str) -> str:
        try:
            await run_sync(self._checks[part], limiter=self._threads)
        except RawkError as error:
            log.warning("health_check_failed", part=part, error=str(error))
            return next((state for kind, state in _STATES.items() if isinstance(error, kind)), "down")
        return "ok"


router = APIRouter(tags=["health"])


class LivenessView(BaseModel):
    status: Literal["ok"]


class ReadinessView(BaseModel):
    """`status` is `ok` when each part is. A database is `waking` that may have paused without traffic, and `outdated`
    when its schema is older than this release."""

    status: Literal["ok", "down"]
    db: Literal["ok", "down", "waking", "outdated"]
    storage: Literal["ok", "down"]


_OK = {"status": "ok", "db": "ok", "storage": "ok"}
_DOWN = {"status": "down", "db": "down", "storage": "ok"}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {"example": _OK}}},
    503: {
        "model": ReadinessView,
        "description": "Something is down, a paused database is waking up, or the database is not migrated yet",
        "content": {"application/json": {"example": _DOWN}},
    },
}


@router.get("/healthz", operation_id="get_liveness", summary="Liveness")
async def alive() -> LivenessView:
    """Answers as long as the process runs; checks nothing else."""
    return LivenessView(status="ok")


@router.get(
    "/api/v1/health",
    operation_id="get_readiness",
    summary="Readiness: do the database and the store answer?",
    response_model=ReadinessView,
    responses=_RESPONSES,
)
@router.get("/api/health", include_in_schema=False)
async def ready(request: Request) -> JSONResponse:
    health: Health = request.app.state.health
    parts = await health.states()
    fine = all(state == "ok" for state in parts.values())
    return JSONResponse({"status": "ok" if fine else "down", **parts}, 200 if fine else 503)
