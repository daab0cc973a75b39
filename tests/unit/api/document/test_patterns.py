"""The patterns in the OpenAPI document take what the API takes, and nothing else."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rawk.api.fields import TITLE, title_of
from rawk.use_cases.audio_formats import CONTENT_TYPE, audio_type


def matches(pattern: str, text: str) -> bool:
    """As JSON Schema means it: Python's `$` would match before a line break at the end, too."""
    return re.fullmatch(pattern.removeprefix("^").removesuffix("$"), text) is not None


def takes(function, text):
    try:
        function(text)
    except ValueError:
        return False
    return True


SPACES = st.text(st.sampled_from(" \t\n\r\x0b\x0c\x1c\x1f\x85\xa0\u1680\u2003\u2028\u2029\u202f\u3000"), max_size=3)
TITLES = st.one_of(st.text(max_size=20), st.text(st.sampled_from("x\u202e\u200b\x00\x7f\x9f"), max_size=4))


@given(st.tuples(SPACES, TITLES, SPACES).map("".join))
@example(" " + "x" * 200 + "\n")
@example("x" * 201)
def test_the_pattern_of_a_title(text):
    assert matches(TITLE["pattern"], text) == takes(title_of, text)


def test_the_pattern_knows_each_character():
    characters = [*map(chr, range(0x2100)), "\u3000", "\ufeff", "\U000e0020"]
    texts = [text for each in characters for text in (f"a{each}b", each, f"a{each}")]

    assert [ascii(text) for text in texts if matches(TITLE["pattern"], text) != takes(title_of, text)] == []


@pytest.mark.parametrize(
    "text",
    [
        *("audio/wav", "audio/webm;codecs=opus", "audio/vnd.wave", "audio/x-m4a ;\nx", "video/mp4\t"),
        *("audio/vndXwave", "audio/wave2", "audio", "", ";", "image/png", "audio/wav,audio/mpeg"),
    ],
)
def test_the_pattern_of_a_content_type(text):
    assert matches(CONTENT_TYPE, text) == takes(audio_type, text)
