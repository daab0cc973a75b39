"""AWS Signature Version 4: reads what a request was signed with, and computes what its signature must be.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html. No part of LocalStack is
needed here.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from posixpath import normpath
from urllib.parse import quote, unquote

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()

_UNRESERVED = "-_.~"
_BLANKS = re.compile(r" +")
_PARTS = ("Credential", "SignedHeaders", "Signature")

Headers = Sequence[tuple[str, str]]
"""Names and values as they were sent; a name may stand there several times."""


class Malformed(Exception):
    """What a request was signed with cannot be read; the text says why, in AWS's words."""


@dataclass(frozen=True)
class Scope:
    """The credential of a signature, `KEY/DATE/REGION/SERVICE/aws4_request`."""

    access_key: str
    date: str
    region: str
    service: str

    @property
    def text(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


@dataclass(frozen=True)
class Signed:
    """What a request says about its own signature."""

    scope: Scope
    signed_headers: tuple[str, ...]
    signature: str


@dataclass(frozen=True)
class Sent:
    """A request as it arrived: `target` is path and query, undecoded."""

    method: str
    target: str
    headers: Headers

    def header(self, name: str) -> str:
        """Every value of the header, joined as a signature has them; empty when it is missing."""
        return ",".join(_BLANKS.sub(" ", value.strip()) for each, value in self.headers if each.lower() == name)


def scope_of(credential: str) -> Scope:
    """Raises Malformed."""
    parts = credential.rsplit("/", 4)  # an access key may contain a slash, in an emulator
    if len(parts) != 5 or parts[4] != "aws4_request" or not parts[0]:
        raise Malformed('the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".')
    if not re.fullmatch(r"\d{8}", parts[1]):
        raise Malformed(
            f'incorrect date format "{parts[1]}". This date in the credential must be in "yyyyMMdd" format.'
        )
    return Scope(*parts[:4])


def signed_of(authorization: str) -> Signed:
    """What an `Authorization` header of version 4 says. Raises Malformed."""
    if not authorization.startswith(f"{ALGORITHM} "):
        raise Malformed(f"the authorization header has another algorithm than {ALGORITHM}.")
    fields: dict[str, str] = {}
    for part in re.split(r"[,\s]+", authorization.removeprefix(ALGORITHM).strip()):
        name, _, value = part.partition("=")
        fields[name] = value
    for name in _PARTS:
        if not fields.get(name):
            raise Malformed(f"the authorization header requires three components: Credential, SignedHeaders, and "
                            f"Signature; {name} is missing.")  # fmt: skip
    return Signed(scope_of(fields["Credential"]), tuple(fields["SignedHeaders"].split(";")), fields["Signature"])


def canonical_request(sent: Sent, signed_headers: Iterable[str], payload_hash: str, *, is_s3: bool) -> str:
    """The text whose digest is signed. Of a link, `X-Amz-Signature` does not count."""
    path, _, query = sent.target.partition("?")
    names = sorted(each.lower() for each in signed_headers)
    return "\n".join(
        (
            sent.method.upper(),
            _canonical_path(path, is_s3=is_s3),
            _canonical_query(query),
            *(f"{name}:{sent.header(name)}" for name in names),
            "",
            ";".join(names),
            payload_hash,
        )
    )


def string_to_sign(moment: str, scope: Scope, canonical: str) -> str:
    """`moment` is the time of the signature as it was sent, `YYYYMMDDTHHMMSSZ`."""
    return "\n".join((ALGORITHM, moment, scope.text, hashlib.sha256(canonical.encode()).hexdigest()))


def signature_of(secret: str, scope: Scope, text: str) -> str:
    """The signature of a text: a string to sign, or a form's policy."""
    return hmac.new(_signing_key(secret, scope), text.encode(), hashlib.sha256).hexdigest()


def is_same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def query_of(target: str) -> Mapping[str, str]:
    """The parameters of a link, decoded; of a repeated one the first counts, as for S3."""
    found: dict[str, str] = {}
    for name, value in _pairs(target.partition("?")[2]):
        found.setdefault(name, value)
    return found


def _canonical_path(path: str, *, is_s3: bool) -> str:
    """S3 encodes a key once, as it is; every other service normalizes the path and encodes it again."""
    path = path or "/"
    if is_s3:
        return "/".join(_encoded_once(part) for part in path.split("/"))
    normal = normpath(path)
    normal = "/" + normal.lstrip("/")
    if path.endswith("/") and normal != "/":
        normal += "/"
    return quote(normal, safe="/" + _UNRESERVED)


def _encoded_once(part: str) -> str:
    return quote(unquote(part, errors="surrogateescape"), safe=_UNRESERVED, errors="surrogateescape")


def _canonical_query(query: str) -> str:
    encoded = sorted(
        (quote(name, safe=_UNRESERVED), quote(value, safe=_UNRESERVED))
        for name, value in _pairs(query)
        if name != "X-Amz-Signature"
    )
    return "&".join(f"{name}={value}" for name, value in encoded)


def _pairs(query: str) -> list[tuple[str, str]]:
    parts = (each.partition("=") for each in query.split("&") if each)
    return [(unquote(name), unquote(value)) for name, _, value in parts]


@lru_cache(maxsize=256)
def _signing_key(secret: str, scope: Scope) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (scope.date, scope.region, scope.service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
