"""Faults that AWS calls run into, as a file for the Chaos API: POST it to `/_localstack/chaos/faults`.

Two files. One is for our emulator and says all of it. The other has only the keys that LocalStack publishes, for
LocalStack's own paid editions: coarser, and without what only ours can say.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sim.emulator.extension.rawk_emulator.chaos_reading import read_rule
from sim.export.place import Place
from sim.export.reading import Switched
from sim.faults.aws import FUNCTIONS, AwsFault, every_queue
from sim.faults.permissions import Missing
from sim.faults.queue import QueueDown

PUBLISHED = ("service", "region", "operation", "probability", "error")
"""https://docs.localstack.cloud/aws/capabilities/chaos-engineering/chaos-api/"""

NOT_A_CALL = "no AWS call runs into it"
IS_HELD = "it acts on a process while a call is held: a file of rules has nobody who acts"


def rule_of(switched: Switched, place: Place) -> dict[str, Any] | None:
    """The rule for our emulator, on for as long as the fault is; None when no rule can say it."""
    rule = None if switched.made is None else _rule(switched.made.fault, place)
    if switched.made is None or rule is None:
        return None
    named = {"id": f"{switched.number}-{switched.made.key}", **rule, **_window(switched)}
    read_rule(named)
    return named


def ours_in(rule: Mapping[str, Any]) -> list[str]:
    """The keys of a rule that are our additions."""
    return sorted(set(rule) - set(PUBLISHED))


def published(rule: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rule in LocalStack's own keys: one for each operation; none when its effect is no error."""
    if rule.get("effect", "error") != "error":
        return []
    plain = {key: value for key, value in rule.items() if key in PUBLISHED}
    operations = rule.get("operations")
    return [{**plain, "operation": operation} for operation in operations] if operations else [plain]


def why_no_rule(switched: Switched) -> str:
    """One clause for a fault that has none."""
    if switched.made is None:
        return switched.untold
    family = switched.made.key.partition(".")[0]
    return IS_HELD if family in ("worker", "api") else NOT_A_CALL


def _rule(fault: Any, place: Place) -> dict[str, Any] | None:
    match fault:
        case AwsFault():
            about = [fault.about(place), *fault.rule.get("resource", [])]
            return {**fault.rule, "resource": about if len(about) > 1 else about[0]}
        case QueueDown():
            return {"service": "sqs", "resource": every_queue(place), "callers": ["client"], "effect": "reset"}
        case Missing():
            service, _, operation = fault.action.partition(":")
            callers = ["client"] if fault.role == "api" else [*FUNCTIONS]
            refusal = {"statusCode": 403, "code": "AccessDenied"}
            return {"service": service, "operation": operation, "callers": callers, "error": refusal}
        case _:
            return None


def _window(switched: Switched) -> dict[str, Any]:
    """Since the file was posted. A fault that nothing waits for stays on until the rules are removed."""
    if not switched.lasts:
        return {"window": {"after": _seconds(switched.starts)}} if switched.starts else {}
    return {"window": {"after": _seconds(switched.starts), "for": _seconds(switched.lasts)}}


def _seconds(duration: timedelta) -> float:
    return duration.total_seconds()
