"""The meaning of boto3's errors and answers, for the adapters of all AWS services.

A status of 200 alone is no success: a proxy or a load balancer in between may answer with a page of its own, and an
answer may be cut off. What botocore cannot parse, and what lacks a part that the service always sends, is a failure.
"""

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from rawk.domain.errors import Unavailable
from rawk.log import log

REFUSED = (BotoCoreError, ClientError)
"""What boto3 raises by its documentation: no answer, or an error as answer."""


class MalformedAnswer(Exception):
    """An answer with a status of success that lacks what the service always sends."""


MALFORMED = (
    MalformedAnswer,
    ResponseParserError,
    HTTPError,  # the body of an error answer to GetObject breaks off: botocore does not translate it
    AttributeError,
    LookupError,
    OverflowError,
    TypeError,
    ValueError,
)
"""What botocore's parsers and the adapters raise for an answer that is not the service's own: botocore reads JSON
without checking its types, so that a list in place of an object ends as an AttributeError. The blocks that catch these
contain only a call and the reading of its answer."""

FAILED_CALL = (*REFUSED, *MALFORMED)

_MISCONFIGURED = {
    "403",
    "404",
    "AccessDenied",
    "AccessDeniedException",
    "AWS.SimpleQueueService.NonExistentQueue",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "NoCredentialsError",
    "NoSuchBucket",
    "PartialCredentialsError",
    "QueueDoesNotExist",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}


def error_name(error: Exception) -> str:
    """The service's own code, such as `NoSuchKey`, or the exception's name when no service answered.

    For an answer without a body (to HEAD), or with a body that is not the service's, the code is the HTTP status.
    """
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "Unknown"))
    return type(error).__name__


def is_misconfiguration(error: Exception) -> bool:
    """True for errors that a retry cannot fix: a wrong name, key or permission."""
    return error_name(error) in _MISCONFIGURED


def is_timeout(error: BaseException | None) -> bool:
    """True when the service did not answer in time: another call would wait as long."""
    return isinstance(error, ConnectTimeoutError | ReadTimeoutError)


class raised_as:  # noqa: N801 - callers use it like a function
    """Raise what a call of a service may raise, malformed answers included, as the port's error.

    A misconfiguration is logged as `storage_misconfigured` or `queue_misconfigured`, a malformed answer as
    `storage_answer_malformed` or `queue_answer_malformed`; `subject` is added to the line.
    """

    __slots__ = ("_doing", "_service", "_subject", "_unavailable")

    def __init__(self, unavailable: type[Unavailable], service: str, doing: str, **subject: str) -> None:
        self._unavailable = unavailable
        self._service = service
        self._doing = doing
        self._subject = subject

    def __enter__(self) -> None: ...

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        if error is None or isinstance(error, ParamValidationError):
            return  # the latter is a bug of ours, found before anything was sent
        part = self._unavailable.part
        if isinstance(error, REFUSED):
            if is_misconfiguration(error):
                log.error(f"{part}_misconfigured", doing=self._doing, **self._subject, error=str(error))
            raise self._error(error_name(error)) from error
        if isinstance(error, MALFORMED):
            # The type and our own text only: botocore quotes the whole answer, which may hold anything.
            reason = str(error) if isinstance(error, MalformedAnswer) else type(error).__name__
            log.error(f"{part}_answer_malformed", doing=self._doing, **self._subject, error=reason)
            raise self._error(f"its answer is malformed ({reason})") from error

    def _error(self, why: str) -> Unavailable:
        return self._unavailable(f"{self._service} could not {self._doing}: {why}")


def required_text(answer: Mapping[Any, Any], name: str) -> str:
    """The text of this name in an answer. Raises MalformedAnswer when it is missing or empty."""
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise MalformedAnswer(f"no {name}")
    return value


def require_request_id(answer: Mapping[str, Any]) -> None:
    """For calls whose answer has no content. Raises MalformedAnswer for an answer without AWS's request id, which no
    page of a proxy has."""
    metadata = answer.get("ResponseMetadata")
    if metadata is not None and not metadata.get("RequestId"):
        raise MalformedAnswer("no request id")
