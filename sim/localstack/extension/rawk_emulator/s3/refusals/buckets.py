"""Refusals about buckets: names and policies.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import json
import re
from collections.abc import Mapping
from typing import Any

from localstack.aws.api.s3 import Event

from ...iam.conditions import OPERATORS
from .actions import is_action
from .refused import Parameters, Refused

RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
MAX_POLICY_BYTES = 20 * 1024
VERSIONS = ("2008-10-17", "2012-10-17")
ELEMENTS = {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
OF_OBJECTS = re.compile(
    r"s3:(Get|Put|Delete)Object(Version)?(Acl|Tagging|LegalHold|Retention|Attributes)?|s3:RestoreObject"
    r"|s3:AbortMultipartUpload|s3:ListMultipartUploadParts",
    re.IGNORECASE,
)
OF_BUCKETS = re.compile(
    r"s3:ListBucket(Versions|MultipartUploads)?|s3:(Get|Put)Bucket\w+|s3:DeleteBucket", re.IGNORECASE
)
EVENTS = {each.value for each in Event}
_PRINCIPALS = {
    "AWS": re.compile(r"\*|\d{12}|arn:aws[a-z-]*:(iam|sts)::(\d{12}|cloudfront):[^*?]+|A[A-Z]{3}[A-Z0-9]{12,}"),
    "CanonicalUser": re.compile(r"[0-9a-f]{64}"),
    "Federated": re.compile(r".+"),
    "Service": re.compile(r"[\w.-]+\.(amazon(aws)?\.com(\.cn)?|aws\.internal)"),
}


def check_new_bucket(parameters: Parameters) -> None:
    name = str(parameters.get("Bucket") or "")
    if name.startswith(RESERVED_PREFIXES) or name.endswith(RESERVED_SUFFIXES):
        raise Refused("InvalidBucketName", "The specified bucket is not valid.")


def check_cors(parameters: Parameters) -> None:
    for rule in (parameters.get("CORSConfiguration") or {}).get("CORSRules") or []:
        for kind in ("AllowedOrigin", "AllowedHeader"):
            for each in rule.get(f"{kind}s") or []:
                if each.count("*") > 1:
                    raise Refused("InvalidRequest", f'{kind} "{each}" cannot have more than one wildcard.')


def check_notifications(parameters: Parameters) -> None:
    configuration = parameters.get("NotificationConfiguration") or {}
    for kind in ("TopicConfigurations", "QueueConfigurations", "LambdaFunctionConfigurations"):
        for each in configuration.get(kind) or []:
            if not set(each.get("Events") or []) <= EVENTS:
                raise Refused("InvalidArgument", "A specified event is not supported for notifications.")


def check_policy(parameters: Parameters) -> None:
    """The document of a bucket policy. LocalStack looks only whether it is JSON."""
    written = str(parameters.get("Policy") or "")
    if len(written.encode()) > MAX_POLICY_BYTES:
        raise _malformed("Policy exceeds the maximum allowed document size.")
    try:
        document = json.loads(written)
    except ValueError:
        return  # LocalStack refuses it
    if not isinstance(document, Mapping):
        return
    if document.get("Version", VERSIONS[0]) not in VERSIONS:
        raise _malformed("The policy must contain a valid version string")
    if "Statement" not in document:
        raise _malformed("Missing required field Statement")
    written = document["Statement"]
    statements = written if isinstance(written, list) else [written]
    if not statements:
        raise _malformed("Statement is empty!")
    for each in statements:
        _check_statement(each, str(parameters.get("Bucket") or ""))
    names = [each["Sid"] for each in statements if each.get("Sid")]
    if len(names) != len(set(names)):
        raise _malformed("Statement IDs (SID) in a single policy must be unique.")


def _check_statement(statement: Any, bucket: str) -> None:
    if not isinstance(statement, Mapping):
        raise _malformed("Policies must be valid JSON and the first byte must be '{'")
    if unknown := sorted(set(statement) - ELEMENTS):
        raise _malformed(f"Unknown field {unknown[0]}")
    for name in ("Effect", "Principal", "Action", "Resource"):
        if name not in statement and f"Not{name}" not in statement:
            raise _malformed(f"Missing required field {name}")
    if statement["Effect"] not in ("Allow", "Deny"):
        raise _malformed(f"Invalid effect: {statement['Effect']}")
    _check_principal(statement.get("Principal", "*"))
    actions = _listed(statement.get("Action", "s3:*"))
    if not all(is_action(str(each)) for each in [*actions, *_listed(statement.get("NotAction", []))]):
        raise _malformed("Policy has invalid action")
    resources = [str(each) for each in _listed(statement.get("Resource", []))]
    if not all(_is_in(each, bucket) for each in resources):
        raise _malformed("Policy has invalid resource")
    _check_fit([str(each) for each in actions], resources)
    _check_condition(statement.get("Condition") or {})


def _check_principal(principal: Any) -> None:
    if isinstance(principal, Mapping):
        names = [(kind, str(name)) for kind, written in principal.items() for name in _listed(written)]
        if names and all(kind in _PRINCIPALS and _PRINCIPALS[kind].fullmatch(name) for kind, name in names):
            return
    elif principal == "*":
        return
    raise _malformed("Invalid principal in policy")


def _is_in(resource: str, bucket: str) -> bool:
    """Whether the ARN can be the bucket or something in it."""
    name = resource.split(":", 5)[-1].partition("/")[0]
    if resource == "*":
        return True
    if not resource.startswith("arn:"):
        return False
    pattern = "".join(".*" if each == "*" else "." if each == "?" else re.escape(each) for each in name)
    return re.fullmatch(pattern, bucket) is not None


def _check_fit(actions: list[str], resources: list[str]) -> None:
    """Actions on objects need the ARN of objects, actions on the bucket that of the bucket."""
    if not resources:
        return
    exact = [each.split(":", 5)[-1] for each in resources]
    only_bucket = all("/" not in each and "*" not in each for each in exact)
    only_objects = all("/" in each for each in exact)
    if (only_bucket and all(OF_OBJECTS.fullmatch(each) for each in actions)) or (
        only_objects and all(OF_BUCKETS.fullmatch(each) for each in actions)
    ):
        raise _malformed("Action does not apply to any resource(s) in statement")


def _check_condition(block: Any) -> None:
    if not isinstance(block, Mapping):
        raise _malformed("Policy has an invalid condition")
    for operator in block:
        name = operator.rpartition(":")[2].lower().removesuffix("ifexists")
        if name not in OPERATORS and name not in ("null", "binaryequals"):
            raise _malformed(f"Invalid Condition type : {operator}")


def _malformed(message: str) -> Refused:
    return Refused("MalformedPolicy", message)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
