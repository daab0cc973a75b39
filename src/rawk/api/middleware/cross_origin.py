"""CORS: pages of the configured origins may call the API from a browser (https://fetch.spec.whatwg.org/#cors-protocol).

Cookies are not allowed: nothing that a browser adds by itself authorises a call, so no page can act for its reader.
"""

from collections.abc import Sequence

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

METHODS = ("GET", "HEAD", "POST", "DELETE")
SENT_HEADERS = (
    *("Authorization", "Content-Type", "Idempotency-Key", "If-None-Match"),
    *("Last-Event-ID", "X-API-Key", "X-Correlation-Id", "X-Tenant"),
)
READ_HEADERS = ("ETag", "Location", "Retry-After", "WWW-Authenticate", "X-Correlation-Id")
PREFLIGHT_SECONDS = 600
"""How long a browser may go without asking again; Chromium allows two hours at most."""


def allow(app: FastAPI, origins: Sequence[str]) -> None:
    app.add_middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=METHODS,
        allow_headers=SENT_HEADERS,
        expose_headers=READ_HEADERS,
        max_age=PREFLIGHT_SECONDS,
    )
