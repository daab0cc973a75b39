"""Finds pieces of secrets and of recorded words in the output of processes, in whatever form they were written."""

import base64
import binascii
import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_plus, urlsplit

PIECE = 8
"""Characters of a secret that must not follow each other in any output.

The harness's own secrets are of letters and digits, so that the probability of finding eight of them by accident in a
megabyte of ids is below one in a million.
"""

HEX_PIECE = 16
"""The same for a secret in hex, in the company of digests and ids."""

WORDS = 4
"""Recorded words that must not follow each other in any output."""

SIGNED = {
    "a presigned request": ("x-amz-", r"x-amz-(?:signature|credential|security-token)[\"']?\s*[=:]"),
    "a signed header": ("aws4-hmac-sha256", r"aws4-hmac-sha256 credential="),
    "credentials of an AWS session": ("ia", r"\b[al](?:sia|kia)[a-z0-9]{16}\b"),
    "a bearer token": ("bearer ", r"\bbearer [a-z0-9._~+/-]{8}"),
    "a signed token": ("eyj", r"\beyj[a-z0-9_-]{8,}\.eyj[a-z0-9_-]{8}"),
    "the hash of a password": ("$argon2", r"\$argon2(?:id|i|d)\$"),
}
"""What gives access by itself, or helps to guess what does: a text that it contains, and its pattern, in lower case."""

_SIGNED = [(name, needle, re.compile(pattern)) for name, (needle, pattern) in SIGNED.items()]
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_NUMBER = re.compile(r"\b\d+\b")
_WORD = re.compile(r"\w+")
_RUN = re.compile(rf"[A-Za-z0-9+/=_.~-]{{{PIECE},}}")
"""Of what keys, tokens and base64 are written in."""
_HEX = re.compile(rf"[0-9a-f]{{{HEX_PIECE * 2},}}$")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([nrtbf])|(.))")


@dataclass(frozen=True)
class Sought:
    """What no output may contain a piece of. All map a name, for the message, to the text."""

    secrets: Mapping[str, str] = field(default_factory=dict)
    whole: Mapping[str, str] = field(default_factory=dict)
    """What has common parts, such as an address: only all of it counts."""
    speech: Mapping[str, str] = field(default_factory=dict)
    """Transcripts, titles and summaries: recorded words, and what was made of them."""

    def __len__(self) -> int:
        return len(self.secrets) + len(self.whole) + len(self.speech)

    def __or__(self, other: "Sought") -> "Sought":
        return Sought({**self.secrets, **other.secrets}, {**self.whole, **other.whole}, {**self.speech, **other.speech})

    def of(self, place: str) -> "Sought":
        """The same texts, under names that say where they are from. Each text once."""
        named = [
            {text: f"{name} of {place}" for name, text in texts.items() if text}
            for texts in (self.secrets, self.whole, self.speech)
        ]
        return Sought(*({name: text for text, name in each.items()} for each in named))


class Search:
    """Looks for many texts at once: what it costs depends on the output, hardly on the number of texts."""

    def __init__(self, sought: Sought, public: Iterable[str] = ()) -> None:
        """Words that also stand in a `public` text are not sought; 0 in it stands for any number."""
        self._runs: dict[int, dict[str, str]] = {}
        """Length → piece, all of it part of one run → name."""
        self._whole: dict[str, dict[str, str]] = {}
        """Piece → texts that contain it, of which only all counts → name."""
        self._parts: dict[str, str] = {}
        """Text of other characters → name. Each costs a look at the whole output; there are few."""
        for name, secret in sought.secrets.items():
            for piece in _pieces(secret) if secret else ():
                pieces = self._runs.setdefault(len(piece), {}) if _RUN.fullmatch(piece) else self._parts
                pieces.setdefault(piece, name)
        for name, text in sought.whole.items():
            if runs := _RUN.findall(text):
                self._whole.setdefault(max(runs, key=len)[-PIECE:], {})[text] = name
            elif text:
                self._parts[text] = name
        self._phrases: dict[str, str] = {}
        known = [f" {' '.join(_words(text))} " for text in public]
        for name, text in sought.speech.items():
            for phrase in _phrases(text):
                if not any(f" {_NUMBER.sub('0', phrase)} " in each for each in known):
                    self._phrases.setdefault(phrase, name)
        self._beginnings: dict[str, set[int]] = {}
        """First word of a phrase → the numbers of words that phrases with it have."""
        for phrase in self._phrases:
            words = phrase.split(" ")
            self._beginnings.setdefault(words[0], set()).add(len(words))

    def found_in(self, output: str) -> list[str]:
        """The name of each secret and text of which the output contains a piece, and of what gives access by itself.

        The output is searched as it is, with its JSON, URL and HTML escapes resolved, and with what is base64 decoded.
        """
        forms = _forms(output)
        found = [name for form in forms for name in self._secrets_in(form)]
        lowered = list(dict.fromkeys(form.casefold() for form in forms))
        found += [name for form in lowered for name in self._speech_in(form)]
        found += [
            name for name, needle, pattern in _SIGNED for form in lowered if needle in form and pattern.search(form)
        ]
        return list(dict.fromkeys(found))

    def _secrets_in(self, form: str) -> Iterator[str]:
        likely: dict[str, str] = {}
        for run in dict.fromkeys(_RUN.findall(form)) if self._runs or self._whole else ():
            for length, pieces in self._runs.items():
                for at in range(len(run) - length + 1):
                    if name := pieces.get(run[at : at + length]):
                        yield name
            for at in range(len(run) - PIECE + 1) if self._whole else ():
                likely.update(self._whole.get(run[at : at + PIECE], ()))
        yield from (name for text, name in likely.items() if text in form)
        yield from (name for part, name in self._parts.items() if part in form)

    def _speech_in(self, lowered: str) -> Iterator[str]:
        words = _WORD.findall(lowered) if self._phrases else []
        for at, word in enumerate(words):
            for length in self._beginnings.get(word, ()):
                if name := self._phrases.get(" ".join(words[at : at + length])):
                    yield name


def pieces_in(output: str, sought: Sought) -> Iterator[str]:
    """What `Search.found_in` finds, for one output."""
    yield from Search(sought).found_in(output)


def password_of(url: str) -> str:
    """Empty if it has none."""
    return urlsplit(url).password or ""


def _forms(output: str) -> list[str]:
    resolved = _ESCAPE.sub(_character, output)
    twice = _ESCAPE.sub(_character, resolved)  # an answer in JSON as a field of a log line
    forms = [output, resolved, twice, unquote_plus(twice), html.unescape(twice), *_decoded(twice)]
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
    length = HEX_PIECE if _HEX.search(random_part) else PIECE
    return [random_part[at : at + length] for at in range(max(1, len(random_part) - length + 1))]


def _phrases(text: str) -> Iterable[str]:
    words = _words(text)
    return {" ".join(words[at : at + WORDS]) for at in range(max(1, len(words) - WORDS + 1))} if words else ()


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
