"""The HTTP API as an ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from rawk.api import direct_uploads, docs_page, events, health, memories, metrics, retries
from rawk.api.bounded_threads import ThreadGroups
from rawk.api.callers import login, tickets
from rawk.api.callers.login import LoginQueue
from rawk.api.callers.rate_limits import RateLimits
from rawk.api.capacity.places import STREAMS_AT_ONCE, STREAMS_PER_TENANT, UPLOADS_AT_ONCE, UPLOADS_PER_TENANT, Places
from rawk.api.middleware import cross_origin
from rawk.api.middleware.correlation import Tracing
from rawk.api.middleware.head import HeadAsGet
from rawk.api.middleware.security_headers import SecurityHeaders
from rawk.api.middleware.unread_body import UnreadBody
from rawk.api.openapi import whole
from rawk.api.problems import answer_with_problems, unexpected
from rawk.api.services import ApiServices
from rawk.api.uploads import Uploads

DESCRIPTION = """\
Turns voice recordings into memories. Upload a recording, get its id at once, and read the memory when it is ready.

Every error is a problem detail (RFC 9457) with a stable `type` and a correlation id to quote in a report.
"""


ROUTERS = (
    memories.router,
    direct_uploads.router,
    retries.router,
    events.router,
    tickets.router,
    login.router,
    health.router,
    docs_page.router,
)


class Api(FastAPI):
    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = whole(super().openapi())
        return self.openapi_schema


def create_app(services: ApiServices) -> FastAPI:
    """Build the API with its services."""
    app = Api(
        title="RAWK",
        version="1",
        description=DESCRIPTION,
        license_info={"name": "MIT", "identifier": "MIT"},
        lifespan=_running,
        docs_url=None,
        redoc_url=None,
    )
    app.router.redirect_slashes = False
    app.state.services = services
    app.state.authentication = services.authentication
    app.state.rate_limits = RateLimits(services.clock, services.requests_per_second)
    app.state.logins = LoginQueue()
    app.state.threads = threads = ThreadGroups()
    upload_places = Places("uploads", UPLOADS_AT_ONCE, UPLOADS_PER_TENANT)
    app.state.uploads = Uploads(services.intake, threads.uploads, upload_places)
    app.state.streams = Places("event streams", STREAMS_AT_ONCE, STREAMS_PER_TENANT)
    app.state.health = health.Health(services.health_checks)
    routers = (*ROUTERS, metrics.router) if services.metrics_keys_sha256 else ROUTERS
    for router in routers:
        app.include_router(router)
    answer_with_problems(app, [route for router in routers for route in router.routes])
    if services.metrics_keys_sha256:
        uploads: Uploads = app.state.uploads
        app.state.metrics = metrics.Metrics(services.memories, services.clock, lambda: uploads.under_way)
    # The last one added is the outermost. Tracing answers unexpected errors, so that measuring is outside of it, and
    # so is the handling of unread bodies, because such an answer may leave one.
    app.add_middleware(HeadAsGet)
    randomness, telemetry = services.intake.randomness, services.telemetry
    app.add_middleware(Tracing, randomness=randomness, unexpected=unexpected, telemetry=telemetry)
    if services.cors_allowed_origins:
        cross_origin.allow(app, services.cors_allowed_origins)
    app.add_middleware(SecurityHeaders)
    if services.metrics_keys_sha256:
        app.add_middleware(metrics.Measuring, metrics=app.state.metrics)
    app.add_middleware(UnreadBody)
    return app


@asynccontextmanager
async def _running(app: FastAPI) -> AsyncIterator[None]:
    app.state.threads.start_all()
    yield
    await app.state.uploads.all_ended()
    app.state.threads.close()
    app.state.services.close()
