"""The search for pieces of secrets and transcripts in the output of processes."""

import base64
import json
from urllib.parse import quote, quote_plus

import pytest

from sim.invariants.secret_pieces import PIECE, WORDS, Search, Sought, password_of, pieces_in

KEY = "sk-sim-Zf1eQd3cKb5aR9788Y96a5W4c3V2e1X0"
SAID = 'Remember: call "Doctor Okafor" about the crown, née März, before Monday evening.'
URL = "postgresql+psycopg://rawk:pass-word-0123456789abcdef@db.internal:5432/rawk"
SOUGHT = Sought(
    secrets={"the key": KEY, "the password": password_of(URL)},
    whole={"the database URL": URL},
    speech={"the transcript": SAID, "the title": "Call the dentist"},
)
WORDS_SAID = SAID.split()

FORMS = {
    "as it is": str,
    "in JSON": json.dumps,
    "in JSON in JSON": lambda text: json.dumps(json.dumps(text)),
    "in a URL": quote,
    "in a form": quote_plus,
    "by repr": repr,
    "in base64": lambda text: base64.b64encode(text.encode()).decode(),
    "in base64 for URLs, without padding": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "in capitals": str.upper,
    "over several lines": lambda text: text.replace(" ", "\n"),
}


def found(output: str) -> list[str]:
    return list(pieces_in(output, SOUGHT))


def line(text: str) -> str:
    return f'{{"timestamp": "2026-11-20T12:00:00+00:00", "level": "DEBUG", "event": "asked", "body": {text}}}\n'


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("first", range(len(WORDS_SAID) - WORDS))
def test_any_few_words_of_a_transcript_are_found(form: str, first: int) -> None:
    some = " ".join(WORDS_SAID[first : first + WORDS + 1])
    assert found(line(FORMS[form](some))) == ["the transcript"]


@pytest.mark.parametrize("form", [form for form in FORMS if form != "in capitals"])
@pytest.mark.parametrize("first", [7, 12, len(KEY) - PIECE])
def test_any_piece_of_a_key_is_found(form: str, first: int) -> None:
    piece = KEY[first : first + PIECE]
    assert found(line(FORMS[form](f"key={piece}"))) == ["the key"]


def test_the_whole_database_url_and_its_password_are_found() -> None:
    assert set(found(line(URL))) == {"the database URL", "the password"}
    assert found("password=pass-word-0123456789abcdef") == ["the password"]
    assert found("connecting to db.internal:5432/rawk") == []
    assert password_of("postgresql://rawk@db/rawk") == ""


@pytest.mark.parametrize(
    "output",
    [
        "GET /audio/1?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0a1b",
        "https://s3/audio/1?X-Amz-Credential=x",
        '{"x-amz-security-token": "FwoGZXIvYXdzE"}',
        "Authorization: AWS4-HMAC-SHA256 Credential=AKIA/20261120/us-east-1",
        "credentials ASIAQWERTYUIOPASDFGH",
        "X-Amz-Signature%3D0a1b",
        "'Authorization': 'Bearer sk-live-0123'",
    ],
)
def test_what_gives_access_by_itself_is_found(output: str) -> None:
    assert found(output)


def test_titles_shorter_than_a_phrase_are_found_whole() -> None:
    assert found(line('"call the dentist!"')) == ["the title"]
    assert found(line('"call the dentists"')) == []


@pytest.mark.parametrize(
    "output",
    [
        "",
        line('"job_done"'),
        "acme-2 acme.x sk-sim- sk-live",
        "5d1f8a2b-4b5a-4978-9d96-b5b4c3d2e1aa",
        "Remember: call, and before Monday",
        "AWS4-HMAC-SHA256",
        "dGhpcyBpcyBubyBzZWNyZXQgYXQgYWxs",
    ],
)
def test_ordinary_lines_contain_no_piece(output: str) -> None:
    assert found(output) == []


def test_eight_hex_digits_are_no_piece_of_a_key_in_hex() -> None:
    """Digests and ids of a long run have them by accident."""
    search = Search(Sought(secrets={"a key": f"rawk_{'0123456789abcdef' * 4}", "another": "fedcba9876543210" * 2}))
    assert search.found_in("digest 1234567f 9abcdef0 edcba987") == []
    assert search.found_in("key 3456789abcdef012 and edcba9876543210f") == ["a key", "another"]
    assert search.found_in("rawk_0123456789") == []


def test_a_piece_across_punctuation_is_found() -> None:
    search = Search(
        Sought(secrets={"a key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCY"}, whole={"an address": "db://rawk:s3cretword@h"})
    )
    assert search.found_in("key FEMI/K7M") == ["a key"]
    assert search.found_in("ENG+bPxR") == ["a key"]
    assert search.found_in("at db://rawk:s3cretword@host.internal/x") == ["an address"]
    assert search.found_in("s3cretword") == []
