"""Metrics for Prometheus: requests by route, uploads in progress, memories by status, the outbox.

The endpoint has keys of its own, which open nothing else: they are for the operator's Prometheus and no tenant's. It
has counts and times only, summed over all tenants. Without a key there is no endpoint, and nothing is counted.
Counters belong to one process: each process is scraped; on Lambda, where each execution environment is a process,
CloudWatch's metrics are better.
"""

import hmac
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from threading import Lock
from time import perf_counter
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rawk.api.dependencies import problems
from rawk.domain.callers import digest_of
from rawk.domain.errors import DatabaseUnavailable, NotAuthenticated
from rawk.domain.memory import Status
from rawk.log import log
from rawk.ports import Clock, MemoryStore, StoreFigures

PATHS = ("/metrics", "/api/v1/metrics")
FIGURES_FRESH_FOR = timedelta(seconds=10)
"""The query counts all memories, so it runs at most once in this time, however often Prometheus scrapes."""
BUCKETS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
OTHER = "other"
"""For unknown methods and paths: the number of labels must not grow with what clients send."""
NO_ANSWER = "none"

router = APIRouter(tags=["health"])
_bearer = HTTPBearer(scheme_name="Metrics", auto_error=False, description="A key for metrics, of the operator.")


class Metrics:
    """The metrics of one API, in their own registry."""

    def __init__(self, memories: MemoryStore, clock: Clock, uploads_under_way: Callable[[], int]) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter("rawk_requests", "Requests answered.", labels, registry=self.registry)
        self._seconds = Histogram(
            "rawk_request_seconds",
            "Time from a request's head to the end of its answer.",
            ("method", "route"),
            buckets=BUCKETS_SECONDS,
            registry=self.registry,
        )
        under_way = Gauge(
            "rawk_uploads_under_way", "Recordings being uploaded through the API.", registry=self.registry
        )
        under_way.set_function(uploads_under_way)
        ProcessCollector(registry=self.registry)
        self.registry.register(_Figures(memories, clock))

    def count(self, method: str, route: str, status: int | None, seconds: float) -> None:
        method = method if method in METHODS else OTHER
        self._requests.labels(method, route, NO_ANSWER if status is None else str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def text(self) -> bytes:
        return generate_latest(self.registry)


class _Figures(Collector):
    """Figures of the database, queried when Prometheus scrapes."""

    def __init__(self, memories: MemoryStore, clock: Clock) -> None:
        self._memories = memories
        self._clock = clock
        self._lock = Lock()
        self._latest: StoreFigures | None = None
        self._asked_at: datetime | None = None

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing: otherwise the registry would query the database for the names."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        now = self._clock.now()
        figures = self._fresh(now)
        yield GaugeMetricFamily(
            "rawk_database_up", "1 if the database answered the last query.", value=figures is not None
        )
        if figures is None:
            return
        memories = GaugeMetricFamily("rawk_memories", "Number of memories.", labels=["status"])
        for status in Status:
            memories.add_metric([status.value], figures.memories.get(status, 0))
        yield memories
        yield GaugeMetricFamily("rawk_outbox_rows", "Jobs that were not sent yet.", value=figures.outbox_rows)
        since = figures.oldest_outbox_row_at
        age_seconds = (now - since).total_seconds() if since is not None else 0.0
        yield GaugeMetricFamily("rawk_outbox_oldest_seconds", "Age of the oldest of them.", value=max(age_seconds, 0.0))

    def _fresh(self, now: datetime) -> StoreFigures | None:
        """None while the database does not answer; that answer is cached, too."""
        with self._lock:
            if self._asked_at is None or now - self._asked_at >= FIGURES_FRESH_FOR:
                self._latest, self._asked_at = self._ask(), now
            return self._latest

    def _ask(self) -> StoreFigures | None:
        try:
            return self._memories.figures()
        except DatabaseUnavailable as error:
            log.warning("figures_not_read", error=str(error))
            return None


class Measuring:
    """ASGI middleware: counts every request at its end, by the template of its route."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = perf_counter(), None

        async def recording_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, recording_status)
        finally:
            route = getattr(scope.get("route"), "path", OTHER)
            self._metrics.count(scope["method"], route, status, perf_counter() - began)


async def _operator(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]) -> None:
    """Raises NotAuthenticated. Each key is compared in constant time, so that timing reveals nothing."""
    digest = digest_of(given.credentials.encode()) if given else ""
    known: Sequence[str] = request.app.state.services.metrics_keys_sha256
    if not sum(hmac.compare_digest(digest, each) for each in known):
        raise NotAuthenticated("Send a key for metrics as Authorization: Bearer.")


@router.get(
    "/metrics",
    response_class=Response,
    dependencies=[Depends(_operator)],
    operation_id="get_metrics",
    summary="Metrics for Prometheus",
    responses=problems(401, 503) | {200: {"content": {"text/plain": {"example": "rawk_outbox_rows 0.0"}}}},
)
@router.get("/api/v1/metrics", include_in_schema=False, dependencies=[Depends(_operator)])
async def metrics(request: Request) -> Response:
    """Requests, uploads in progress, memories by status, size and age of the outbox; in the text format."""
    text = await request.app.state.threads.metrics.run(request.app.state.metrics.text)
    return Response(text, media_type=CONTENT_TYPE_PLAIN_1_0_0)
