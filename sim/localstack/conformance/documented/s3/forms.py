"""S3: forms that a browser posts, and the policy that a form is signed with."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sim.localstack.conformance.documented.registry import Checks, expect, expect_error
from sim.localstack.conformance.documented.requests import MOMENT, Http, bucket, now_of, root_of
from sim.localstack.conformance.documented.signatures import UNKNOWN, WRONG
from sim.localstack.conformance.target import REGION, Target

FORMS = Checks("S3", "https://docs.aws.amazon.com/AmazonS3/latest/API/")

POLICY_PAGE = "sigv4-HTTPPOSTConstructPolicy.html"
FORM_PAGE = "sigv4-HTTPPOSTForms.html"
POST_PAGE = "RESTObjectPOST.html"
FIELDS_PAGE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/HTTPPOSTForms.html"
BOUNDARY = "a-boundary-of-the-form"
EXPIRATION = "%Y-%m-%dT%H:%M:%SZ"

Fields = dict[str, str]


def form(
    target: Target,
    name: str,
    conditions: Sequence[Any] = (),
    *,
    key: str = "in/two",
    fields: Mapping[str, str] | None = None,
    valid: timedelta = timedelta(minutes=1),
    by: Credentials | None = None,
    document: Any = None,
) -> Fields:
    """The fields of a form that may upload one object, and what else `conditions` allow."""
    now = now_of(target)
    request = AWSRequest("POST", target.endpoint_url)
    request.context["timestamp"] = moment = now.strftime(MOMENT)
    signer = SigV4Auth(by or root_of(target), "s3", REGION)
    signing = {"x-amz-algorithm": "AWS4-HMAC-SHA256", "x-amz-credential": signer.scope(request), "x-amz-date": moment}
    written = document or {
        "expiration": (now + valid).strftime(EXPIRATION),
        "conditions": [{"bucket": name}, {"key": key}, *({each: signing[each]} for each in signing), *conditions],
    }
    policy = base64.b64encode(written if isinstance(written, bytes) else json.dumps(written).encode()).decode()
    signature = signer.signature(policy, request)
    return {"key": key, **(fields or {}), **signing, "policy": policy, "x-amz-signature": signature}


def post(
    target: Target, name: str, fields: Mapping[str, str], content: bytes = b"by form", file_field: str = "file"
) -> str:
    """Send a form. Raises ClientError."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{each}"\r\n\r\n{value}\r\n'.encode()
        for each, value in fields.items()
    ]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{file_field}"; filename="f.wav"\r\n\r\n'.encode()
    body = b"".join((*parts, head, content, f"\r\n--{BOUNDARY}--\r\n".encode()))
    return Http("POST", f"/{name}", {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}, body).send(target)


def _content_of(target: Target, name: str, key: str) -> bytes:
    return bytes(target.client("s3").get_object(Bucket=name, Key=key)["Body"].read())


@FORMS.check("A form uploads one object for a client without credentials", POST_PAGE)
def form_works(target: Target) -> None:
    with bucket(target) as name:
        post(target, name, form(target, name))
        expect("the content", _content_of(target, name, "in/two"), b"by form")


@FORMS.check("${filename} in the key is replaced by the name of the file", POST_PAGE)
def form_with_filename(target: Target) -> None:
    with bucket(target) as name:
        fields = form(target, name, [["starts-with", "$key", "in/"]], key="in/${filename}")
        post(target, name, fields)
        expect("the content", _content_of(target, name, "in/f.wav"), b"by form")


def _refused(code: str, claim: str, changes: Mapping[str, str | None], page: str = FORM_PAGE, **options: Any) -> None:
    """A form with these fields changed (None: removed) is refused, and nothing is stored."""
    content = options.pop("content", b"by form")

    @FORMS.check(f"{claim}: {code}", page)
    def check(target: Target) -> None:
        with bucket(target) as name:
            fields: dict[str, str | None] = {**form(target, name, **options), **changes}
            sent = {each: value for each, value in fields.items() if value is not None}
            expect_error(code, partial(post, target, name, sent, content))
            listed = target.client("s3").list_objects_v2(Bucket=name)["Contents"]
            expect("the keys", [each["Key"] for each in listed], ["one"])


_MISMATCH = "SignatureDoesNotMatch"
_refused("AccessDenied", "A form whose key was altered is refused", {"key": "in/three"}, POLICY_PAGE)
_refused(_MISMATCH, "A form whose signature was altered is refused", {"x-amz-signature": "0" * 64})
_refused(_MISMATCH, "A form whose policy was altered is refused", {"policy": base64.b64encode(b"{}").decode()})
_refused(_MISMATCH, "A form whose policy is no base64 is refused", {"policy": "%%%"})
_refused(_MISMATCH, "A form under another secret is refused", {}, by=WRONG)
_refused("InvalidAccessKeyId", "A form under a key that was never issued is refused", {}, by=UNKNOWN)
_refused("AccessDenied", "A form that has expired is refused", {}, POLICY_PAGE, valid=timedelta(seconds=-2))
_refused("AccessDenied", "A form without any field of its signature is refused",
         dict.fromkeys(("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature")))  # fmt: skip
for _field in ("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature", "key"):
    _refused("InvalidArgument", f"A form without {_field} is refused", {_field: None})
_refused("InvalidArgument", "A form with a credential that is none is refused", {"x-amz-credential": "test"})
_refused("InvalidArgument", "A form of another algorithm is refused", {"x-amz-algorithm": "AWS4-HMAC-SHA1"})
for _extra in ("x-amz-meta-note", "Content-Type", "acl", "success_action_status", "submit"):
    _refused("AccessDenied", f"A form with {_extra}, which no condition names, is refused", {_extra: "x"}, POLICY_PAGE)

TYPE = "Content-Type"
_refused("AccessDenied", "A field that is not equal to its condition is refused", {TYPE: "audio/mpeg"}, POLICY_PAGE,
         conditions=[["eq", f"${TYPE}", "audio/wav"]])  # fmt: skip
_refused("AccessDenied", "A field that a condition demands must be there", {}, POLICY_PAGE,
         conditions=[["eq", f"${TYPE}", "audio/wav"]])  # fmt: skip
_refused("AccessDenied", "A field that does not start as its condition says is refused", {TYPE: "text/html"},
         POLICY_PAGE, conditions=[["starts-with", f"${TYPE}", "audio/"]])  # fmt: skip
_refused("AccessDenied", "A bucket that is not the policy's is refused", {}, POLICY_PAGE,
         conditions=[{"bucket": "another-bucket"}])  # fmt: skip
_refused("AccessDenied", "A condition on a name without $ is not fulfilled", {TYPE: "audio/wav"}, POLICY_PAGE,
         conditions=[["eq", TYPE, "audio/wav"]])  # fmt: skip
_refused("EntityTooLarge", "A file above content-length-range is refused", {}, POLICY_PAGE,
         conditions=[["content-length-range", 1, 6]])  # fmt: skip
_refused("EntityTooSmall", "A file below content-length-range is refused", {}, POLICY_PAGE,
         conditions=[["content-length-range", 8, 9]])  # fmt: skip
_refused("EntityTooSmall", "An empty file below content-length-range is refused", {}, POLICY_PAGE, content=b"",
         conditions=[["content-length-range", 1, 9]])  # fmt: skip
_refused("InvalidPolicyDocument", "A condition with two properties is refused", {}, POLICY_PAGE,
         conditions=[{"acl": "private", TYPE: "a"}])  # fmt: skip
_refused("InvalidPolicyDocument", "A policy that is no JSON is refused", {}, POLICY_PAGE, document=b"no JSON")
_refused("InvalidPolicyDocument", "A policy without conditions is refused", {}, POLICY_PAGE,
         document={"expiration": "2999-01-01T00:00:00Z"})  # fmt: skip
_refused("InvalidPolicyDocument", "A policy without an expiration is refused", {}, POLICY_PAGE,
         document={"conditions": [["starts-with", "$key", ""]]})  # fmt: skip


def _accepted(claim: str, fields: Mapping[str, str], conditions: Sequence[Any], content: bytes = b"by form") -> None:
    @FORMS.check(claim, POLICY_PAGE)
    def check(target: Target) -> None:
        with bucket(target) as name:
            post(target, name, form(target, name, conditions, fields=fields), content)
            expect("the content", _content_of(target, name, "in/two"), content)


_accepted("A field that is equal to its condition is accepted", {TYPE: "audio/wav"}, [["eq", f"${TYPE}", "audio/wav"]])
_accepted("A field that starts as its condition says is accepted", {TYPE: "audio/wav"},
          [["starts-with", f"${TYPE}", "audio/"]])  # fmt: skip
_accepted("starts-with and an empty text accepts every value", {"x-amz-meta-a": "x"},
          [["starts-with", "$x-amz-meta-a", ""]])  # fmt: skip
_accepted("A field that begins with x-ignore- needs no condition", {"x-ignore-this": "x"}, [])
_accepted("A file of the smallest size of content-length-range is accepted", {}, [["content-length-range", 7, 9]])
_accepted("A file of the largest size of content-length-range is accepted", {}, [["content-length-range", 1, 7]])


def _renamed(claim: str, new_name: Callable[[str], str | None], **more: str) -> None:
    """Names of fields are in any case, those of the signature too, and so are they in conditions.

    `new_name` gives None for a name that stays.
    """

    def rename(name: str) -> str:
        return new_name(name) or name

    @FORMS.check(f"{claim} are the same fields", FIELDS_PAGE)
    def check(target: Target) -> None:
        with bucket(target) as name:
            conditions = [["starts-with", f"${rename(each)}", ""] for each in more]
            fields = form(target, name, conditions, fields=more)
            post(target, name, {rename(each): value for each, value in fields.items()})
            found = target.client("s3").get_object(Bucket=name, Key="in/two")
            expect("the content", found["Body"].read(), b"by form")
            expect("the type", found["ContentType"], more.get("Content-Type", "binary/octet-stream"))
            expect("the metadata", found["Metadata"], {"note": "n"} if "x-amz-meta-note" in more else {})


for _case, _rename in {"capitals": str.upper, "small letters": str.lower, "Title-Case": str.title}.items():
    _renamed(f"Fields in {_case}", _rename)
    _renamed(f"Fields in {_case} with type, metadata and access list", _rename,
             **{TYPE: "audio/wav", "x-amz-meta-note": "n", "acl": "private"})  # fmt: skip
for _field in ("key", "policy", "x-amz-signature", "x-amz-credential"):
    _renamed(f"{_field} and {_field.title()}", {_field: _field.title()}.get)


for _acl in ("acl", "Acl", "ACL"):
    _refused("AccessControlListNotSupported", f"An access list in the field {_acl} is refused where lists are off",
             {}, FIELDS_PAGE, fields={_acl: "public-read"}, conditions=[{"acl": "public-read"}])  # fmt: skip


@FORMS.check("A form without a file is refused: InvalidArgument", POST_PAGE)
def no_file(target: Target) -> None:
    with bucket(target) as name:
        expect_error("InvalidArgument", lambda: post(target, name, form(target, name), file_field="x-ignore-file"))


@FORMS.check("The file is in the field File as well", FIELDS_PAGE)
def file_in_capitals(target: Target) -> None:
    with bucket(target) as name:
        post(target, name, form(target, name), file_field="File")
        expect("the content", _content_of(target, name, "in/two"), b"by form")


@FORMS.check("A form that no policy signs is anonymous, and a private bucket refuses it: AccessDenied", POST_PAGE)
def form_without_policy(target: Target) -> None:
    with bucket(target) as name:
        expect_error("AccessDenied", lambda: post(target, name, {"key": "in/two"}))


for _named in ("AWSAccessKeyId", "x-amz-credential"):

    @FORMS.check(f"A form with an empty policy is anonymous whatever its {_named} is: AccessDenied", POST_PAGE)
    def form_with_empty_policy(target: Target, named: str = _named) -> None:
        with bucket(target) as name:
            fields = {"key": "in/two", "policy": "", named: target.account}
            expect_error("AccessDenied", lambda: post(target, name, fields))


@FORMS.check("A form that is no multipart/form-data is refused: PreconditionFailed", POST_PAGE)
def not_multipart(target: Target) -> None:
    with bucket(target) as name:
        plain = Http("POST", f"/{name}", {"Content-Type": "application/x-www-form-urlencoded"}, b"key=in/two")
        expect_error("PreconditionFailed", lambda: plain.send(target))
