"""Message bodies that are not ours: what somebody else, an old version or a typing error puts into the queue."""

import json

NOBODY = "00000000-0000-4000-8000-000000000000"

KINDS = {
    "not JSON": "this is not JSON {",
    "JSON, but no object": '["a", "list"]',
    "an unknown version": json.dumps(
        {"version": 99, "type": "process_memory", "memory_id": NOBODY, "correlation_id": "c"}
    ),
    "an unknown type": json.dumps({"version": 1, "type": "bake_a_cake", "memory_id": NOBODY, "correlation_id": "c"}),
    "missing fields": json.dumps({"version": 1, "type": "process_memory"}),
    "an unknown memory": json.dumps(
        {"version": 1, "type": "process_memory", "memory_id": NOBODY, "correlation_id": "c"}
    ),
}
"""Message bodies that are not ours, each by what is wrong with it."""
