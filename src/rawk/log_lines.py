"""What one line of a log says: a line of ours in JSON, or one that Lambda writes about an invocation."""

import json
import re
from datetime import datetime
from typing import Any

_TIME = re.compile(r'^\{"timestamp": ?"([^"]{20,40})"')
_REQUEST = re.compile(r"RequestId: ([0-9a-f-]{36})")
_REPORT = re.compile(r"^REPORT RequestId: .*?\bDuration: ([0-9.]+) ms")
_INIT = re.compile(r"\bInit Duration: ([0-9.]+) ms")
_MEMORY = re.compile(r"\bMax Memory Used: ([0-9]+) MB")
_STATUS = re.compile(r"\bStatus: ([a-z]+)")
_TIMED_OUT = re.compile(r"\b([0-9a-f-]{36}) Task timed out after ([0-9.]+) seconds")
_ENDED = re.compile(r"^RequestId: ([0-9a-f-]{36}) Error: (Runtime[\w :.]{0,80})")


def time_of(text: str) -> datetime | None:
    """The time at the beginning of a line of ours; None for any other."""
    found = _TIME.match(text)
    return None if found is None else _moment(found[1])


def fields_of(text: str) -> dict[str, Any] | None:
    """The fields of a line of ours, of which `event` is one, or those of a line of Lambda's; None for any other."""
    if text.startswith("{"):
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return line if isinstance(line, dict) and isinstance(line.get("event"), str) else None
    return _of_lambda(text)


def moment_of(fields: dict[str, Any]) -> datetime | None:
    return _moment(str(fields.get("timestamp", "")))


def _of_lambda(text: str) -> dict[str, Any] | None:
    """Lambda Developer Guide, "Viewing CloudWatch logs for Python Lambda functions" and "Lambda errors"."""
    if found := _REPORT.search(text):
        about = {"event": "invocation_ended", "milliseconds": float(found[1]), "request_id": _id(text)}
        for name, pattern in (("init_milliseconds", _INIT), ("memory_mb", _MEMORY)):
            if more := pattern.search(text):
                about[name] = float(more[1])
        if failed := _STATUS.search(text):
            about["outcome"] = failed[1]
        return about
    if found := _TIMED_OUT.search(text):
        return {"event": "invocation_timed_out", "milliseconds": float(found[2]) * 1000, "request_id": found[1]}
    if found := _ENDED.search(text):
        return {"event": "invocation_died", "error": found[2].strip(), "request_id": found[1]}
    return None


def _id(text: str) -> str | None:
    found = _REQUEST.search(text)
    return None if found is None else found[1]


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
