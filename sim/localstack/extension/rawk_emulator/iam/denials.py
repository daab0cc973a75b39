"""How each service refuses a call: error code, status, spelling of the action, quotation marks.

AWS's current texts: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html; SQS writes
actions in lower case and SNS its own name in capitals.
"""

from collections.abc import Callable
from dataclasses import dataclass

from .actions import Need
from .policy import Decision


@dataclass(frozen=True)
class Refusal:
    """An error as a service answers it."""

    code: str
    message: str
    status_code: int


@dataclass(frozen=True)
class _Style:
    code: str = "AccessDeniedException"
    status_code: int = 400
    action: Callable[[str], str] = str
    quoted: str = "{}"


_QUERY = _Style("AccessDenied", 403)

STYLES = {
    "apigateway": _Style(status_code=403),
    "cloudwatch": _QUERY,
    "ec2": _Style("UnauthorizedOperation", 403),
    "elasticloadbalancing": _QUERY,
    "iam": _QUERY,
    "lambda": _Style(status_code=403),
    "rds": _QUERY,
    "s3": _Style("AccessDenied", 403, quoted='"{}"'),
    "sns": _Style("AuthorizationError", 403, action=lambda action: action.replace("sns:", "SNS:")),
    "sqs": _Style("AccessDenied", 403, action=str.lower),
    "sts": _QUERY,
}
"""Every other service speaks JSON and answers as most of those do."""


def refusal(service: str, caller_arn: str, need: Need, decision: Decision) -> Refusal:
    """The error that the caller gets."""
    style = STYLES.get(service, _Style())
    action = style.action(need.action)
    message = (
        f"User: {caller_arn} is not authorized to perform: {action} on resource: {style.quoted.format(need.resource)} "
        f"{decision.why.replace(need.action, action)}"
    )
    return Refusal(style.code, message, style.status_code)
