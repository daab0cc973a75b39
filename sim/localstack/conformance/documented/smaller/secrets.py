"""Secrets Manager: values, deletion and recovery, tags, versions."""

from typing import Any

from sim.localstack.conformance.documented.registry import Checks, expect, expect_error
from sim.localstack.conformance.documented.smaller.fixtures import secret
from sim.localstack.conformance.documented.smaller_services import DOCS, refuse_each
from sim.localstack.conformance.target import Target

SECRETS = Checks("Secrets Manager", f"{DOCS}secretsmanager/latest/apireference/")
WRONG, REFUSED = "InvalidParameterException", "InvalidRequestException"
MISSING, EXISTS, INVALID = "ResourceNotFoundException", "ResourceExistsException", "ValidationException"
NO_SECRET = {"SecretId": "no-such-secret"}


def tags(number: int) -> list[dict[str, str]]:
    return [{"Key": f"k{each}", "Value": "v"} for each in range(number)]


refuse_each(SECRETS, "secretsmanager", WRONG, "CreateSecret", {"Name": "conformance-bounds"}, {
    "a text and bytes": {"SecretString": "x", "SecretBinary": b"x"},
    "51 tags": {"Tags": tags(51)},
    "a tag of AWS's": {"Tags": [{"Key": "aws:owner", "Value": "v"}]},
    "a token of 31 characters": {"SecretString": "x", "ClientRequestToken": "t" * 31},
})  # fmt: skip
refuse_each(SECRETS, "secretsmanager", INVALID, "CreateSecret", {"SecretString": "x"}, {
    "a blank in the name": {"Name": "a b"},
    "a colon in the name": {"Name": "a:b"},
    "an empty name": {"Name": ""},
})  # fmt: skip
_OF_A_SECRET: dict[str, dict[str, Any]] = {
    "GetSecretValue": {},
    "PutSecretValue": {"SecretString": "y"},
    "UpdateSecret": {"SecretString": "y"},
    "DescribeSecret": {},
    "DeleteSecret": {},
    "RestoreSecret": {},
    "TagResource": {"Tags": tags(1)},
    "ListSecretVersionIds": {},
}
for _operation, _given in _OF_A_SECRET.items():
    refuse_each(SECRETS, "secretsmanager", MISSING, _operation, {**NO_SECRET, **_given}, {
        "a secret that does not exist": {}})  # fmt: skip


def _on_secret(operation: str, **parameters: Any) -> Any:
    def call(target: Target) -> None:
        with secret(target) as name:
            getattr(target.client("secretsmanager"), operation)(SecretId=name, **parameters)

    return call


_DELETE = "API_DeleteSecret.html"
for _days in (0, 1, 6, 31, 365, -1):
    SECRETS.refuses(
        WRONG,
        f"DeleteSecret with a recovery window of {_days} days",
        _DELETE,
        _on_secret("delete_secret", RecoveryWindowInDays=_days),
    )
for _days in (7, 30):
    SECRETS.accepts(
        f"DeleteSecret with a recovery window of {_days} days",
        _DELETE,
        _on_secret("delete_secret", RecoveryWindowInDays=_days),
    )
SECRETS.refuses(
    WRONG,
    "DeleteSecret with a recovery window and without recovery",
    _DELETE,
    _on_secret("delete_secret", RecoveryWindowInDays=7, ForceDeleteWithoutRecovery=True),
)
SECRETS.refuses(WRONG, "TagResource with 51 tags", "API_TagResource.html", _on_secret("tag_resource", Tags=tags(51)))
SECRETS.refuses(
    WRONG,
    "TagResource with a tag of AWS's",
    "API_TagResource.html",
    _on_secret("tag_resource", Tags=[{"Key": "aws:owner", "Value": "v"}]),
)
SECRETS.accepts("TagResource with 50 tags", "API_TagResource.html", _on_secret("tag_resource", Tags=tags(50)))
for _operation, _page in (("put_secret_value", "API_PutSecretValue.html"), ("update_secret", "API_UpdateSecret.html")):
    SECRETS.refuses(
        WRONG,
        f"{_page[4:-5]} with a text and bytes",
        _page,
        _on_secret(_operation, SecretString="x", SecretBinary=b"x"),
    )
SECRETS.refuses(REFUSED, "PutSecretValue without a value", "API_PutSecretValue.html", _on_secret("put_secret_value"))
SECRETS.refuses(
    MISSING,
    "GetSecretValue with a stage that no version has",
    "API_GetSecretValue.html",
    _on_secret("get_secret_value", VersionStage="AWSPREVIOUS"),
)
SECRETS.refuses(
    MISSING,
    "GetSecretValue with a version that does not exist",
    "API_GetSecretValue.html",
    _on_secret("get_secret_value", VersionId="0" * 32),
)

for _operation, _page, _given in (
    ("get_secret_value", "API_GetSecretValue.html", {}),
    ("put_secret_value", "API_PutSecretValue.html", {"SecretString": "y"}),
    ("update_secret", "API_UpdateSecret.html", {"SecretString": "y"}),
    ("tag_resource", "API_TagResource.html", {"Tags": tags(1)}),
    ("untag_resource", "API_UntagResource.html", {"TagKeys": ["k"]}),
    ("delete_secret", "API_DeleteSecret.html", {}),
):

    def _on_deleted(target: Target, operation: str = _operation, given: dict[str, Any] = _given) -> None:
        secrets = target.client("secretsmanager")
        with secret(target) as name:
            secrets.delete_secret(SecretId=name, RecoveryWindowInDays=7)
            getattr(secrets, operation)(SecretId=name, **given)

    SECRETS.refuses(REFUSED, f"{_page[4:-5]} of a secret that is scheduled for deletion", _page, _on_deleted)


@SECRETS.check("The name of a secret that is scheduled for deletion is taken: InvalidRequestException", _DELETE)
def scheduled(target: Target) -> None:
    secrets = target.client("secretsmanager")
    with secret(target) as name:
        secrets.delete_secret(SecretId=name)
        expect_error(REFUSED, lambda: secrets.create_secret(Name=name, SecretString="x"))
        secrets.restore_secret(SecretId=name)
        expect("the value", secrets.get_secret_value(SecretId=name)["SecretString"], "x")
        expect_error(EXISTS, lambda: secrets.create_secret(Name=name, SecretString="x"))


@SECRETS.check("A refused value leaves a secret as it was", "API_PutSecretValue.html")
def refused_value(target: Target) -> None:
    secrets = target.client("secretsmanager")
    with secret(target) as name:
        both = {"SecretString": "y", "SecretBinary": b"y"}
        expect_error(WRONG, lambda: secrets.put_secret_value(SecretId=name, **both))
        expect("the value", secrets.get_secret_value(SecretId=name)["SecretString"], "x")
