"""Answers with a status of success that are no success: what a proxy in front of AWS sends, or half of AWS's own.

This module does not depend on LocalStack.
"""

import re
from typing import Literal, get_args

type Headers = dict[str, str]

AnswerKind = Literal["empty", "html", "other_json", "error_body", "truncated", "partial"]
"""All but the last come instead of the call's effect."""

PARTIAL = "partial"
"""The call takes effect, and its answer lacks every identifier: entity tag, message id, upload id, request id."""

ANSWER_KINDS: tuple[str, ...] = get_args(AnswerKind)

_HTML = b"<!DOCTYPE html><html><head><title>Welcome</title></head><body>Please sign in.<br></body></html>"
_ERROR = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<Error><Code>InternalError</Code><Message>We encountered an internal error. Please try again.</Message></Error>"
)
_NONSENSE: dict[str, tuple[Headers, bytes]] = {
    "empty": ({}, b""),
    "html": ({"Content-Type": "text/html; charset=utf-8"}, _HTML),
    "other_json": ({"Content-Type": "application/x-amz-json-1.0"}, b"[null]"),
    # As S3 does after CompleteMultipartUpload and CopyObject (Amazon S3 API Reference, CopyObject).
    "error_body": ({"Content-Type": "application/xml"}, _ERROR),
    "truncated": ({"Content-Type": "application/xml", "Content-Length": str(10 * len(_ERROR))}, _ERROR[:80]),
}
_IDENTIFYING_HEADERS = ("etag", "x-amz-request-id", "x-amz-id-2", "x-amzn-requestid", "x-amz-version-id")
_IDENTIFIERS_IN_XML = re.compile(rb"<(ETag|UploadId)>[^<]*</\1>")


def nonsense(kind: str) -> tuple[Headers, bytes]:
    """Headers and body of an answer that is not the service's. The connection closes after it."""
    headers, body = _NONSENSE[kind]
    return {"Content-Length": str(len(body)), **headers, "Connection": "close"}, body


def without_identifiers(body: bytes) -> bytes:
    """The body of the service's answer without its identifiers; audio stays as it is."""
    return b"{}" if body.startswith(b"{") else _IDENTIFIERS_IN_XML.sub(b"", body)


def is_identifying(header: str) -> bool:
    return header.lower() in _IDENTIFYING_HEADERS
