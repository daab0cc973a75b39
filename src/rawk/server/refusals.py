"""Responses of the server itself, as problem details: no application has seen the request."""

import json
from http import HTTPStatus

from rawk.server.limits import RETRY_AFTER_SECONDS

_DETAILS = {
    400: ("malformed-http", "The request is not valid HTTP/1.1, or its body comes in too many small chunks."),
    408: ("request-timeout", "The head of the request did not come in time."),
    429: ("too-many-connections", "Too many connections from this address; try again in a few seconds."),
    503: ("server-busy", "Too many connections; try again in a few seconds."),
}

STATUSES = tuple(_DETAILS)


def refusal(status: int) -> bytes:
    """A whole response that ends its connection."""
    kind, detail = _DETAILS[status]
    phrase = HTTPStatus(status).phrase
    problem = {"type": f"urn:rawk:problem:{kind}", "title": phrase, "status": status, "detail": detail}
    body = json.dumps(problem).encode()
    headers = [
        f"HTTP/1.1 {status} {phrase}",
        "Content-Type: application/problem+json",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        *([f"Retry-After: {RETRY_AFTER_SECONDS}"] if status in (429, 503) else []),
        "Connection: close",
    ]
    return "\r\n".join([*headers, "", ""]).encode() + body
