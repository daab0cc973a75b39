"""How each service refuses a request whose signature it does not accept: error code, status and text.

S3: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; the others: the "common errors" page of each.
Services that speak JSON have names of their own for the errors.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, NoReturn

from localstack.aws.api import CommonServiceException
from localstack.services.s3.constants import S3_HOST_ID


class Reason(Enum):
    """Why a signature is not accepted."""

    MISSING = auto()
    MALFORMED = auto()
    UNKNOWN_KEY = auto()
    WRONG_TOKEN = auto()
    WRONG_SIGNATURE = auto()
    SKEWED = auto()


@dataclass(frozen=True)
class _Error:
    code: str
    status_code: int
    text: str


_INVALID_TOKEN = "The security token included in the request is invalid."
_MISMATCH = "The request signature we calculated does not match the signature you provided. Check your "
_MISMATCH_ELSEWHERE = (
    f"{_MISMATCH}AWS Secret Access Key and signing method. Consult the service documentation for details."
)

S3_ERRORS = {
    Reason.MISSING: _Error("AccessDenied", 403, "Access Denied"),
    Reason.MALFORMED: _Error("AuthorizationHeaderMalformed", 400, "The authorization header is malformed; {}"),
    Reason.UNKNOWN_KEY: _Error(
        "InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."
    ),
    Reason.WRONG_TOKEN: _Error("InvalidToken", 400, "The provided token is malformed or otherwise invalid."),
    Reason.WRONG_SIGNATURE: _Error("SignatureDoesNotMatch", 403, f"{_MISMATCH}key and signing method."),
    Reason.SKEWED: _Error(
        "RequestTimeTooSkewed", 403, "The difference between the request time and the current time is too large."
    ),
}

QUERY_ERRORS = {
    Reason.MISSING: _Error("MissingAuthenticationToken", 403, "Request is missing Authentication Token"),
    Reason.MALFORMED: _Error("IncompleteSignature", 400, "{}"),
    Reason.UNKNOWN_KEY: _Error("InvalidClientTokenId", 403, _INVALID_TOKEN),
    Reason.WRONG_TOKEN: _Error("InvalidClientTokenId", 403, _INVALID_TOKEN),
    Reason.WRONG_SIGNATURE: _Error("SignatureDoesNotMatch", 403, _MISMATCH_ELSEWHERE),
    Reason.SKEWED: _Error("SignatureDoesNotMatch", 403, "{}"),
}

JSON_ERRORS = {
    Reason.MISSING: _Error("MissingAuthenticationTokenException", 400, "Missing Authentication Token"),
    Reason.MALFORMED: _Error("IncompleteSignatureException", 400, "{}"),
    Reason.UNKNOWN_KEY: _Error("UnrecognizedClientException", 400, _INVALID_TOKEN),
    Reason.WRONG_TOKEN: _Error("UnrecognizedClientException", 400, _INVALID_TOKEN),
    Reason.WRONG_SIGNATURE: _Error("InvalidSignatureException", 400, _MISMATCH_ELSEWHERE),
    Reason.SKEWED: _Error("InvalidSignatureException", 400, "{}"),
}

_AS_QUERY = ("query", "ec2")
_QUERY_COMPATIBLE = ("cloudwatch", "sqs")
"""Services that have moved to JSON and kept the error codes of before."""
_STATUS_OF_REST = 403
"""Services with paths of their own (Lambda, Scheduler) refuse with this status, and JSON's names."""

_FIRST_STATUS_OF_SERVERS = 500

_IN_BYTES = ("CanonicalRequest", "StringToSign")


def refuse(service: Any, reason: Reason, detail: str = "", more: Mapping[str, str] | None = None) -> NoReturn:
    """Raises the service's error. `more` are further elements of S3's answer."""
    if service.service_name == "s3":
        raise s3_error(S3_ERRORS[reason].code, S3_ERRORS[reason].text.format(detail), S3_ERRORS[reason].status_code,
                       **(more or {}))  # fmt: skip
    error, status_code = _error_of(service, reason)
    raise service_error(error.code, error.text.format(detail), status_code)


def service_error(code: str, message: str, status_code: int) -> CommonServiceException:
    """An error in the service's own format. Services that speak JSON write the name of its class as its type."""
    kind: type[CommonServiceException] = type(code, (CommonServiceException,), {})
    return kind(code, message, status_code=status_code, sender_fault=status_code < _FIRST_STATUS_OF_SERVERS)


def s3_error(code: str, message: str, status_code: int = 400, **elements: str) -> CommonServiceException:
    """An error of S3 with its further elements; of a text that was signed its bytes stand there, too."""
    error = CommonServiceException(code, message, status_code=status_code)
    error.HostId = S3_HOST_ID
    for name, value in elements.items():
        setattr(error, name, value)
        if name in _IN_BYTES:
            setattr(error, f"{name}Bytes", value.encode().hex(sep=" ", bytes_per_sep=2).upper())
    return error


def _error_of(service: Any, reason: Reason) -> tuple[_Error, int]:
    if service.protocol in _AS_QUERY or service.service_name in _QUERY_COMPATIBLE:
        return QUERY_ERRORS[reason], QUERY_ERRORS[reason].status_code
    error = JSON_ERRORS[reason]
    return error, _STATUS_OF_REST if service.protocol.startswith("rest") else error.status_code
