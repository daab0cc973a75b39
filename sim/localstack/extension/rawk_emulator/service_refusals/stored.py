"""What LocalStack has stored, as far as the checks ask for it."""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from localstack.services.events.event_rule_engine import EventPatternCompiler
from localstack.services.events.models import InvalidEventPatternException, events_stores
from localstack.services.events.utils import extract_event_bus_name
from moto.scheduler.models import scheduler_backends

from .refused import Call


def violation_of_pattern(pattern: str) -> str | None:
    """What LocalStack's compiler finds wrong with an event pattern. LocalStack asks it only when it tests a pattern."""
    try:
        EventPatternCompiler().compile_event_pattern(pattern)
    except InvalidEventPatternException as error:
        return str(error).partition("Reason: ")[2]
    except AttributeError:
        return None  # an `$or` of other values than objects, which AWS takes for a field's name
    return None


def targets_of_rule(call: Call) -> set[str]:
    """The identifiers of the targets that the call's rule has; none where there is no such rule."""
    store = events_stores[call.account][call.region]
    bus = store.event_buses.get(extract_event_bus_name(call.parameters.get("EventBusName")))
    rule = bus.rules.get(call.text("Rule")) if bus else None
    return set(rule.targets) if rule else set()


def has_schedule_group(call: Call, name: str) -> bool:
    return name in scheduler_backends[call.account][call.region].schedule_groups
