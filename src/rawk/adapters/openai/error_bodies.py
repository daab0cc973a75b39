"""What an error answer of OpenAI says, in whatever shape it says it.

OpenAI writes `{"error": {"message", "type", "param", "code"}}`; Azure nests an `innererror` with a code of its own;
proxies write a list, a text, or an `error` that is a text. All of them are read into one `Statement`. Bodies as users
quote them: github.com/openai/openai-python/issues/331 and github.com/compl-ai/compl-ai/issues/20 (Azure, nested),
github.com/BerriAI/litellm/pull/16231 (a code that is only a number, the true one inside).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

INSIDE = (
    "error",
    "errors",
    "detail",
    "details",
    "innererror",
    "inner_error",
    "provider_specific_fields",
    "cause",
    "body",
)
"""Fields in which an error may contain another. Others, such as `usage`, have a `type` that is no error's."""

CODES = ("code", "reason", "error_code")
MESSAGES = ("message", "msg", "detail", "error", "error_description")
DEEPEST = 6
MOST_CHARACTERS = 4_000
"""Of a message: the cause is named at the beginning, and a pattern must not search megabytes."""


@dataclass
class Statement:
    """Codes, types and parameters in lower case with underscores; `text` has all messages, in lower case.

    `written_codes` are the codes as they were written, the outermost first.
    """

    codes: set[str] = field(default_factory=set)
    types: set[str] = field(default_factory=set)
    params: set[str] = field(default_factory=set)
    text: str = ""
    written_codes: list[str] = field(default_factory=list)

    @property
    def names(self) -> set[str]:
        return self.codes | self.types

    def names_one_of(self, pattern: re.Pattern[str]) -> bool:
        return any(pattern.search(name) for name in self.names)


def contains_error(body: bytes) -> bool:
    """Whether a successful answer is a JSON object with an `error` in it. Any other text may be people's own words."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and isinstance(value.get("error"), dict | str)


def read_statement(body: bytes) -> Statement:
    """Read any body of an error. An HTML page, which only a proxy sends, says nothing."""
    text = body.decode("utf-8", "replace").strip()
    statement = Statement()
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        if not text.startswith("<"):
            statement.text = text[:MOST_CHARACTERS].lower()
        return statement
    for error in _errors(value, DEEPEST):
        _add(statement, error)
    statement.text = statement.text[:MOST_CHARACTERS]
    return statement


def _errors(value: Any, deepest: int) -> Iterator[dict[str, Any]]:
    """Every object that may be an error, the outermost first."""
    if deepest == 0:
        return
    if isinstance(value, str):
        yield {"message": value}
    elif isinstance(value, list):
        for item in value[:DEEPEST]:
            yield from _errors(item, deepest - 1)
    elif isinstance(value, dict):
        yield value
        for name in INSIDE:
            if isinstance(value.get(name), dict | list):
                yield from _errors(value[name], deepest - 1)


def _add(statement: Statement, error: dict[str, Any]) -> None:
    written = [error[key] for key in CODES if isinstance(error.get(key), str)]
    statement.written_codes += written
    statement.codes |= {_name(code) for code in written}
    if isinstance(error.get("type"), str):
        statement.types.add(_name(error["type"]))
    if isinstance(error.get("param"), str) and error["param"]:
        statement.params.add(error["param"].lower())
    for key in MESSAGES:
        if isinstance(message := error.get(key), str):
            statement.text += message[:MOST_CHARACTERS].lower() + "\n"
    if isinstance(named := error.get("error"), str) and " " not in named:
        statement.codes.add(_name(named))


def _name(text: str) -> str:
    """`ResponsibleAIPolicyViolation`, `Model-Not-Found` and `model_not_found` in one form."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", text[:100])
    return re.sub(r"[\s.-]+", "_", words).lower()
