"""A Function URL's events as HTTP requests, and HTTP answers as its results (payload format 2.0).

Both formats: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html. They are converted as the Lambda Web
Adapter does it (https://github.com/awslabs/aws-lambda-web-adapter). Standard library alone, and imported by path: it
runs inside the function's process.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

PASS_THROUGH_PATH = "/events"
"""Where an event goes that is not an HTTP request (a schedule's, a queue's); the adapter's default."""

TEXT_KINDS = ("text/", "application/json", "application/javascript", "application/xml")
TEXT_SUFFIXES = ("+json", "+xml")

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class WebRequest:
    """The request to the web application."""

    method: str
    target: str
    headers: Headers
    body: bytes


def request_of(event: Mapping[str, Any], lambda_context: Mapping[str, Any]) -> WebRequest:
    """The request for an event. `lambda_context` is sent in a header, as the event's own context is."""
    context = event.get("requestContext") if isinstance(event, dict) else None
    if not isinstance(context, dict) or "http" not in context:
        body = json.dumps(event).encode()
        return WebRequest("POST", PASS_THROUGH_PATH, [("content-type", "application/json")], body)
    headers = [(name.lower(), value) for name, value in (event.get("headers") or {}).items()]
    headers = [(name, value) for name, value in headers if name not in ("content-length", "transfer-encoding")]
    if cookies := event.get("cookies"):
        headers.append(("cookie", "; ".join(cookies)))
    headers.append(("x-amzn-request-context", json.dumps(context)))
    headers.append(("x-amzn-lambda-context", json.dumps(lambda_context)))
    return WebRequest(context["http"]["method"], _target(event), headers, _body(event))


def result_of(status: int, headers: Headers, body: bytes) -> dict[str, Any]:
    """The result for an HTTP answer. A body that is not text is sent in base64, because JSON could not hold it."""
    kept = [(name.lower(), value) for name, value in headers if name.lower() not in ("transfer-encoding", "connection")]
    text = _as_text(kept, body)
    together: dict[str, str] = {}
    for name, value in kept:
        if name != "set-cookie":
            together[name] = f"{together[name]}, {value}" if name in together else value
    return {
        "statusCode": status,
        "headers": together,
        "cookies": [value for name, value in kept if name == "set-cookie"],
        "body": base64.b64encode(body).decode() if text is None else text,
        "isBase64Encoded": text is None,
    }


def _target(event: Mapping[str, Any]) -> str:
    path = quote(event.get("rawPath") or "/", safe="/%:@!$&'()*+,;=~")
    query = event.get("rawQueryString") or ""
    return f"{path}?{query}" if query else path


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    return base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()


def _as_text(headers: Headers, body: bytes) -> str | None:
    """None when it is not text: by its type, because it is compressed, or because it is not UTF-8."""
    given = dict(headers)
    kind = given.get("content-type", "text/plain").partition(";")[0].strip().lower()
    if "content-encoding" in given or not (kind.startswith(TEXT_KINDS) or kind.endswith(TEXT_SUFFIXES)):
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
