"""The roles, users and groups that IAM has stored, as far as the checks ask for them."""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from collections.abc import Mapping
from typing import Any

from ..iam.callers import PARTITION
from .refused import Call

DEFAULT_SESSION_SECONDS = 3600


def inline_policies_of(call: Call, kind: str) -> Mapping[str, str]:
    """The documents of the call's role, user or group, by name; none where there is no such owner."""
    owner = _owner(call, kind)
    return dict(owner.policies) if owner else {}


def obstacle_of(call: Call, kind: str) -> str | None:
    """What must be done before the call's role, user or group can be deleted."""
    owner = _owner(call, kind)
    if owner is None:
        return None
    if kind == "User":
        return _obstacle_of_user(call, owner)
    if kind == "Group" and owner.users:
        return "remove users from group"
    if owner.managed_policies:
        return "detach all policies"
    return "delete policies" if owner.policies else None


def attachments_of(call: Call) -> int:
    """How many roles, users and groups the call's managed policy is attached to."""
    policy = _iam(call.account).managed_policies.get(call.text("PolicyArn"))
    return policy.attachment_count if policy else 0


def longest_session_of(call: Call) -> int | None:
    """The longest session of the role that the call assumes, in seconds; None where there is no such role."""
    arn = call.text("RoleArn").split(":", 5)
    if len(arn) < 6:
        return None
    role = _named(_iam(arn[4]).roles, arn[5].rpartition("/")[2])
    return int(role.max_session_duration or DEFAULT_SESSION_SECONDS) if role else None


def _obstacle_of_user(call: Call, user: Any) -> str | None:
    if user.access_keys:
        return "delete access keys"
    if getattr(user, "password", None):
        return "delete login profile"
    groups = _iam(call.account).groups.values()
    if any(each.name == user.name for group in list(groups) for each in group.users):
        return "remove user from groups"
    return None  # LocalStack looks for policies


def _owner(call: Call, kind: str) -> Any:
    stored = getattr(_iam(call.account), f"{kind.lower()}s")
    return _named(stored, call.text(f"{kind}Name"))


def _named(stored: Mapping[str, Any], name: str) -> Any:
    """Roles are stored by their identifiers, the others by their names."""
    return next((each for each in list(stored.values()) if each.name == name), None)


def _iam(account: str) -> Any:
    from moto.iam.models import iam_backends  # the first call of IAM pays for it, not every start

    return iam_backends[account][PARTITION]
