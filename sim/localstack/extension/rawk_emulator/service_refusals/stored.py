"""What LocalStack has stored, as far as the checks ask for it."""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from typing import Any

from localstack.services.events.event_rule_engine import EventPatternCompiler
from localstack.services.events.models import InvalidEventPatternException, events_stores
from localstack.services.events.utils import extract_event_bus_name
from localstack.utils.aws.arns import InvalidArnException, parse_arn
from moto.logs.models import logs_backends
from moto.scheduler.models import scheduler_backends
from moto.secretsmanager.models import secretsmanager_backends

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


def has_log_group(call: Call) -> bool:
    return call.text("logGroupName") in logs_backends[call.account][call.region].groups


def tag_keys_of_secret(call: Call) -> set[str]:
    """The keys of the tags of the call's secret; none where there is no such secret."""
    secret = _secret(call)
    return {each["Key"] for each in (secret.tags if secret else None) or ()}


def is_deleted_secret(call: Call) -> bool:
    """Whether the call's secret is scheduled for deletion."""
    secret = _secret(call)
    return secret is not None and bool(secret.is_deleted())


def _secret(call: Call) -> Any:
    name, account, region = call.text("SecretId"), call.account, call.region
    if not name:
        return None
    try:
        arn = parse_arn(name)
        account, region = arn["account"], arn["region"]
    except InvalidArnException:
        pass
    return secretsmanager_backends[account][region].secrets.get(name)


def tier_of_parameter(call: Call) -> str | None:
    """The tier of the call's parameter; None where there is no such parameter."""
    from moto.ssm.models import ssm_backends  # a second and a half, which only those pay who use the service

    parameters, name = ssm_backends[call.account][call.region]._parameters, call.text("Name")
    versions = parameters.get(name) or parameters.get(name.strip("/"))  # a single level is stored without its slash
    return versions[-1].tier if versions else None
