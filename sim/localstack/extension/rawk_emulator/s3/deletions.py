"""DeleteObjects answers object by object: those that its caller may not delete are errors in an answer of status 200.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from localstack.aws.api import CommonServiceException
from localstack.services.s3.provider import S3Provider

from ..iam.actions import Call
from ..introspection.event_log import patch_method

REFUSED = "rawk_refused_deletions"
"""What a request's context has: the errors, by the position of the object in the request."""


@cache
def install() -> None:
    """Leave out of deletions what was refused, from now on. To be called by every module that judges them."""
    patch_method(S3Provider, "delete_objects", _delete_objects)


def judge_each(context: Any, call: Call, judge: Callable[[Call], None]) -> None:
    """Judge a deletion as if each object had a request of its own. What is refused is not deleted."""
    delete = call.parameters.get("Delete") or {}
    refused: dict[int, dict[str, str]] = context.__dict__.setdefault(REFUSED, {})
    for position, each in enumerate(delete.get("Objects") or ()):
        if position in refused:
            continue
        alone = {**call.parameters, "Delete": {**delete, "Objects": [each]}}
        try:
            judge(replace(call, parameters=alone))
        except CommonServiceException as error:
            refused[position] = {**each, "Code": error.code, "Message": error.message}


def _delete_objects(stock: Any, provider: Any, context: Any, bucket: str, delete: Any, **request: Any) -> Any:
    refused = context.__dict__.get(REFUSED)
    if not refused:
        return stock(provider, context, bucket, delete, **request)
    provider._get_cross_account_bucket(context, bucket)  # raises NoSuchBucket
    allowed = [each for position, each in enumerate(delete["Objects"]) if position not in refused]
    answer = stock(provider, context, bucket, {**delete, "Objects": allowed}, **request) if allowed else {}
    return {**answer, "Errors": [*refused.values(), *(answer.get("Errors") or ())]}
