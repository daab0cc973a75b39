"""S3's presigned links, and signatures of version 2 in a header.

LocalStack computes the signature of a link; here its answer counts. Added are the secrets of sessions and the bounds
of a link's parameters.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import HmacV1Auth
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials
from localstack import config
from localstack.aws.api.s3 import AccessDenied, AuthorizationQueryParametersError
from localstack.aws.spec import get_service_catalog
from localstack.services.s3 import presigned_url
from localstack.services.s3.constants import S3_HOST_ID

from ..time import clock
from .refusals import Reason, refuse
from .secrets import ROOT_SECRET, known_secret
from .sigv4 import (
    ALGORITHM,
    UNSIGNED_PAYLOAD,
    Malformed,
    Sent,
    canonical_request,
    is_same,
    scope_of,
    signature_of,
    string_to_sign,
)

MAX_VALID_SECONDS = 604_800
MAX_EARLY_SECONDS = 15 * 60
MOMENT = "%Y%m%dT%H%M%SZ"


def install() -> None:
    """Let the signatures of links count, under the secrets that IAM and STS issued."""
    config.S3_SKIP_SIGNATURE_VALIDATION = False
    presigned_url.get_credentials_from_parameters = _credentials
    stock = presigned_url.validate_presigned_url_s3v4

    def validate(context: Any) -> None:
        check_bounds(context.request.args)
        stock(context)

    presigned_url.validate_presigned_url_s3v4 = validate
    stock_find = presigned_url._find_valid_signature_through_ports

    def find(context: Any) -> Any:
        about, failure = stock_find(context)
        return about, None if failure is None or _is_signed_as_sent(context) else failure

    presigned_url._find_valid_signature_through_ports = find


def _is_signed_as_sent(context: Any) -> bool:
    """LocalStack takes `.` and `//` at the beginning of a key for parts of a path; they are parts of the key."""
    sent, parameters = context.rawk_arrived.sent, context.request.args
    scope = scope_of(parameters["X-Amz-Credential"])
    names = parameters["X-Amz-SignedHeaders"].split(";")
    canonical = canonical_request(sent, names, UNSIGNED_PAYLOAD, is_s3=True)
    secret = secret_for(scope.access_key, parameters.get("X-Amz-Security-Token", ""))
    expected = signature_of(secret, scope, string_to_sign(parameters["X-Amz-Date"], scope, canonical))
    return is_same(expected, parameters["X-Amz-Signature"])


def _credentials(parameters: Mapping[str, str], region: str) -> Any:  # noqa: ARG001
    """As LocalStack's own function, for links and forms alike."""
    lowered = {name.lower(): value for name, value in parameters.items()}
    access_key = lowered.get("awsaccesskeyid") or lowered.get("x-amz-credential", "").partition("/")[0]
    token = lowered.get("x-amz-security-token")
    return presigned_url.PreSignedCredentials(access_key, secret_for(access_key, token or ""), token)


def secret_for(access_key: str, token: str) -> str:
    """The secret that a link or form is signed with; LocalStack signs the links to code in its own name.

    A key of no account that is known has root's.
    """
    if access_key in (presigned_url.constants.INTERNAL_AWS_ACCESS_KEY_ID, config.INTERNAL_RESOURCE_ACCOUNT):
        return str(presigned_url.constants.INTERNAL_AWS_SECRET_ACCESS_KEY)
    return known_secret(get_service_catalog().get("s3"), access_key, token) or ROOT_SECRET


def check_bounds(parameters: Mapping[str, str]) -> None:
    """The parameters by themselves. Raises S3's error."""
    if parameters["X-Amz-Algorithm"] != ALGORITHM:
        _refuse('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"')
    credential, moment = parameters["X-Amz-Credential"], parameters["X-Amz-Date"]
    try:
        scope = scope_of(credential)
    except Malformed as error:
        _refuse(f"Error parsing the X-Amz-Credential parameter; {error}")
    if scope.service != "s3":
        _refuse(f'Error parsing the X-Amz-Credential parameter; incorrect service "{scope.service}". This endpoint '
                'belongs to "s3".')  # fmt: skip
    try:
        signed_at = datetime.strptime(moment, MOMENT).replace(tzinfo=UTC).timestamp()
    except ValueError:
        _refuse("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
    if scope.date != moment[:8]:
        _refuse(f'Invalid credential date "{scope.date}". This date is not the same as X-Amz-Date: "{moment[:8]}".')
    _check_validity(parameters["X-Amz-Expires"])
    if signed_at > clock.now_seconds() + MAX_EARLY_SECONDS:
        raise AccessDenied("Request is not yet valid", HostId=S3_HOST_ID)


def _check_validity(written: str) -> None:
    try:
        seconds = int(written)
    except ValueError:
        _refuse("X-Amz-Expires should be a number")
    if seconds < 0:
        _refuse("X-Amz-Expires must be non-negative")
    if seconds > MAX_VALID_SECONDS:
        _refuse(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than "
            f"{MAX_VALID_SECONDS} seconds"
        )


def _refuse(message: str) -> Any:
    raise AuthorizationQueryParametersError(message, HostId=S3_HOST_ID)


def verify_version_2_header(service: Any, sent: Sent, authorization: str) -> None:
    """`Authorization: AWS KEY:SIGNATURE`."""
    access_key, _, signature = authorization.removeprefix("AWS ").rpartition(":")
    token = sent.header("x-amz-security-token")
    secret = known_secret(service, access_key, token)
    if secret is None:
        return
    headers: Any = HTTPHeaders()
    for name, value in sent.headers:
        headers[name] = value
    signer = HmacV1Auth(Credentials(access_key, secret, token or None))
    host = sent.header("host")
    split = urlsplit(f"http://{host}{sent.target}")
    paths = (split.path, f"/{host.partition('.')[0]}{split.path}")  # a bucket may stand in the host's name
    texts = [signer.canonical_string(sent.method, split, headers, auth_path=path) for path in paths]
    if not any(is_same(signer.sign_string(text), signature) for text in texts):
        more = {"AWSAccessKeyId": access_key, "StringToSign": texts[0], "SignatureProvided": signature}
        refuse(service, Reason.WRONG_SIGNATURE, more=more)
