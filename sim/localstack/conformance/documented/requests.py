"""Requests that no SDK makes: wrongly signed, not signed, altered after they were signed."""

import hashlib
import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import ProxyHandler, Request, build_opener
from xml.etree import ElementTree

from botocore.auth import HmacV1Auth, S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from sim.localstack.conformance.target import REGION, Target
from sim.platform.aws_session import isolated_session
from sim.platform.control_token import control_headers

TIMEOUT_SECONDS = 30
MOMENT = "%Y%m%dT%H%M%SZ"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"


@dataclass
class Http:
    """One HTTP request; `target` is its path and query."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def send(self, emulator: Target) -> str:
        """The body of the answer. Raises ClientError where it is an error."""
        answer, text = self.exchange(emulator)
        if answer.status >= http.HTTPStatus.BAD_REQUEST:
            raise _error_of(answer, text)
        return text

    def exchange(self, emulator: Target) -> tuple[http.client.HTTPResponse, str]:
        """The answer, with its status and headers, and its body."""
        address = urlsplit(emulator.endpoint_url)
        connection = http.client.HTTPConnection(address.netloc, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(self.method, self.target, self.body, self.headers)
            answer = connection.getresponse()
            return answer, answer.read().decode(errors="replace")
        finally:
            connection.close()


def root_of(emulator: Target) -> Credentials:
    """The credentials of the checks' own account."""
    return Credentials(emulator.account, "test")


def signed(
    emulator: Target,
    service: str,
    plain: Http,
    *,
    by: Credentials | None = None,
    late: timedelta = timedelta(),
) -> Http:
    """The request with a signature in its header, as of now or `late`."""
    by = by or root_of(emulator)
    headers = {name: value for name, value in plain.headers.items() if name != "x-amz-content-sha256"}
    request = AWSRequest(plain.method, emulator.endpoint_url + plain.target, headers, plain.body)
    signer = (S3SigV4Auth if service == "s3" else SigV4Auth)(by, service, REGION)
    request.context["timestamp"] = moment = (now_of(emulator) + late).strftime(MOMENT)
    request.headers["X-Amz-Date"] = moment
    if service == "s3":
        sent = plain.headers.get("x-amz-content-sha256") or hashlib.sha256(plain.body).hexdigest()
        request.headers["X-Amz-Content-SHA256"] = sent
    if by.token:
        request.headers["X-Amz-Security-Token"] = by.token
    if "Host" not in plain.headers:
        request.headers["Host"] = urlsplit(emulator.endpoint_url).netloc
    canonical = signer.canonical_request(request)
    text = signer.string_to_sign(request, canonical)
    request.headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={signer.scope(request)}, "
        f"SignedHeaders={signer.signed_headers(signer.headers_to_sign(request))}, "
        f"Signature={signer.signature(text, request)}"
    )
    return Http(plain.method, plain.target, dict(request.headers.items()), plain.body)


def link_to_call(
    emulator: Target, service: str, target: str, *, by: Credentials | None = None, late: timedelta = timedelta()
) -> Http:
    """A call of a service that is signed in the query, as of now or `late`."""
    request = AWSRequest("GET", emulator.endpoint_url + target)
    signer = _CallSigner(by or root_of(emulator), service, REGION, expires=3600)
    signer.moment = (now_of(emulator) + late).strftime(MOMENT)
    signer.add_auth(request)
    return Http("GET", str(request.url).removeprefix(emulator.endpoint_url))


def signed_by_version_2(emulator: Target, plain: Http, by: Credentials) -> Http:
    """A call of S3 with a signature of version 2 in its header."""
    request = AWSRequest(plain.method, emulator.endpoint_url + plain.target, plain.headers, plain.body)
    HmacV1Auth(by).add_auth(request)
    return Http(plain.method, plain.target, dict(request.headers.items()), plain.body)


def link(
    emulator: Target,
    target: str,
    *,
    method: str = "GET",
    valid_seconds: int = 60,
    by: Credentials | None = None,
    late: timedelta = timedelta(),
    headers: Mapping[str, str] | None = None,
) -> str:
    """Path and query of a link to S3, as of now or `late`."""
    request = AWSRequest(method, emulator.endpoint_url + target, dict(headers or {}))
    signer = _LinkSigner(by or root_of(emulator), "s3", REGION, expires=valid_seconds)
    signer.moment = (now_of(emulator) + late).strftime(MOMENT)
    signer.add_auth(request)
    return str(request.url).removeprefix(emulator.endpoint_url)


class _LinkSigner(S3SigV4QueryAuth):
    """Signs at a moment that is given."""

    moment = ""

    def _modify_request_before_signing(self, request: Any) -> None:
        request.context["timestamp"] = self.moment
        super()._modify_request_before_signing(request)  # type: ignore[misc]


class _CallSigner(_LinkSigner):
    """Signs the body, which is empty: only a link to S3 leaves it out."""

    def payload(self, request: Any) -> str:
        return SigV4Auth.payload(self, request)


def now_of(emulator: Target) -> datetime:
    """The emulator's time, which may be virtual; the machine's where it does not say."""
    with suppress(OSError, ValueError, KeyError):
        opener = build_opener(ProxyHandler({}))
        with opener.open(
            Request(f"{emulator.endpoint_url}/_rawk/time", headers=control_headers()), timeout=TIMEOUT_SECONDS
        ) as answer:
            return datetime.fromisoformat(json.load(answer)["now"])
    return datetime.now(UTC)


@contextmanager
def bucket(emulator: Target, **settings: Any) -> Iterator[str]:
    """A bucket with an object `one`, and what else is there is removed with it."""
    s3, name = emulator.client("s3"), emulator.new_name()
    s3.create_bucket(Bucket=name, **settings)
    s3.put_object(Bucket=name, Key="one", Body=b"content")
    try:
        yield name
    finally:
        with suppress(ClientError):
            s3.delete_bucket_policy(Bucket=name)
            for each in s3.list_objects_v2(Bucket=name).get("Contents", []):
                s3.delete_object(Bucket=name, Key=each["Key"])
            s3.delete_bucket(Bucket=name)


@contextmanager
def role_of(emulator: Target, root: Credentials, action: str) -> Iterator[tuple[str, Credentials]]:
    """The ARN of a role in the account of `root`, which may do `action`, and the credentials of a session of it."""
    session = isolated_session(root.access_key, root.secret_key)
    iam = session.client("iam", endpoint_url=emulator.endpoint_url)
    sts = session.client("sts", endpoint_url=emulator.endpoint_url)
    name = emulator.new_name()
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
    rights = {"Effect": "Allow", "Action": action, "Resource": "*"}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=_policy(rights))
    try:
        keys = sts.assume_role(RoleArn=arn, RoleSessionName="check")["Credentials"]
        yield arn, Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    finally:
        iam.delete_role_policy(RoleName=name, PolicyName="own")
        iam.delete_role(RoleName=name)


def _policy(statement: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def query(action: str, version: str) -> Http:
    """A call of a service that takes forms."""
    body = urlencode({"Action": action, "Version": version}).encode()
    return Http("POST", "/", {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}, body)


def json_call(name: str, version: str = "1.1", body: bytes = b"{}") -> Http:
    """A call of a service that takes JSON; `name` has the service's prefix."""
    return Http("POST", "/", {"Content-Type": f"application/x-amz-json-{version}", "X-Amz-Target": name}, body)


def _error_of(answer: http.client.HTTPResponse, text: str) -> ClientError:
    code, message = str(answer.status), text
    if text.lstrip().startswith("<"):
        with suppress(ElementTree.ParseError):
            found = {each.tag.rpartition("}")[2]: each.text or "" for each in ElementTree.fromstring(text).iter()}
            code, message = found.get("Code", code), found.get("Message", message)
    else:
        with suppress(ValueError):
            said = json.loads(text)
            code = answer.getheader("x-amzn-errortype") or said.get("__type", code)
            message = said.get("message", said.get("Message", text))
    code = code.partition(":")[0].rpartition("#")[2]
    error: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": answer.status}}
    return ClientError(error, "request")
