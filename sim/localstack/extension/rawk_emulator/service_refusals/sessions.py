"""Refusals of STS: the duration and the policy of a session.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from collections.abc import Callable

from .identities import check_identity_policy
from .refused import Call, Check, Refused

CHAINED_SECONDS = 3600


def checks(longest_session_of: Callable[[Call], int | None]) -> dict[str, Check]:
    """The checks by operation.

    `longest_session_of` finds the longest session that the call's role allows, in seconds, where there is that role.
    """

    def check_assumption(call: Call) -> None:
        _check_policy(call)
        duration = call.parameters.get("DurationSeconds")
        if duration is None:
            return
        if duration > CHAINED_SECONDS and call.is_by_role:
            limit = "the 1 hour session limit for roles assumed by role chaining"
            raise Refused("ValidationError", f"The requested DurationSeconds exceeds {limit}")
        longest = longest_session_of(call)
        if longest is not None and duration > longest:
            limit = "the MaxSessionDuration set for this role."
            raise Refused("ValidationError", f"The requested DurationSeconds exceeds {limit}")

    return {"AssumeRole": check_assumption, "GetFederationToken": _check_policy}


def _check_policy(call: Call) -> None:
    if call.text("Policy"):
        check_identity_policy(call.text("Policy"))
