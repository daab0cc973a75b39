"""S3: what a bucket's policy and lifecycle rules must look like."""

import json
from collections.abc import Mapping
from typing import Any

from sim.localstack.conformance.documented.registry import Checks, expect_error
from sim.localstack.conformance.documented.requests import bucket
from sim.localstack.conformance.documented.s3.bounds import ACCEPTED, BOUNDS, Call, declare
from sim.localstack.conformance.documented.sqs.fixtures import queue
from sim.localstack.conformance.target import Target

DOCUMENTS: Checks = BOUNDS
"""The checks of this module stand behind those of the bounds."""

POLICY_PAGE = "userguide/policy-language-overview.html"
BUCKET = "BUCKET"


def policy(*, version: str = "2012-10-17", statements: Any = None, **changes: Any) -> Call:
    """A policy with one statement, changed; None removes an element. BUCKET becomes the bucket's name."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": "999999999999"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
        **changes,
    }
    written = {name: value for name, value in statement.items() if value is not None}
    document = {"Version": version, "Statement": [written] if statements is None else [written] * statements}

    def call(s3: Any, name: str) -> None:
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(document).replace(BUCKET, name))

    return call


def _condition(operator: str) -> Mapping[str, Any]:
    return {operator: {"aws:SourceIp": "192.0.2.0/24"}}


for _code, _what, _call in (
    (ACCEPTED, "A policy for an account", policy()),
    (ACCEPTED, "A policy of the older version", policy(version="2008-10-17")),
    (ACCEPTED, "A policy for objects and bucket with actions on both", policy(
        Action=["s3:GetObject", "s3:ListBucket"], Resource=[f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"])),
    (ACCEPTED, "A policy with a wildcard in its actions", policy(Action="s3:Get*")),
    (ACCEPTED, "A policy with a wildcard in the bucket's name", policy(Resource="arn:aws:s3:::*/*")),
    (ACCEPTED, "A policy with a known condition", policy(Condition=_condition("IpAddress"))),
    ("MalformedPolicy", "A policy of an unknown version", policy(version="2013-10-17")),
    ("MalformedPolicy", "A policy without statements", policy(statements=0)),
    ("MalformedPolicy", "A policy with an identifier twice", policy(statements=2, Sid="same")),
    ("MalformedPolicy", "A policy without Effect", policy(Effect=None)),
    ("MalformedPolicy", "A policy with an unknown Effect", policy(Effect="Maybe")),
    ("MalformedPolicy", "A policy without Principal", policy(Principal=None)),
    ("MalformedPolicy", "A policy with a principal that is none", policy(Principal="someone")),
    ("MalformedPolicy", "A policy with an ARN that is no principal", policy(Principal={"AWS": "arn:aws:s3:::bucket"})),
    ("MalformedPolicy", "A policy with an unknown kind of principal", policy(Principal={"Robot": "one"})),
    ("MalformedPolicy", "A policy without Action", policy(Action=None)),
    ("MalformedPolicy", "A policy with another service's action", policy(Action="sqs:SendMessage")),
    ("MalformedPolicy", "A policy without Resource", policy(Resource=None)),
    ("MalformedPolicy", "A policy with another bucket's ARN", policy(Resource="arn:aws:s3:::another-bucket/*")),
    ("MalformedPolicy", "A policy with a resource that is no ARN", policy(Resource=f"{BUCKET}/*")),
    ("MalformedPolicy", "A policy with an action on objects for the bucket", policy(Resource=f"arn:aws:s3:::{BUCKET}")),
    ("MalformedPolicy", "A policy with an action on the bucket for objects", policy(Action="s3:ListBucket")),
    ("MalformedPolicy", "A policy with an unknown operator", policy(Condition=_condition("AddressIp"))),
    (ACCEPTED, "A policy with an action in another case", policy(Action="S3:getobject")),
    (ACCEPTED, "A policy with every action of a kind", policy(Action="s3:*Object")),
    (ACCEPTED, "A policy for a service", policy(Principal={"Service": "logging.s3.amazonaws.com"})),
    ("MalformedPolicy", "A policy with an action that S3 does not have", policy(Action="s3:ReadObject")),
    ("MalformedPolicy", "A policy with one unknown action of two", policy(Action=["s3:GetObject", "s3:GetObjekt"])),
    ("MalformedPolicy", "A policy with a wildcard that no action fits", policy(Action="s3:Read*")),
    ("MalformedPolicy", "A policy with an excepted action that S3 does not have", policy(
        Action=None, NotAction="s3:ReadObject")),
    ("MalformedPolicy", "A policy with an action without a service", policy(Action="GetObject")),
    ("MalformedPolicy", "A policy with no name of a principal", policy(Principal={"AWS": []})),
    ("MalformedPolicy", "A policy with an account of 13 digits", policy(Principal={"AWS": "1" * 13})),
    ("MalformedPolicy", "A policy for a service that is none", policy(Principal={"Service": "logging"})),
    ("MalformedPolicy", "A policy with a canonical user that is none", policy(Principal={"CanonicalUser": "someone"})),
    ("MalformedPolicy", "A policy with a known and an unknown principal", policy(
        Principal={"AWS": ["999999999999", "someone"]})),
    ("MalformedPolicy", "A policy of more than 20 KB", policy(
        Resource=[f"arn:aws:s3:::{BUCKET}/{'k' * 900}{number}" for number in range(23)])),
    (ACCEPTED, "A policy of less than 20 KB", policy(
        Resource=[f"arn:aws:s3:::{BUCKET}/{'k' * 900}{number}" for number in range(19)])),
    ("MalformedPolicy", "A policy with an unknown element", policy(Comment="why not")),
):  # fmt: skip
    declare(_code, _what, POLICY_PAGE, _call)

# ---- lifecycle rules ----

MIDNIGHT = "2030-01-01T00:00:00Z"
LIFECYCLE_PAGE = "API/API_PutBucketLifecycleConfiguration.html"


def rule(**changes: Any) -> dict[str, Any]:
    """A rule, changed; None removes an element."""
    written = {"ID": "rule", "Status": "Enabled", "Filter": {"Prefix": "p"}, "Expiration": {"Days": 1}, **changes}
    return {name: value for name, value in written.items() if value is not None}


def rules(*given: dict[str, Any]) -> Call:
    return lambda s3, name: s3.put_bucket_lifecycle_configuration(
        Bucket=name, LifecycleConfiguration={"Rules": list(given)}
    )


def moving(days: int, kind: str, expiration: Any = None) -> Call:
    return rules(rule(Transitions=[{"Days": days, "StorageClass": kind}], Expiration=expiration))


def aborting(days: int, **more: Any) -> Call:
    return rules(rule(Expiration=None, AbortIncompleteMultipartUpload={"DaysAfterInitiation": days}, **more))


for _code, _what, _call in (
    (ACCEPTED, "A rule that removes objects after a day", rules(rule())),
    ("InvalidArgument", "A rule that removes objects after 0 days", rules(rule(Expiration={"Days": 0}))),
    ("InvalidArgument", "A rule that removes objects after -1 days", rules(rule(Expiration={"Days": -1}))),
    ("InvalidArgument", "A rule whose date is no midnight", rules(rule(Expiration={"Date": "2030-01-01T05:00:00Z"}))),
    ("MalformedXML", "A rule with days and a date", rules(rule(Expiration={"Days": 1, "Date": MIDNIGHT}))),
    ("MalformedXML", "A rule without a filter", rules(rule(Filter=None))),
    ("MalformedXML", "A rule with an unknown status", rules(rule(Status="On"))),
    ("InvalidRequest", "A rule without an action", rules(rule(Expiration=None))),
    ("InvalidArgument", "Two rules with one identifier", rules(rule(), rule(Filter={"Prefix": "q"}))),
    (ACCEPTED, "A rule with an identifier of 255 characters", rules(rule(ID="i" * 255))),
    ("InvalidArgument", "A rule with an identifier of 256 characters", rules(rule(ID="i" * 256))),
    ("MalformedXML", "No rule", rules()),
    (ACCEPTED, "1000 rules", rules(*(rule(ID=f"{n}", Filter={"Prefix": f"p{n}"}) for n in range(1000)))),
    ("MalformedXML", "1001 rules", rules(*(rule(ID=f"{n}", Filter={"Prefix": f"p{n}"}) for n in range(1001)))),
    (ACCEPTED, "A rule that aborts uploads after a day", aborting(1)),
    ("InvalidArgument", "A rule that aborts uploads after 0 days", aborting(0)),
    ("InvalidRequest", "A rule that aborts uploads by tags", aborting(1, Filter={"Tag": {"Key": "k", "Value": "v"}})),
    (ACCEPTED, "A rule that moves objects to STANDARD_IA after 30 days", moving(30, "STANDARD_IA")),
    ("InvalidArgument", "A rule that moves objects to STANDARD_IA after 29 days", moving(29, "STANDARD_IA")),
    ("InvalidArgument", "A rule that moves objects to ONEZONE_IA after 29 days", moving(29, "ONEZONE_IA")),
    (ACCEPTED, "A rule that moves objects to GLACIER at once", moving(0, "GLACIER")),
    ("MalformedXML", "A rule that moves objects to an unknown class", moving(30, "FROZEN")),
    ("InvalidArgument", "A rule that removes objects before it moves them", moving(60, "GLACIER", {"Days": 30})),
    (ACCEPTED, "A rule that moves objects and then removes them", moving(30, "GLACIER", {"Days": 60})),
):  # fmt: skip
    declare(_code, _what, LIFECYCLE_PAGE, _call)

# ---- rules for browsers, and notifications ----

CORS_PAGE = "API/API_PutBucketCors.html"
NOTIFICATIONS_PAGE = "API/API_PutBucketNotificationConfiguration.html"


def cors(**changes: Any) -> Call:
    given = {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://*.example.com"], **changes}
    return lambda s3, name: s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [given]})


for _code, _what, _call in (
    (ACCEPTED, "An origin with a wildcard", cors()),
    (ACCEPTED, "A header with a wildcard", cors(AllowedHeaders=["x-amz-*"])),
    ("InvalidRequest", "An origin with two wildcards", cors(AllowedOrigins=["https://*.*.example.com"])),
    ("InvalidRequest", "A header with two wildcards", cors(AllowedHeaders=["*-amz-*"])),
):
    declare(_code, _what, CORS_PAGE, _call)


def _declare_notifications() -> None:
    for event, code in (
        ("s3:ObjectCreated:*", ACCEPTED),
        ("s3:ObjectRemoved:DeleteMarkerCreated", ACCEPTED),
        ("s3:ObjectCreated", "InvalidArgument"),
        ("s3:ObjectCreated:Move", "InvalidArgument"),
        ("ObjectCreated:*", "InvalidArgument"),
    ):
        outcome = f"refused: {code}" if code else "accepted"

        @DOCUMENTS.check(f"A notification of {event} is {outcome}", NOTIFICATIONS_PAGE)
        def notify(target: Target, event: str = event, code: str = code) -> None:
            with bucket(target) as name, queue(target, Policy=json.dumps(OPEN)) as url:
                configuration = {"QueueConfigurations": [{"QueueArn": target.arn_of(url), "Events": [event]}]}

                def call() -> None:
                    target.client("s3").put_bucket_notification_configuration(
                        Bucket=name, NotificationConfiguration=configuration
                    )

                expect_error(code, call) if code else call()


OPEN = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": "*",
        }
    ],
}
"""The policy of a queue to which S3 may send."""

_declare_notifications()
