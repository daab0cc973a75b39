"""Finds pieces of secrets and of recorded words in the output of processes, in whatever form they were written."""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus, urlsplit

PIECE = 8
"""Characters of a secret that must not follow each other in any output.

The harness's own secrets are of letters and digits, so that the probability of finding eight of them by accident in a
megabyte of ids is below one in a million.
"""

WORDS = 4
"""Recorded words that must not follow each other in any output."""

SIGNED = {
    "a presigned request": re.compile(r"X-Amz-(?:Signature|Credential|Security-Token)[\"']?\s*[=:]", re.IGNORECASE),
    "a signed header": re.compile(r"AWS4-HMAC-SHA256 Credential=", re.IGNORECASE),
    "credentials of an AWS session": re.compile(r"\b[AL](?:SIA|KIA)[A-Z0-9]{16}\b"),
    "a bearer token": re.compile(r"\bBearer [A-Za-z0-9._~+/-]{8}"),
}
"""What gives access by itself."""

_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_WORD = re.compile(r"\w+")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([nrtbf])|(.))")


@dataclass(frozen=True)
class Sought:
    """What no output may contain a piece of. Both map a name, for the message, to the text."""

    secrets: Mapping[str, str]
    whole: Mapping[str, str]
    """What has common parts, such as an address: only all of it counts."""
    speech: Mapping[str, str]
    """Transcripts, titles and summaries: recorded words, and what was made of them."""


def pieces_in(output: str, sought: Sought) -> Iterator[str]:
    """The name of each secret and text of which the output contains a piece, and of what gives access by itself.

    The output is searched as it is, with its JSON and URL escapes resolved, and with what is base64 decoded.
    """
    forms = _forms(output)
    for name, secret in sought.secrets.items():
        pieces = _pieces(secret) if secret else []
        if any(piece in form for form in forms for piece in pieces):
            yield name
    for name, secret in sought.whole.items():
        if any(secret in form for form in forms):
            yield name
    spoken = [" ".join(_words(form)) for form in forms]
    for name, text in sought.speech.items():
        phrases = _phrases(text)
        if any(f" {phrase} " in f" {form} " for form in spoken for phrase in phrases):
            yield name
    for name, pattern in SIGNED.items():
        if any(pattern.search(form) for form in forms):
            yield name


def password_of(url: str) -> str:
    """Empty if it has none."""
    return urlsplit(url).password or ""


def _forms(output: str) -> list[str]:
    resolved = _ESCAPE.sub(_character, output)
    twice = _ESCAPE.sub(_character, resolved)  # an answer in JSON as a field of a log line
    forms = [output, resolved, twice, unquote_plus(twice), *_decoded(twice)]
    return list(dict.fromkeys(forms))


def _character(escape: re.Match[str]) -> str:
    code, white, other = escape.groups()
    return chr(int(code, 16)) if code else " " if white else other


def _decoded(output: str) -> list[str]:
    """What the base64 in the output says, in one text; nothing where there is none."""
    texts = [text for run in set(_ENCODED.findall(output)) if (text := _text_of(run)).isprintable()]
    return ["\n".join(texts)] if texts else []


def _text_of(encoded: str) -> str:
    whole = encoded.rstrip("=")
    try:
        return base64.b64decode(whole + "=" * (-len(whole) % 4), altchars=_alphabet(whole)).decode()
    except (binascii.Error, ValueError):
        return "\x00"


def _alphabet(encoded: str) -> bytes:
    return b"-_" if set(encoded) & {"-", "_"} else b"+/"


def _pieces(secret: str) -> list[str]:
    """Every piece of its random part, which comes after its last dash: `sk-` is part of a key and no secret."""
    random_part = secret.rpartition("-")[2]
    if len(random_part) < PIECE:
        random_part = secret
    return [random_part[at : at + PIECE] for at in range(max(1, len(random_part) - PIECE + 1))]


def _phrases(text: str) -> Iterable[str]:
    words = _words(text)
    return {" ".join(words[at : at + WORDS]) for at in range(max(1, len(words) - WORDS + 1))} if words else ()


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]
