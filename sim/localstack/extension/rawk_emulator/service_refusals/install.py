"""Checks the calls of the smaller services before they take effect. Stock LocalStack accepts what is refused here."""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from collections.abc import Mapping
from typing import Any

from localstack.aws import handlers

from ..iam.enforcement import caller_of
from ..signatures.refusals import service_error
from . import alarms, entries, identities, logs, owners, parameters, rules, scheduler, secrets, sessions, stored
from .refused import Call, Check, Refused

CHECKS: Mapping[str, Mapping[str, Check]] = {
    "cloudwatch": alarms.CHECKS,
    "events": rules.checks(stored.violation_of_pattern, stored.targets_of_rule),
    "iam": identities.checks(owners.inline_policies_of, owners.obstacle_of, owners.attachments_of),
    "logs": logs.checks(stored.has_log_group),
    "scheduler": scheduler.checks(stored.has_schedule_group),
    "secretsmanager": secrets.checks(stored.tag_keys_of_secret, stored.is_deleted_secret),
    "sts": sessions.checks(owners.longest_session_of),
    "ssm": parameters.checks(stored.tier_of_parameter),
}
"""By service and operation."""


def install() -> None:
    """Check every call from now on. To be called after what judges the parameters by the models."""
    entries.install()
    handlers.serve_custom_service_request_handlers.append(check)


def check(chain: Any, context: Any, response: Any) -> None:  # noqa: ARG001
    """Raises the service's error where it refuses the call."""
    if context.service is None or context.operation is None or context.is_internal_call:
        return
    judge = CHECKS.get(context.service.service_name, {}).get(context.operation.name)
    if judge is None:
        return
    try:
        judge(_call_of(context))
    except Refused as refused:
        raise service_error(refused.code, refused.message, refused.status_code) from None


def _call_of(context: Any) -> Call:
    caller = caller_of(context)
    is_by_role = caller is not None and caller.kind == "role"
    return Call(context.service_request or {}, context.account_id, context.region, is_by_role)
