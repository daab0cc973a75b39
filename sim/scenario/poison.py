"""Poison messages: bodies that the worker cannot process, as other senders, old versions or mistakes produce them."""

import json

UNKNOWN_MEMORY_ID = "00000000-0000-4000-8000-000000000000"


def _body(**changes: object) -> str:
    valid = {"version": 1, "type": "process_memory", "memory_id": UNKNOWN_MEMORY_ID, "correlation_id": "c"}
    return json.dumps({**valid, **changes})


KINDS = {
    "not JSON": "this is not JSON {",
    "JSON, but no object": '["a", "list"]',
    "an unknown version": _body(version=99),
    "an unknown type": _body(type="bake_a_cake"),
    "missing fields": json.dumps({"version": 1, "type": "process_memory"}),
    "an unknown memory": _body(),
}
"""Body of each kind of poison message, by what is wrong with it."""
