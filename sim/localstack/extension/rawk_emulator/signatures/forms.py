"""S3's forms: the signature of their policy, and what the policy demands of the fields.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html. A form without a policy is
anonymous: whether it may write is decided in `s3.privacy`.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from typing import Any

from localstack.aws.api.s3 import AccessDenied, InvalidArgument
from localstack.aws.spec import get_service_catalog
from localstack.services.s3 import presigned_url
from localstack.services.s3.constants import S3_HOST_ID
from werkzeug.datastructures import ImmutableMultiDict

from .links import secret_for
from .refusals import Reason, refuse, s3_error
from .sigv4 import ALGORITHM, Malformed, is_same, scope_of, signature_of

NOT_IN_POLICY = frozenset({"awsaccesskeyid", "bucket", "file", "policy", "signature", "x-amz-signature"})
"""Fields that need no condition."""

IGNORED_PREFIX = "x-ignore-"


def verify(request: Any) -> None:
    """All of a form but what the policy says of its fields' values, which LocalStack checks. Raises S3's error."""
    if request.mimetype != "multipart/form-data":
        return  # LocalStack refuses it
    fields = read_in_any_case(request)
    if not fields.get("key"):
        message = "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the "
        _refuse_argument("key", "", f"{message}fields.")
    number = len(request.files.getlist("file")) + len(request.form.getlist("file"))
    if number != 1:
        _refuse_argument("file", str(number), "POST requires exactly one file upload per request.")
    if fields.get("policy"):
        verify_signature(fields)
        require_elements(fields["policy"])
        check_extra_fields(fields)


def read_in_any_case(request: Any) -> Mapping[str, str]:
    """The fields by their names in lower case; a reader of the request finds each by its name in any case."""
    request.form, request.files = _InAnyCase(request.form), _InAnyCase(request.files)
    return dict(request.form.items())


class _InAnyCase(ImmutableMultiDict):  # type: ignore[misc]
    """The fields of a form: upper and lower case of a name are one field."""

    def __init__(self, fields: ImmutableMultiDict) -> None:
        super().__init__([(name.lower(), value) for name, value in fields.items(multi=True)])

    def __contains__(self, name: object) -> bool:
        return bool(super().__contains__(str(name).lower()))

    def __getitem__(self, name: str) -> Any:
        return super().__getitem__(name.lower())

    def getlist(self, name: str, *given: Any, **named: Any) -> list[Any]:
        return list(super().getlist(name.lower(), *given, **named))


def verify_signature(fields: Mapping[str, str]) -> None:
    """Names of `fields` are in lower case. Raises S3's error."""
    policy, token = fields["policy"], fields.get("x-amz-security-token", "")
    has_version_2 = presigned_url._is_match_with_signature_fields(fields, presigned_url.SIGNATURE_V2_POST_FIELDS)
    if presigned_url._is_match_with_signature_fields(fields, presigned_url.SIGNATURE_V4_POST_FIELDS):
        _verify_version_4(policy, fields, token)
    elif not has_version_2:
        raise s3_error("AccessDenied", "Access Denied", 403)
    else:
        access_key = fields["awsaccesskeyid"]
        digest = hmac.new(secret_for(access_key, token).encode(), policy.encode(), hashlib.sha1).digest()
        _compare(base64.b64encode(digest).decode(), fields["signature"], policy, access_key)


def _verify_version_4(policy: str, fields: Mapping[str, str], token: str) -> None:
    if fields["x-amz-algorithm"] != ALGORITHM:
        _refuse_argument("X-Amz-Algorithm", fields["x-amz-algorithm"], f'X-Amz-Algorithm only supports "{ALGORITHM}"')
    credential = fields["x-amz-credential"]
    try:
        scope = scope_of(credential)
    except Malformed as error:
        _refuse_argument("X-Amz-Credential", credential, f"Error parsing the X-Amz-Credential parameter; {error}")
    secret = secret_for(scope.access_key, token)
    _compare(signature_of(secret, scope, policy), fields["x-amz-signature"], policy, scope.access_key)


def _compare(expected: str, given: str, policy: str, access_key: str) -> None:
    if not is_same(expected, given):
        refuse(
            get_service_catalog().get("s3"),
            Reason.WRONG_SIGNATURE,
            more={"AWSAccessKeyId": access_key, "StringToSign": policy, "SignatureProvided": given},
        )


def require_elements(policy: str) -> None:
    """Raises InvalidPolicyDocument where the policy is none."""
    try:
        document = json.loads(base64.b64decode(policy))
    except ValueError:
        _refuse_document("Invalid JSON.")
    for name, kind in (("expiration", str), ("conditions", list)):
        if not isinstance(document, Mapping) or not isinstance(document.get(name), kind):
            _refuse_document(f"Policy missing {name}.")


def check_extra_fields(fields: Mapping[str, str]) -> None:
    """Every field needs a condition. Raises AccessDenied."""
    document = json.loads(base64.b64decode(fields["policy"]))
    named = {name.lower() for name in _named_in(document.get("conditions") or ())}
    extra = [name for name in fields if name not in named | NOT_IN_POLICY and not name.startswith(IGNORED_PREFIX)]
    if extra:
        raise AccessDenied(f"Invalid according to Policy: Extra input fields: {', '.join(extra)}", HostId=S3_HOST_ID)


def _named_in(conditions: Iterable[Any]) -> Iterable[str]:
    for condition in conditions:
        if isinstance(condition, Mapping):
            yield from map(str, condition)
        elif isinstance(condition, list) and len(condition) == 3:
            yield str(condition[1]).removeprefix("$")


def _refuse_document(message: str) -> Any:
    raise s3_error("InvalidPolicyDocument", f"Invalid Policy: {message}")


def _refuse_argument(name: str, value: str, message: str) -> Any:
    raise InvalidArgument(message, ArgumentName=name, ArgumentValue=value, HostId=S3_HOST_ID)
