"""Verifies the signature of every request, in the header or in the link, as AWS does.

Stock LocalStack takes the access key of a request for its caller and never looks at the signature; of S3's links it
verifies the signature, and accepts them all the same.

S3's links and forms have modules of their own (links.py, forms.py). An S3 request without a signature is anonymous:
whether it may do what it wants is decided in `s3.privacy`.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import hashlib
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from localstack.aws import handlers
from localstack.aws.spec import get_service_catalog

from ..iam.enforcement import INJECTED_KEY
from ..time import clock
from . import forms, links
from .refusals import Reason, refuse, s3_error
from .secrets import known_secret
from .sigv4 import (
    ALGORITHM,
    EMPTY_SHA256,
    UNSIGNED_PAYLOAD,
    Malformed,
    Scope,
    Sent,
    Signed,
    canonical_request,
    is_same,
    query_of,
    scope_of,
    signature_of,
    signed_of,
    string_to_sign,
)

MAX_SKEW_SECONDS = 15 * 60
PUBLIC_OPERATIONS = {
    "sns": {"ConfirmSubscription", "Unsubscribe"},
    "sts": {"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"},
}
"""Operations that AWS offers without a signature."""

_IN_MEMORY_BYTES = 1 << 24
_CHUNK_BYTES = 1 << 20
_DIGEST_LENGTH = 64


@dataclass(frozen=True)
class Arrived:
    """A request before LocalStack changed it. `payload_sha256` is of the body that came; None: it was not read."""

    sent: Sent
    authorization: str
    payload_sha256: str | None


def install() -> None:
    """Verify from now on. To be called after the faults: a call that a fault ends is not verified."""
    handlers.preprocess_request.append(keep_as_sent)
    handlers.serve_custom_service_request_handlers.append(verify)
    links.install()


def keep_as_sent(chain: Any, context: Any, response: Any) -> None:  # noqa: ARG001
    """Before LocalStack reads or changes anything."""
    if not context.is_internal_call:
        context.request.rawk_arrived = context.rawk_arrived = _arrived(context.request)


def _arrived(request: Any) -> Arrived:
    authorization = str(request.headers.get("Authorization") or "")
    target = str(request.environ.get("RAW_URI") or request.full_path)
    is_read = authorization.startswith(ALGORITHM) and not _is_streamed(request)
    payload_sha256 = _read_payload(request) if is_read else None
    return Arrived(Sent(request.method, target, list(request.headers.items())), authorization, payload_sha256)


def verified_key(request: Any, service_name: str) -> str:
    """The access key of a request that is no call of AWS's API, as of a function URL; empty without a signature.

    Raises CommonServiceException where the signature is not accepted.
    """
    arrived: Arrived = request.rawk_arrived
    service = get_service_catalog().get(service_name)
    if arrived.authorization.startswith(ALGORITHM):
        return _verify_header(service, arrived)
    query = query_of(arrived.sent.target)
    return _verify_query(service, arrived, query) if "X-Amz-Signature" in query else ""


def _is_streamed(request: Any) -> bool:
    """Whether the header says nothing about the body: S3's chunks, and bodies that are not signed."""
    said = request.headers.get("x-amz-content-sha256") or ""
    return said == UNSIGNED_PAYLOAD or said.startswith("STREAMING-")


class _Body(tempfile.SpooledTemporaryFile[bytes]):
    """A body that was read. A file that can be written is one into which gzip compresses, not one to decompress."""

    @property
    def mode(self) -> str:
        return "rb"


def _read_payload(request: Any) -> str:
    """SHA-256 of the body, which is then at its beginning again."""
    if not (request.content_length or request.headers.get("Transfer-Encoding")):
        return EMPTY_SHA256
    digest, kept = hashlib.sha256(), _Body(_IN_MEMORY_BYTES)
    while block := request.stream.read(_CHUNK_BYTES):
        digest.update(block)
        kept.write(block)
    kept.seek(0)
    request.stream = kept
    return digest.hexdigest()


def is_unsigned(context: Any) -> bool:
    """Whether the request had no signature at all, in the header or in the link."""
    return INJECTED_KEY in (context.request.headers.get("Authorization") or "")


def verify(chain: Any, context: Any, response: Any) -> None:  # noqa: ARG001
    """Before a call takes effect. Raises CommonServiceException, in the service's own format, where it is refused."""
    arrived: Arrived | None = getattr(context, "rawk_arrived", None)
    if context.service is None or context.operation is None or context.is_internal_call or arrived is None:
        return
    service = context.service
    if service.service_name == "s3" and not arrived.authorization.startswith(ALGORITHM):
        _verify_other_s3(context, arrived)
    elif arrived.authorization:
        _verify_header(service, arrived)
    elif "X-Amz-Signature" in (query := query_of(arrived.sent.target)):
        _verify_query(service, arrived, query)
    elif is_unsigned(context) and context.operation.name not in PUBLIC_OPERATIONS.get(service.service_name, ()):
        refuse(service, Reason.MISSING)


def _verify_header(service: Any, arrived: Arrived) -> str:
    """The access key."""
    sent = arrived.sent
    is_s3 = service.service_name == "s3"
    try:
        signed = signed_of(arrived.authorization)
    except Malformed as error:
        refuse(service, Reason.MALFORMED, str(error))
    secret = known_secret(service, signed.scope.access_key, sent.header("x-amz-security-token"))
    moment = _moment_of(service, sent, signed)
    _check_skew(service, moment)
    said = sent.header("x-amz-content-sha256")
    if is_s3 and not said:
        raise s3_error("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
    payload_hash = said if is_s3 else (arrived.payload_sha256 or said)
    if secret is not None:
        canonical = canonical_request(sent, signed.signed_headers, payload_hash, is_s3=is_s3)
        check_signature(service, secret, signed, string_to_sign(moment, signed.scope, canonical), canonical)
    if is_s3 and len(said) == _DIGEST_LENGTH and arrived.payload_sha256 not in (None, said.lower()):
        raise s3_error(
            "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."
        )
    return signed.scope.access_key


def _verify_query(service: Any, arrived: Arrived, query: Any) -> str:
    """A link of another service than S3, valid for as long as a header; the body of its request is empty, or signed as
    it is.
    """
    try:
        scope = scope_of(query.get("X-Amz-Credential", ""))
    except Malformed as error:
        refuse(service, Reason.MALFORMED, str(error))
    signed = Signed(scope, tuple(query.get("X-Amz-SignedHeaders", "").split(";")), query["X-Amz-Signature"])
    secret = known_secret(service, scope.access_key, query.get("X-Amz-Security-Token", ""))
    moment = query.get("X-Amz-Date", "")
    if _seconds(moment) is None:
        refuse(service, Reason.MALFORMED, "The link requires a valid X-Amz-Date.")
    _check_skew(service, moment)
    if secret is not None:
        payload_hash = arrived.payload_sha256 or EMPTY_SHA256
        canonical = canonical_request(arrived.sent, signed.signed_headers, payload_hash, is_s3=False)
        check_signature(service, secret, signed, string_to_sign(moment, scope, canonical), canonical)
    return scope.access_key


def _verify_other_s3(context: Any, arrived: Arrived) -> None:
    """Forms, version 2 in the header, and what is no signature. A link was verified on its way here."""
    if not arrived.authorization:
        if context.operation.name == "PostObject":
            forms.verify(context.request)
        return
    if not arrived.authorization.startswith("AWS "):
        raise s3_error("InvalidArgument", "Unsupported Authorization Type")
    links.verify_version_2_header(context.service, arrived.sent, arrived.authorization)


def check_signature(service: Any, secret: str, signed: Signed, text: str, canonical: str) -> None:
    """`text` is the string to sign."""
    if not is_same(signature_of(secret, signed.scope, text), signed.signature):
        refuse(
            service,
            Reason.WRONG_SIGNATURE,
            more={
                "AWSAccessKeyId": signed.scope.access_key,
                "StringToSign": text,
                "SignatureProvided": signed.signature,
                "CanonicalRequest": canonical,
            },
        )


def _moment_of(service: Any, sent: Sent, signed: Signed) -> str:
    """When the request was signed."""
    moment = sent.header("x-amz-date") or sent.header("date")
    if _seconds(moment) is None:
        if service.service_name == "s3":
            raise s3_error("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header", 403)
        refuse(service, Reason.MALFORMED, "Authorization header requires existence of either a 'X-Amz-Date' or a "
               "'Date' header.")  # fmt: skip
    _check_scope(service, signed.scope, moment)
    return moment


def _check_scope(service: Any, scope: Scope, moment: str) -> None:
    if service.service_name != "s3":
        return
    if moment[:8].isdigit() and moment[:8] != scope.date:
        detail = f'Invalid credential date "{scope.date}". This date is not the same as X-Amz-Date: "{moment[:8]}".'
        refuse(service, Reason.MALFORMED, detail)


def _check_skew(service: Any, moment: str) -> None:
    """The clock of a client is the emulator's, whose time may be virtual, or the machine's."""
    seconds = _seconds(moment)
    assert seconds is not None
    clocks = (clock.now_seconds(), clock.machine_seconds())
    if any(abs(seconds - each) <= MAX_SKEW_SECONDS for each in clocks):
        return
    now = datetime.fromtimestamp(clocks[0], UTC).strftime("%Y%m%dT%H%M%SZ")
    if seconds < clocks[0]:
        detail = f"Signature expired: {moment} is now earlier than {now} - 15 min."
    else:
        detail = f"Signature not yet current: {moment} is still later than {now} + 15 min."
    refuse(service, Reason.SKEWED, detail, more={"RequestTime": moment, "ServerTime": now})


def _seconds(moment: str) -> float | None:
    for notation in ("%Y%m%dT%H%M%SZ", "%a, %d %b %Y %H:%M:%S GMT"):
        try:
            return datetime.strptime(moment, notation).replace(tzinfo=UTC).timestamp()
        except ValueError:
            continue
    return None
