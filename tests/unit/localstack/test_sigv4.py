"""The signature that the emulator computes is the one that AWS's own SDK makes."""

import hashlib
from typing import Any
from urllib.parse import quote

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from sim.localstack.extension.rawk_emulator.signatures.sigv4 import (
    Malformed,
    Sent,
    canonical_request,
    scope_of,
    signature_of,
    signed_of,
    string_to_sign,
)

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
KEYS = Credentials("AKIDEXAMPLE", SECRET)
MOMENT = "20150830T123600Z"
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)


def signed_by_sdk(method: str, url: str, headers: dict[str, str], body: bytes, *, is_s3: bool) -> AWSRequest:
    request = AWSRequest(method, url, headers, body)
    signer = (S3SigV4Auth if is_s3 else SigV4Auth)(KEYS, "s3" if is_s3 else "sqs", "us-east-1")
    signer.add_auth(request)
    return request


def expected_signature(request: Any, body: bytes, *, is_s3: bool) -> tuple[str, str]:
    """The signature in the request, and the one that we compute of what is on the wire."""
    prepared = request.prepare()
    headers = [(name, str(value)) for name, value in prepared.headers.items()]
    if not any(name.lower() == "host" for name, _ in headers):
        headers.append(("Host", "h:4566"))
    sent = Sent(request.method, prepared.url.removeprefix("http://h:4566"), headers)
    signed = signed_of(sent.header("authorization"))
    payload = hashlib.sha256(body).hexdigest()
    canonical = canonical_request(sent, signed.signed_headers, payload, is_s3=is_s3)
    text = string_to_sign(sent.header("x-amz-date"), signed.scope, canonical)
    return signed.signature, signature_of(SECRET, signed.scope, text)


@pytest.mark.parametrize("is_s3", [True, False], ids=["s3", "others"])
@given(
    path=st.lists(TEXT.filter(lambda part: part not in (".", "..")), max_size=3),
    query=st.dictionaries(TEXT.filter(bool), TEXT, max_size=3),
    value=st.text("ab  ,;=", max_size=8),
    body=st.binary(max_size=20),
)
def test_a_request_of_the_sdk_is_signed_as_we_compute(
    is_s3: bool, path: list[str], query: dict[str, str], value: str, body: bytes
) -> None:
    parts = [each for each in path if is_s3 or each]
    target = "/" + "/".join(quote(each, safe="~") for each in parts)
    if query:
        target += "?" + "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in query.items())
    request = signed_by_sdk("POST", f"http://h:4566{target}", {"X-Amz-Meta-A": f"v{value}v"}, body, is_s3=is_s3)
    given_signature, ours = expected_signature(request, body, is_s3=is_s3)
    assert given_signature == ours


def test_another_secret_gives_another_signature() -> None:
    scope = scope_of("AKID/20150830/us-east-1/s3/aws4_request")
    assert signature_of("one", scope, "text") != signature_of("other", scope, "text")


def test_the_signature_of_a_link_is_no_part_of_what_is_signed() -> None:
    def canonical(target: str) -> str:
        return canonical_request(Sent("GET", target, [("Host", "h")]), ["host"], "UNSIGNED-PAYLOAD", is_s3=True)

    assert canonical("/b/k?X-Amz-Date=1&X-Amz-Signature=2") == canonical("/b/k?X-Amz-Date=1")
    assert canonical("/b/k?X-Amz-Date=1&versionId=2") != canonical("/b/k?X-Amz-Date=1")


@pytest.mark.parametrize(
    "authorization",
    [
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=A/20150830/us-east-1/s3/aws4_request",
        "AWS4-HMAC-SHA256 Credential=A/20150830/us-east-1/s3, SignedHeaders=host, Signature=1",
        "AWS4-HMAC-SHA256 Credential=A/2015/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=1",
        "AWS4-HMAC-SHA256 Credential=/20150830/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=1",
        "AWS4-HMAC-SHA256 Credential=A/20150830/us-east-1/s3/aws4_request, SignedHeaders=, Signature=1",
        "AWS4-HMAC-SHA512 Credential=A/20150830/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=1",
        "Credential=A/20150830/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=1",
        "Basic Credential=A/20150830/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=1",
    ],
)
def test_an_authorization_header_that_lacks_a_part_or_has_another_algorithm_is_malformed(authorization: str) -> None:
    with pytest.raises(Malformed):
        signed_of(authorization)


def test_an_authorization_header_is_read_with_and_without_blanks() -> None:
    parts = ["Credential=A/20150830/us-east-1/s3/aws4_request", "SignedHeaders=host;x-amz-date", "Signature=1f"]
    for glue in (", ", ","):
        signed = signed_of("AWS4-HMAC-SHA256 " + glue.join(parts))
        assert (signed.scope.access_key, signed.scope.service) == ("A", "s3")
        assert (signed.signed_headers, signed.signature) == (("host", "x-amz-date"), "1f")
