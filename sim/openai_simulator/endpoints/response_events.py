"""The events of a response that streams: https://platform.openai.com/docs/api-reference/responses-streaming."""

from collections.abc import Iterator, Mapping
from typing import Any

from sim.openai_simulator.endpoints import tokens
from sim.openai_simulator.endpoints.completion import Completion
from sim.openai_simulator.endpoints.event_stream import padding


def events_of(
    response: Mapping[str, Any], completion: Completion, alternatives: int | None, *, padded: bool
) -> list[dict[str, Any]]:
    """From `response.created` to `response.completed`, or to `response.incomplete`."""
    unfinished = {
        **response,
        **{"status": "in_progress", "completed_at": None, "incomplete_details": None, "output": [], "usage": None},
    }
    events = [
        {"type": "response.created", "response": unfinished},
        {"type": "response.in_progress", "response": unfinished},
        *_item_events(response["output"][0], completion, alternatives, padded=padded),
        {"type": f"response.{response['status']}", "response": response},
    ]
    return [{**event, "sequence_number": number} for number, event in enumerate(events)]


def _item_events(
    item: Mapping[str, Any], completion: Completion, alternatives: int | None, *, padded: bool
) -> Iterator[dict[str, Any]]:
    part = item["content"][0]
    kind, field = ("refusal", "refusal") if part["type"] == "refusal" else ("output_text", "text")
    place = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    empty = {**part, field: "", **({"logprobs": []} if kind == "output_text" else {})}
    yield {
        "type": "response.output_item.added",
        "output_index": 0,
        "item": {**item, "status": "in_progress", "content": []},
    }
    yield {"type": "response.content_part.added", **place, "part": empty}
    for token in tokens.tokens_of(completion.refusal or completion.content or ""):
        delta: dict[str, Any] = {"type": f"response.{kind}.delta", **place, "delta": token}
        if kind == "output_text":
            delta["logprobs"] = [] if alternatives is None else [_logprob(token, alternatives)]
        yield {**delta, "obfuscation": padding(token)} if padded else delta
    done = {"logprobs": [_logprob(each["token"], alternatives or 0) for each in part.get("logprobs", [])]}
    yield {"type": f"response.{kind}.done", **place, field: part[field], **(done if kind == "output_text" else {})}
    yield {"type": "response.content_part.done", **place, "part": part}
    yield {"type": "response.output_item.done", "output_index": 0, "item": item}


def _logprob(token: str, alternatives: int) -> dict[str, Any]:
    """Events give no bytes."""
    whole = tokens.logprob_of(token, alternatives)
    top = [{"token": each["token"], "logprob": each["logprob"]} for each in whole["top_logprobs"]]
    return {"token": token, "logprob": whole["logprob"], "top_logprobs": top}
