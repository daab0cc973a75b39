"""Tokens: pieces of a text of about four characters each, as OpenAI advises to estimate them."""

from typing import Any

BYTES_PER_TOKEN = 4  # https://help.openai.com/en/articles/4936856: about four characters of English
LOGPROB = -0.01
"""Of every token: the simulator's answers have no alternatives."""
LEAST_LOGPROB = -9999.0
"""What OpenAI gives for a token that is not among the 20 most probable ones."""


def tokens_of(text: str) -> list[str]:
    """The text in whole characters, at most four bytes a token."""
    if text.isascii():
        return [text[start : start + BYTES_PER_TOKEN] for start in range(0, len(text), BYTES_PER_TOKEN)]
    found, token, used = list[str](), "", 0
    for character in text:
        size = len(character.encode())
        if used + size > BYTES_PER_TOKEN:
            found.append(token)
            token, used = "", 0
        token, used = token + character, used + size
    return [*found, token] if token else found


def count(text: str) -> int:
    return -(-len(text) // BYTES_PER_TOKEN) if text.isascii() else len(tokens_of(text))


def logprob_of(token: str, alternatives: int) -> dict[str, Any]:
    """A token with its log probability, and those of other tokens that were less probable."""
    others = [chr(ord("a") + number) for number in range(25) if chr(ord("a") + number) != token]
    top = [_entry(token, LOGPROB), *(_entry(each, LEAST_LOGPROB) for each in others)] if alternatives else []
    return {**_entry(token, LOGPROB), "top_logprobs": top[:alternatives]}


def logprobs_of(text: str, alternatives: int) -> list[dict[str, Any]]:
    return [logprob_of(token, alternatives) for token in tokens_of(text)]


def _entry(token: str, logprob: float) -> dict[str, Any]:
    return {"token": token, "bytes": list(token.encode()), "logprob": logprob}
