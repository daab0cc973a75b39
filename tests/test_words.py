"""The words of this repository are the field's: a list of banned words, and what to write instead.

The list is tests/banned_words.toml. Words of our own that stay are in docs/glossary.md.
"""

import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LIST = ROOT / "tests/banned_words.toml"
SUFFIXES = {
    ".py",
    ".md",
    ".toml",
    ".ini",
    ".yml",
    ".yaml",
    ".tf",
    ".hcl",
    ".sh",
    ".js",
    ".css",
    ".html",
    ".tfvars",
    ".in",
}
NAMES = {"Dockerfile", "Dockerfile.lambda", "run"}
NOT_OURS = ("LICENSE", "requirements/", "tests/banned_words.toml", "tests/test_words.py")


@cache
def banned() -> list[dict[str, object]]:
    entries: list[dict[str, object]] = tomllib.loads(LIST.read_text(encoding="utf-8"))["banned"]
    for entry in entries:
        # An identifier is words, too: `_told` and `tell_all` as much as "told".
        entry["pattern"] = re.compile(rf"(?<![a-z])({entry['word']})(?![a-z])", re.IGNORECASE)
    return entries


@cache
def texts() -> dict[str, str]:
    """Every text file of ours, by its path from the top."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    ours = [
        name
        for name in listed.splitlines()
        if (Path(name).suffix in SUFFIXES or Path(name).name in NAMES) and not name.startswith(NOT_OURS)
    ]
    return {name: (ROOT / name).read_text(encoding="utf-8") for name in ours if (ROOT / name).is_file()}


def found(name: str, text: str) -> Iterator[str]:
    """`file:line: word → what to use`, for each banned word in a text."""
    for entry in banned():
        excepted = entry.get("except", [])
        assert isinstance(excepted, list)
        if any(name.startswith(each) for each in excepted):
            continue
        pattern = entry["pattern"]
        assert isinstance(pattern, re.Pattern)
        for match in pattern.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield f"{name}:{line}: “{match[0]}” → {entry['use']}"


def test_no_text_of_ours_uses_a_banned_word() -> None:
    complaints = [complaint for name, text in texts().items() for complaint in found(name, text)]

    assert not complaints, f"{len(complaints)} banned words (tests/banned_words.toml):\n" + "\n".join(complaints[:200])


def test_no_file_is_named_by_a_banned_word() -> None:
    complaints = [complaint for name in texts() for complaint in found(name, name.replace("_", " "))]

    assert complaints == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("A story is told.", "a.py:1: “story” → scenario"),
        ("x = 1\ndef tell_all(): ...", "a.py:2: “tell” → report, say, print, render; renderer"),
        ("The fault was never met.", "a.py:1: “never met” → triggered, not triggered; allow_untriggered"),
        ("It can not start.", "a.py:1: “can not” → cannot"),
    ],
)
def test_a_banned_word_is_named_with_its_line_and_the_word_to_use(text: str, complaint: str) -> None:
    assert complaint in list(found("a.py", text))


@pytest.mark.parametrize(
    "text", ["its history", "a display", "the outdoors", "overlap", "two people's".replace("people", "peoples")]
)
def test_a_word_inside_another_word_is_no_banned_word(text: str) -> None:
    assert list(found("a.py", text)) == []
