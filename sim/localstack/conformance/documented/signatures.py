"""Signatures: what each service answers to a request that is not signed, or wrongly."""

from datetime import timedelta
from functools import partial

from botocore.credentials import Credentials

from sim.localstack.conformance.documented.registry import Checks, expect, expect_error
from sim.localstack.conformance.documented.requests import (
    Http,
    json_call,
    link_to_call,
    query,
    role_of,
    root_of,
    signed,
)
from sim.localstack.conformance.target import REGION, Target

SIGNATURES = Checks("Signatures", "https://docs.aws.amazon.com/")

COMMON_ERRORS = {
    "cloudwatch": "AmazonCloudWatch/latest/APIReference/CommonErrors.html",
    "events": "eventbridge/latest/APIReference/CommonErrors.html",
    "iam": "IAM/latest/APIReference/CommonErrors.html",
    "lambda": "lambda/latest/api/CommonErrors.html",
    "logs": "AmazonCloudWatchLogs/latest/APIReference/CommonErrors.html",
    "scheduler": "scheduler/latest/APIReference/CommonErrors.html",
    "secretsmanager": "secretsmanager/latest/apireference/CommonErrors.html",
    "sns": "sns/latest/api/CommonErrors.html",
    "sqs": "AWSSimpleQueueService/latest/APIReference/CommonErrors.html",
    "ssm": "systems-manager/latest/APIReference/CommonErrors.html",
    "sts": "STS/latest/APIReference/CommonErrors.html",
}

QUERY_SERVICES = {
    "iam": query("ListRoles", "2010-05-08"),
    "sns": query("ListTopics", "2010-03-31"),
    "sqs": json_call("AmazonSQS.ListQueues", "1.0"),
    "sts": query("GetCallerIdentity", "2011-06-15"),
}
"""Services whose errors have the names of the older protocol."""

JSON_SERVICES = {
    "events": json_call("AWSEvents.ListRules"),
    "logs": json_call("Logs_20140328.DescribeLogGroups"),
    "secretsmanager": json_call("secretsmanager.ListSecrets"),
    "ssm": json_call("AmazonSSM.DescribeParameters"),
}

REST_SERVICES = {
    "lambda": Http("GET", "/2015-03-31/functions/"),
    "scheduler": Http("GET", "/schedules"),
}

UNKNOWN = Credentials("AKIAZZZZZZZZZZZZZZZZ", "a secret of nobody's")
WRONG = Credentials("test", "not the secret")
TEST = Credentials("test", "test")
_PARTS = "Credential=a/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0"


def _declare(service: str, plain: Http, missing: str, incomplete: str, unknown: str, mismatch: str) -> None:
    page = COMMON_ERRORS[service]
    # An unsigned request of the scheduler has nothing that names its service but its host.
    headers = {**plain.headers, **({"Host": f"{service}.{REGION}.amazonaws.com"} if service == "scheduler" else {})}
    unsigned = Http(plain.method, plain.target, headers, plain.body)
    SIGNATURES.refuses(missing, f"{service}: a request without a signature", page, unsigned.send)
    for kind in ("Basic dGVzdDp0ZXN0", "AWS test:c2lnbmF0dXJl", f"AWS4-HMAC-SHA512 {_PARTS}"):
        other = Http(plain.method, plain.target, {**headers, "Authorization": kind}, plain.body)
        what = f"{service}: an Authorization header of the kind {kind.partition(' ')[0]}"
        SIGNATURES.refuses(incomplete, what, page, other.send)
    for code, what, by, late in (
        (unknown, "an access key that was never issued", UNKNOWN, timedelta()),
        (mismatch, "a signature under another secret", WRONG, timedelta()),
        (mismatch, "a request that was signed 16 minutes ago", TEST, timedelta(minutes=-16)),
        (mismatch, "a request that is signed 16 minutes ahead", TEST, timedelta(minutes=16)),
    ):
        SIGNATURES.refuses(
            code,
            f"{service}: {what}",
            page,
            lambda target, by=by, late=late: signed(target, service, plain, by=by, late=late).send(target),  # type: ignore[misc]
        )
    SIGNATURES.accepts(
        f"{service}: a request that was signed 14 minutes ago",
        page,
        lambda target: signed(target, service, plain, late=timedelta(minutes=-14)).send(target),
    )


for _service, _call in QUERY_SERVICES.items():
    _declare(
        _service,
        _call,
        "MissingAuthenticationToken",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
    )
for _service, _call in {**JSON_SERVICES, **REST_SERVICES}.items():
    _declare(
        _service,
        _call,
        "MissingAuthenticationTokenException",
        "IncompleteSignatureException",
        "UnrecognizedClientException",
        "InvalidSignatureException",
    )

TAKEN = json_call("AmazonSQS.ListQueues", "1.0", b'{"MaxResults": 1}')


@SIGNATURES.check(
    "A signature holds for one body: with another the request is refused",
    "IAM/latest/UserGuide/reference_sigv-create-signed-request.html",
)
def another_body(target: Target) -> None:
    altered = signed(target, "sqs", TAKEN, by=TEST)
    altered.body = altered.body.replace(b"1", b"2")
    expect_error("SignatureDoesNotMatch", partial(altered.send, target))


@SIGNATURES.check(
    "A signature holds for the headers that it names: an altered one is refused",
    "IAM/latest/UserGuide/reference_sigv-create-signed-request.html",
)
def another_target(target: Target) -> None:
    altered = signed(target, "sqs", TAKEN, by=TEST)
    altered.headers["X-Amz-Target"] = "AmazonSQS.DeleteQueue"
    expect_error("SignatureDoesNotMatch", partial(altered.send, target))


@SIGNATURES.check("A signature holds for one path", "IAM/latest/UserGuide/reference_sigv-create-signed-request.html")
def another_path(target: Target) -> None:
    altered = signed(target, "lambda", REST_SERVICES["lambda"], by=TEST)
    altered.target = "/2015-03-31/event-source-mappings/"
    expect_error("InvalidSignatureException", partial(altered.send, target))


@SIGNATURES.check(
    "A header that is not signed may be added", "IAM/latest/UserGuide/reference_sigv-create-signed-request.html"
)
def another_header(target: Target) -> None:
    added = signed(target, "sqs", TAKEN, by=TEST)
    added.headers["User-Agent"] = "a proxy"
    added.send(target)


@SIGNATURES.check(
    "A request whose Authorization header lacks the signature is refused: IncompleteSignature",
    "STS/latest/APIReference/CommonErrors.html",
)
def incomplete(target: Target) -> None:
    cut = signed(target, "sts", QUERY_SERVICES["sts"])
    cut.headers["Authorization"] = cut.headers["Authorization"].partition(", Signature")[0]
    expect_error("IncompleteSignature", partial(cut.send, target))


SESSIONS_PAGE = "IAM/latest/UserGuide/id_credentials_temp_use-resources.html"


@SIGNATURES.check("The credentials of a session count with their token", SESSIONS_PAGE)
def session_with_token(target: Target) -> None:
    with role_of(target, root_of(target), "*") as (_, by):
        text = signed(target, "sts", QUERY_SERVICES["sts"], by=by).send(target)
        expect("whether the caller is the role", "assumed-role/" in text, True)


@SIGNATURES.check("The credentials of a session without their token are refused", SESSIONS_PAGE)
def session_without_token(target: Target) -> None:
    with role_of(target, root_of(target), "*") as (_, by):
        bare = Credentials(by.access_key, by.secret_key)
        expect_error("InvalidClientTokenId", lambda: signed(target, "sqs", TAKEN, by=bare).send(target))


@SIGNATURES.check("The credentials of a session with the token of another are refused", SESSIONS_PAGE)
def session_with_another_token(target: Target) -> None:
    with role_of(target, root_of(target), "*") as (_, by), role_of(target, root_of(target), "*") as (_, other):
        mixed = Credentials(by.access_key, by.secret_key, other.token)
        expect_error("InvalidClientTokenId", lambda: signed(target, "sqs", TAKEN, by=mixed).send(target))


@SIGNATURES.check(
    "An access key that was made inactive is refused until it is active again",
    "IAM/latest/APIReference/API_UpdateAccessKey.html",
)
def inactive_key(target: Target) -> None:
    iam, name = target.client("iam"), target.new_name()
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    by = Credentials(key["AccessKeyId"], key["SecretAccessKey"])

    def call() -> str:
        return signed(target, "sts", QUERY_SERVICES["sts"], by=by).send(target)

    try:
        call()
        iam.update_access_key(UserName=name, AccessKeyId=by.access_key, Status="Inactive")
        expect_error("InvalidClientTokenId", call)
        iam.update_access_key(UserName=name, AccessKeyId=by.access_key, Status="Active")
        call()
    finally:
        iam.delete_access_key(UserName=name, AccessKeyId=by.access_key)
        iam.delete_user(UserName=name)
    expect_error("InvalidClientTokenId", call)


# ---- calls that are signed in the query ----

QUERY_PAGE = "IAM/latest/UserGuide/reference_sigv-authentication-methods.html"
LINKED = "/?Action=ListQueues&Version=2012-11-05"


@SIGNATURES.check("A call that is signed in the query has no more rights than its role", QUERY_PAGE)
def linked_call_of_a_role(target: Target) -> None:
    with role_of(target, root_of(target), "sqs:*") as (_, by):
        link_to_call(target, "sqs", LINKED, by=by).send(target)
    with role_of(target, root_of(target), "s3:*") as (_, by):
        refused = link_to_call(target, "sqs", LINKED, by=by)
        expect_error("AccessDenied", partial(refused.send, target))


SIGNATURES.refuses(
    "SignatureDoesNotMatch",
    "A call that was signed in the query 16 minutes ago",
    QUERY_PAGE,
    lambda target: link_to_call(target, "sqs", LINKED, by=TEST, late=timedelta(minutes=-16)).send(target),
)
SIGNATURES.accepts(
    "A call that was signed in the query 14 minutes ago",
    QUERY_PAGE,
    lambda target: link_to_call(target, "sqs", LINKED, by=TEST, late=timedelta(minutes=-14)).send(target),
)
