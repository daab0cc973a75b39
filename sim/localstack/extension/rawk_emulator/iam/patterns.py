"""IAM's patterns: `*` and `?`, and variables such as `${aws:username}` whose values come from the request.

A pattern matches, does not match, or cannot be evaluated (`UNKNOWN`): it has a variable without a value in this
request, and the text around the variable would match. The caller decides what UNKNOWN means; in policy.py it ends in a
refusal.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

import re
from collections.abc import Callable, Mapping
from functools import cache

type Truth = bool | None
"""`None`: it cannot be evaluated."""

UNKNOWN: Truth = None

Values = tuple[str, ...]
Context = Mapping[str, Values]
"""What is known of a request: condition keys in lower case, and their values."""

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_LITERAL_VARIABLES = frozenset({"*", "?", "$"})
_WITH_DEFAULT = re.compile(r"""\s*([^,\s]+)\s*,\s*'([^']*)'\s*""")


def wildcard_matcher(pattern: str, *, ignore_case: bool = False) -> Callable[[str], bool]:
    """Whether a text matches the pattern from its beginning to its end; no variables."""
    if "*" not in pattern and "?" not in pattern:
        if ignore_case:
            lowered = pattern.lower()
            return lambda text: text.lower() == lowered
        return pattern.__eq__
    if pattern == "*":
        return lambda _: True
    match = re.compile(_expression(pattern), re.DOTALL | (re.IGNORECASE if ignore_case else 0)).fullmatch
    return lambda text: match(text) is not None


def _expression(pattern: str) -> str:
    return "".join(".*" if each == "*" else "." if each == "?" else re.escape(each) for each in _no_runs(pattern))


def _no_runs(pattern: str) -> str:
    """Several stars in a row match the same as one, and cost exponential time."""
    return re.sub(r"\*+", "*", pattern)


class Pattern:
    """One value of `Resource`, or of a condition that takes wildcards. Variables count where `with_variables`."""

    def __init__(self, text: str, *, with_variables: bool) -> None:
        self.text = text
        self._variable = with_variables and "${" in text
        self._matches = wildcard_matcher(text)

    def matches(self, text: str, context: Context) -> Truth:
        """UNKNOWN when a variable has no value, and the rest of the pattern would match."""
        if not self._variable:
            return self._matches(text)
        pieces = [_piece(each, context) for each in _pieces(self.text)]
        if None in pieces:
            around = "".join(".*" if piece is None else piece for piece in pieces)
            return UNKNOWN if re.fullmatch(around, text, re.DOTALL) else False
        return re.fullmatch("".join(map(str, pieces)), text, re.DOTALL) is not None


class Literal:
    """A value that is compared literally, once its variables are replaced."""

    def __init__(self, text: str, *, with_variables: bool) -> None:
        self._variable = with_variables and "${" in text
        self._text = text

    def value(self, context: Context) -> str | None:
        """None when a variable has no value."""
        if not self._variable:
            return self._text
        parts: list[str] = []
        for part in _pieces(self._text):
            value = value_of(part[1], context) if isinstance(part, tuple) else part
            if value is None:
                return None
            parts.append(value)
        return "".join(parts)


@cache
def _pieces(text: str) -> tuple[str | tuple[str, str], ...]:
    """The text in pieces: literal text, or `("variable", the text between the braces)`."""
    pieces: list[str | tuple[str, str]] = []
    end = 0
    for found in _VARIABLE.finditer(text):
        pieces += [text[end : found.start()], ("variable", found[1])]
        end = found.end()
    return (*pieces, text[end:])


def _piece(piece: str | tuple[str, str], context: Context) -> str | None:
    if isinstance(piece, str):
        return _expression(piece)
    value = value_of(piece[1], context)
    return None if value is None else re.escape(value)  # a star in a variable's value is not a wildcard


def value_of(variable: str, context: Context) -> str | None:
    """The value of a variable: the request's one value, else the default written beside it."""
    if variable in _LITERAL_VARIABLES:
        return variable
    with_default = _WITH_DEFAULT.fullmatch(variable)
    name = with_default[1] if with_default else variable.strip()
    values = context.get(name.lower(), ())
    if len(values) == 1:
        return values[0]
    return with_default[2] if with_default and not values else None
