"""Checks the parameters of S3's calls before they take effect. Stock LocalStack accepts what S3 refuses here."""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from localstack.aws import handlers
from localstack.aws.api import CommonServiceException
from localstack.aws.protocol.parser import ProtocolParserError

from .. import ranges
from ..buckets import bucket_of
from . import buckets, lifecycle, objects
from .refused import Parameters, Refused

_MALFORMED_INTEGER = re.compile(
    r"Invalid type when parsing (\w+): .* cannot be parsed to (?:integer|long)\.", re.DOTALL
)

CHECKS: dict[str, Callable[[Parameters], None]] = {
    "CompleteMultipartUpload": objects.check_completion,
    "CopyObject": objects.check_copy,
    "CreateBucket": buckets.check_new_bucket,
    "CreateMultipartUpload": objects.check_new_object,
    "DeleteObjects": objects.check_deletion,
    "GetObject": objects.check_part_number,
    "GetObjectAttributes": objects.check_attributes,
    "HeadObject": objects.check_part_number,
    "ListMultipartUploads": objects.check_listing,
    "ListObjectVersions": objects.check_listing,
    "ListObjects": objects.check_listing,
    "ListObjectsV2": objects.check_listing,
    "ListParts": objects.check_listing,
    "PutBucketCors": buckets.check_cors,
    "PutBucketLifecycleConfiguration": lifecycle.check_lifecycle,
    "PutBucketNotificationConfiguration": buckets.check_notifications,
    "PutBucketPolicy": buckets.check_policy,
    "PutBucketTagging": objects.check_bucket_tags,
    "PutObject": objects.check_new_object,
    "PutObjectTagging": objects.check_object_tags,
}
"""By operation."""


def install() -> None:
    """Check every call from now on. To be called after what judges the callers."""
    handlers.serve_custom_service_request_handlers.append(check)
    parser = handlers.parse_service_request
    ranges.install()
    parser.parse_and_enrich = partial(parse, parser.parse_and_enrich)


def check(chain: Any, context: Any, response: Any) -> None:  # noqa: ARG001
    """Raises CommonServiceException where S3 refuses the call."""
    if context.service is None or context.operation is None or context.service.service_name != "s3":
        return
    if context.is_internal_call or context.service_request is None:
        return
    parameters = context.service_request
    _check_owner(parameters)
    try:
        CHECKS.get(context.operation.name, _nothing)(parameters)
    except Refused as refused:
        raise CommonServiceException(refused.code, refused.message, status_code=refused.status_code) from None
    parameters.update(objects.bounded(parameters))


def parse(parse_stock: Callable[[Any], None], context: Any) -> None:
    """Raises S3's error where an integer of a call is none. Stock LocalStack answers with an internal error."""
    try:
        parse_stock(context)
    except ProtocolParserError as error:
        found = _MALFORMED_INTEGER.match(str(error))
        if found is None or context.service.service_name != "s3":
            raise
        context.operation = context.service.operation_model(
            "ListObjects"
        )  # an answer needs some operation for its form
        raise CommonServiceException("InvalidArgument", objects.not_an_integer(found[1]), status_code=400) from error


def _nothing(_: Parameters) -> None:
    """Most operations have no checks."""


def _check_owner(parameters: Parameters) -> None:
    """A caller may say to which account it expects the bucket to belong."""
    expected = parameters.get("ExpectedBucketOwner")
    bucket = bucket_of(str(parameters.get("Bucket") or "")) if expected else None
    if bucket is not None and str(expected).isdigit() and bucket.bucket_account_id != expected:
        raise CommonServiceException("AccessDenied", "Access Denied", status_code=403)
