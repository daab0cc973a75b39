"""Entries of PutEvents that EventBridge refuses one by one: AWS's own sources are AWS's alone.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from typing import Any

from localstack.services.events.provider import EventsProvider

from ..introspection.event_log import patch_method

SOURCES_OF_AWS = "aws."
NOT_AUTHORIZED = {
    "ErrorCode": "NotAuthorizedForSourceException",
    "ErrorMessage": "Not authorized for the source.",
}


def install() -> None:
    """Refuse such entries from now on. LocalStack's services put events in their own names."""
    patch_method(EventsProvider, "_process_entry", _process_entry)


def _process_entry(stock: Any, provider: Any, entry: Any, processed: Any, failed: Any, context: Any) -> None:
    if str(entry.get("Source") or "").startswith(SOURCES_OF_AWS) and not context.is_internal_call:
        processed.append(dict(NOT_AUTHORIZED))
        failed["count"] += 1
    else:
        stock(provider, entry, processed, failed, context)
