"""S3: signatures in the header, and presigned links."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from urllib.parse import quote

from sim.localstack.conformance.documented.registry import Checks, expect, expect_error
from sim.localstack.conformance.documented.requests import (
    UNSIGNED_PAYLOAD,
    Http,
    bucket,
    link,
    role_of,
    root_of,
    signed,
    signed_by_version_2,
)
from sim.localstack.conformance.documented.signatures import UNKNOWN, WRONG
from sim.localstack.conformance.target import Target

S3 = Checks("S3", "https://docs.aws.amazon.com/AmazonS3/latest/API/")

HEADER_PAGE = "sigv4-auth-using-authorization-header.html"
LINK_PAGE = "sigv4-query-string-auth.html"
ERRORS_PAGE = "ErrorResponses.html"

LISTING = Http("GET", "/")

S3.refuses(
    "SignatureDoesNotMatch",
    "A request under another secret",
    ERRORS_PAGE,
    lambda target: signed(target, "s3", LISTING, by=WRONG).send(target),
)
S3.refuses(
    "InvalidAccessKeyId",
    "An access key that was never issued",
    ERRORS_PAGE,
    lambda target: signed(target, "s3", LISTING, by=UNKNOWN).send(target),
)
for _minutes in (-16, 16):
    S3.refuses(
        "RequestTimeTooSkewed",
        f"A request whose time is {_minutes} minutes from the server's",
        ERRORS_PAGE,
        lambda target, minutes=_minutes: signed(target, "s3", LISTING, late=timedelta(minutes=minutes)).send(target),  # type: ignore[misc]
    )
for _minutes in (-14, 14):
    S3.accepts(
        f"A request whose time is {_minutes} minutes from the server's",
        ERRORS_PAGE,
        lambda target, minutes=_minutes: signed(target, "s3", LISTING, late=timedelta(minutes=minutes)).send(target),  # type: ignore[misc]
    )
S3.refuses(
    "InvalidArgument",
    "An Authorization header of an unknown kind",
    ERRORS_PAGE,
    lambda target: Http("GET", "/bucket/key", {"Authorization": "Bearer of-nothing"}).send(target),
)
S3.refuses(
    "AuthorizationHeaderMalformed",
    "An Authorization header without its parts",
    HEADER_PAGE,
    lambda target: _with_header(target, "Authorization", "AWS4-HMAC-SHA256 Credential=a").send(target),
)
S3.refuses(
    "AccessDenied",
    "A signed request without a date",
    HEADER_PAGE,
    lambda target: _with_header(target, "X-Amz-Date", None).send(target),
)
S3.refuses(
    "InvalidRequest",
    "A signed request without x-amz-content-sha256",
    HEADER_PAGE,
    lambda target: _with_header(target, "X-Amz-Content-SHA256", None).send(target),
)


def _with_header(target: Target, name: str, value: str | None) -> Http:
    altered = signed(target, "s3", Http("GET", "/bucket/key"))
    altered.headers.pop(name)
    if value is not None:
        altered.headers[name] = value
    return altered


@S3.check("A body that is not the one that was signed is refused: XAmzContentSHA256Mismatch", HEADER_PAGE)
def another_body(target: Target) -> None:
    with bucket(target) as name:
        altered = signed(target, "s3", Http("PUT", f"/{name}/two", body=b"accepted"))
        altered.body = b"replaced"
        expect_error("XAmzContentSHA256Mismatch", partial(altered.send, target))
        listed = target.client("s3").list_objects_v2(Bucket=name)["Contents"]
        expect("the keys", [each["Key"] for each in listed], ["one"])


@S3.check("A body may be left out of the signature: UNSIGNED-PAYLOAD", HEADER_PAGE)
def unsigned_payload(target: Target) -> None:
    with bucket(target) as name:
        plain = Http("PUT", f"/{name}/two", {"x-amz-content-sha256": UNSIGNED_PAYLOAD}, b"accepted")
        sent = signed(target, "s3", plain)
        sent.body = b"replaced"
        sent.send(target)


@S3.check("Keys of all kinds are signed as they are sent", HEADER_PAGE)
def every_key(target: Target) -> None:
    with bucket(target) as name:
        for key in ("a b", "a+b", "\u00fc/\u00f6", "x//y", "a%20b", "~t(1)!*'", "c=d&e?f#g", "a:b@c,d;e"):
            path = f"/{name}/{quote(key, safe='/~')}"
            signed(target, "s3", Http("PUT", path, body=key.encode())).send(target)
            expect(f"the content of {key!r}", Http("GET", link(target, path)).send(target), key)


# ---- links ----


def _link_check(claim: str, code: str, alter: Callable[[str], Http], page: str = LINK_PAGE, **options: object) -> None:
    """A link to an object, and what is made of it, which must be refused with the code."""

    @S3.check(f"{claim}: {code}", page)
    def check(target: Target) -> None:
        with bucket(target) as name:
            url = link(target, f"/{name}/one", **options)  # type: ignore[arg-type]
            expect_error(code, partial(alter(url).send, target))


def _get(replaced: str, by: str) -> Callable[[str], Http]:
    def alter(url: str) -> Http:
        assert replaced in url
        return Http("GET", url.replace(replaced, by))

    return alter


def _unchanged(url: str) -> Http:
    return Http("GET", url)


def _without(name: str) -> Callable[[str], Http]:
    def alter(url: str) -> Http:
        path, _, query = url.partition("?")
        return Http("GET", f"{path}?{'&'.join(each for each in query.split('&') if not each.startswith(f'{name}='))}")

    return alter


@S3.check("A link gives its object to a client without credentials", LINK_PAGE)
def link_works(target: Target) -> None:
    with bucket(target) as name:
        expect("the content", Http("GET", link(target, f"/{name}/one")).send(target), "content")


@S3.check("A link to upload takes the object", LINK_PAGE)
def link_to_upload(target: Target) -> None:
    with bucket(target) as name:
        Http("PUT", link(target, f"/{name}/two", method="PUT"), body=b"by link").send(target)
        expect("the content", target.client("s3").get_object(Bucket=name, Key="two")["Body"].read(), b"by link")


MISMATCH, PARAMETERS = "SignatureDoesNotMatch", "AuthorizationQueryParametersError"

ALTERED: tuple[tuple[str, str, Callable[[str], Http]], ...] = (
    ("A link whose key was altered is refused", MISMATCH, _get("/one", "/two")),
    ("A link to another bucket is refused", MISMATCH, lambda url: Http("GET", f"/x{url[1:]}")),
    ("A link whose validity was altered is refused", MISMATCH, _get("Expires=60", "Expires=61")),
    ("A link whose signature was altered is refused", MISMATCH, lambda url: Http("GET", f"{url[:-4]}0000")),
    ("A link with an additional parameter is refused", MISMATCH, lambda url: Http("GET", f"{url}&versionId=null")),
    ("A link for GET does not delete", MISMATCH, lambda url: Http("DELETE", url)),
    ("A link for GET does not put", MISMATCH, lambda url: Http("PUT", url, body=b"x")),
    ("A link with an added header is refused", "AccessDenied", lambda url: Http("GET", url, {"x-amz-meta-a": "x"})),
    ("A link whose validity is no number is refused", PARAMETERS, _get("Expires=60", "Expires=soon")),
    ("A link of another algorithm is refused", PARAMETERS, _get("HMAC-SHA256", "HMAC-SHA1")),
    ("A link with a credential that is none is refused", PARAMETERS, _get("aws4_request", "aws5_request")),
    ("A link with a credential for another service is refused", PARAMETERS, _get("%2Fs3%2F", "%2Fsqs%2F")),
    ("A link with a date that is none is refused", PARAMETERS, _get("X-Amz-Date=2", "X-Amz-Date=x")),
    *(
        (f"A link without X-Amz-{name} is refused", PARAMETERS, _without(f"X-Amz-{name}"))
        for name in ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature")
    ),
)
for _claim, _code, _alter in ALTERED:
    _link_check(_claim, _code, _alter)

_link_check("A link under another secret is refused", MISMATCH, _unchanged, by=WRONG)
_link_check("A link under a key that was never issued is refused", "InvalidAccessKeyId", _unchanged, by=UNKNOWN)
_link_check("A link that has expired is refused", "AccessDenied", _unchanged, late=timedelta(seconds=-62))
_link_check("A link that begins in the future is refused", "AccessDenied", _unchanged, late=timedelta(minutes=16))
_link_check("A link for longer than a week is refused", PARAMETERS, _unchanged, valid_seconds=604_801)
_link_check("A link with a negative validity is refused", PARAMETERS, _unchanged, valid_seconds=-1)


@S3.check("A link may be valid for a week", LINK_PAGE)
def link_for_a_week(target: Target) -> None:
    with bucket(target) as name:
        url = link(target, f"/{name}/one", valid_seconds=604_800, late=timedelta(days=-6, hours=-23))
        Http("GET", url).send(target)


@S3.check("A link with a signed header demands the header as it was signed", LINK_PAGE)
def link_with_header(target: Target) -> None:
    with bucket(target) as name:
        url = link(target, f"/{name}/two", method="PUT", headers={"Content-Type": "audio/wav"})
        wrong = Http("PUT", url, {"Content-Type": "text/html"}, b"x")
        expect_error("SignatureDoesNotMatch", partial(wrong.send, target))
        Http("PUT", url, {"Content-Type": "audio/wav"}, b"x").send(target)


@S3.check("The query of another S3 operation cannot be taken from a link", LINK_PAGE)
def link_to_other_operation(target: Target) -> None:
    with bucket(target) as name:
        url = link(target, f"/{name}/one").replace("/one?", "/one?acl&")
        expect_error("SignatureDoesNotMatch", partial(Http("GET", url).send, target))


@S3.check("A link of a session has no more rights than its role", LINK_PAGE)
def link_of_a_role(target: Target) -> None:
    with bucket(target) as name, role_of(target, root_of(target), "s3:PutObject") as (_, by):
        expect_error("AccessDenied", partial(Http("GET", link(target, f"/{name}/one", by=by)).send, target))
        Http("PUT", link(target, f"/{name}/two", method="PUT", by=by), body=b"x").send(target)


@S3.check("A caller who signs by version 2 has no more rights than its role", "RESTAuthentication.html")
def version_2_of_a_role(target: Target) -> None:
    with bucket(target) as name, role_of(target, root_of(target), "s3:PutObject") as (_, by):
        signed_by_version_2(target, Http("PUT", f"/{name}/two", body=b"x"), by).send(target)
        refused = signed_by_version_2(target, Http("GET", f"/{name}/one"), by)
        expect_error("AccessDenied", partial(refused.send, target))


for _parameter in ("awsaccesskeyid", "x-amz-credential", "X-AMZ-CREDENTIAL"):

    @S3.check(f"A request is not signed by the parameter {_parameter} alone: AccessDenied", LINK_PAGE)
    def unsigned(target: Target, parameter: str = _parameter) -> None:
        with bucket(target) as name:
            for method in ("GET", "PUT", "DELETE"):
                named = Http(method, f"/{name}/one?{parameter}={target.account}")
                expect_error("AccessDenied", partial(named.send, target))
