"""One request to two services, and how their answers differ."""

import re
from collections import defaultdict
from typing import Any

import openai

from tests.drift.requests import Ask
from tests.drift.shapes import differences, documents, merged, shape_of


def compare_answers(ask: Ask, real: openai.OpenAI, ours: openai.OpenAI) -> list[str]:
    """Differences of shape; of streams, by the type of the event."""
    shapes = [_shapes(ask(client).read().decode()) for client in (real, ours)]
    found = [f"{kind}: on one side alone" for kind in set(shapes[0]) ^ set(shapes[1])]
    return found + [
        each for kind in set(shapes[0]) & set(shapes[1]) for each in differences(*(s[kind] for s in shapes), kind)
    ]


def compare_refusals(ask: Ask, real: openai.OpenAI, ours: openai.OpenAI) -> list[str]:
    """Differences of status, type, code, parameter and words; numbers and quotations in the words may differ."""
    said = [_refusal(ask, client) for client in (real, ours)]
    return [
        f"{name}: {said[0][name]!r} from OpenAI, {said[1][name]!r} from the simulator"
        for name in said[0]
        if said[0][name] != said[1][name]
    ]


def _shapes(text: str) -> dict[str, Any]:
    by_kind = defaultdict(list)
    for document in documents(text):
        by_kind[str(document.get("type", document.get("object", "answer")))].append(shape_of(document))
    return {kind: merged(shapes) for kind, shapes in by_kind.items()}


def _refusal(ask: Ask, client: openai.OpenAI) -> dict[str, Any]:
    try:
        status = ask(client).status_code
    except openai.APIStatusError as error:
        body = error.body if isinstance(error.body, dict) else {}
        words = re.sub(r"\d+", "0", str(body.get("message")))
        return {
            "status": error.status_code,
            **{name: body.get(name) for name in ("type", "code", "param")},
            "message": words,
        }
    return {"status": status, "type": None, "code": None, "param": None, "message": None}
