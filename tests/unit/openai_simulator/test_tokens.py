"""Tokens are whole characters of the text, at most four bytes each."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from sim.openai_simulator.endpoints.event_stream import padding
from sim.openai_simulator.endpoints.tokens import count, logprobs_of, tokens_of

TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.text("aé€😀", max_size=20)


@settings(deadline=None, max_examples=200)
@given(TEXTS)
def test_a_text_in_tokens(text):
    tokens = tokens_of(text)

    assert "".join(tokens) == text
    assert all(0 < len(token.encode()) <= 4 for token in tokens)
    assert all(len((one + two).encode()) > 4 or one.isascii() for one, two in pairwise(tokens))
    assert count(text) == len(tokens)


def test_tokens_are_four_letters_of_english():
    assert tokens_of("It rains.") == ["It r", "ains", "."]
    assert tokens_of("aé€😀") == ["aé", "€", "😀"]


def test_a_token_is_not_among_its_own_alternatives():
    (only,) = logprobs_of("a", 3)

    assert [each["token"] for each in only["top_logprobs"]] == ["a", "b", "c"]


def test_every_delta_is_as_long_with_its_padding():
    assert {len(text) + len(padding(text)) for text in ("", "a", "It r", "😀")} == {16}
