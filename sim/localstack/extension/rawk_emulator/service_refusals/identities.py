"""Refusals of IAM: trust policies, policies of identities, sizes, and deletions of what is still in use.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from .refused import Call, Check, Refused

MAX_TRUST, MAX_MANAGED = 2048, 6144
MAX_INLINE = {"Role": 10_240, "User": 2048, "Group": 5120}
"""Characters of all inline policies together; white space does not count."""
VERSIONS = ("2008-10-17", "2012-10-17")
PRINCIPALS = {"AWS", "CanonicalUser", "Federated", "Service"}
_ACCOUNT = re.compile(r"\*|\d{12}|arn:aws[a-z-]*:(iam|sts)::\d{12}:.+|A[A-Z]{3}[A-Z0-9]{12,}")
_SERVICE = re.compile(r"[\w.-]+\.(amazon(aws)?\.com(\.cn)?|aws\.internal)")
_SPACE = re.compile(r"\s")


def checks(
    inline_policies_of: Callable[[Call, str], Mapping[str, str]],
    obstacle_of: Callable[[Call, str], str | None],
    attachments_of: Callable[[Call], int],
) -> dict[str, Check]:
    """The checks by operation.

    `inline_policies_of` finds the documents of a role, user or group; `obstacle_of` names what must go before it can
    be deleted; `attachments_of` counts the owners of a managed policy.
    """

    def inline(kind: str) -> Check:
        def check(call: Call) -> None:
            document = call.text("PolicyDocument")
            check_identity_policy(document)
            others = {**inline_policies_of(call, kind), call.text("PolicyName"): document}
            if sum(length_of(each) for each in others.values()) > MAX_INLINE[kind]:
                owner = f"{kind.lower()} {call.text(f'{kind}Name')}"
                raise _too_large(f"Maximum policy size of {MAX_INLINE[kind]} bytes exceeded for {owner}")

        return check

    def deletion(kind: str) -> Check:
        def check(call: Call) -> None:
            if obstacle := obstacle_of(call, kind):
                raise Refused("DeleteConflict", f"Cannot delete entity, must {obstacle} first.", 409)

        return check

    def check_policy_deletion(call: Call) -> None:
        if attachments_of(call):
            raise Refused("DeleteConflict", "Cannot delete a policy attached to entities.", 409)

    return {
        **{f"Put{kind}Policy": inline(kind) for kind in MAX_INLINE},
        **{f"Delete{kind}": deletion(kind) for kind in MAX_INLINE},
        "CreatePolicy": _check_managed_policy,
        "CreatePolicyVersion": _check_managed_policy,
        "DeletePolicy": check_policy_deletion,
        "CreateRole": lambda call: check_trust(call.text("AssumeRolePolicyDocument")),
        "UpdateAssumeRolePolicy": lambda call: check_trust(call.text("PolicyDocument")),
    }


def length_of(document: str) -> int:
    """The length of a document, as the quotas count it."""
    return len(_SPACE.sub("", document))


def check_trust(document: str) -> None:
    """The policy of a role that names who may assume it."""
    for each in statements_of(document):
        for name in ("Resource", "NotResource"):
            if name in each:
                raise malformed(f"Has prohibited field {name}")
        if "Principal" not in each and "NotPrincipal" not in each:
            raise malformed("Missing required field Principal")
        _check_principal(each.get("Principal", "*"))
        actions = _listed(each.get("Action", []))
        if not all(str(action) == "*" or str(action).lower().startswith("sts:") for action in actions):
            raise malformed("AssumeRole policy may only specify STS AssumeRole actions.")
    if length_of(document) > MAX_TRUST:
        raise _too_large(f"Cannot exceed quota for ACLSizePerRole: {MAX_TRUST}")


def check_identity_policy(document: str) -> None:
    """The policy of a role, user or group: it is about its owner, so it names nobody."""
    if any("Principal" in each or "NotPrincipal" in each for each in statements_of(document)):
        raise malformed("Policy document should not specify a principal.")


def statements_of(document: str) -> list[Mapping[str, Any]]:
    """The statements of a policy in the form that policies of all kinds share."""
    try:
        policy = json.loads(document)
    except ValueError:
        raise malformed("This policy contains invalid Json") from None
    if not isinstance(policy, Mapping) or not policy.get("Statement"):
        raise malformed("Syntax errors in policy.")
    if policy.get("Version", VERSIONS[0]) not in VERSIONS:
        raise malformed("Syntax errors in policy.")
    statements = _listed(policy["Statement"])
    for each in statements:
        if not isinstance(each, Mapping) or each.get("Effect") not in ("Allow", "Deny"):
            raise malformed("Syntax errors in policy.")
        if "Action" not in each and "NotAction" not in each:
            raise malformed("Policy statement must contain actions.")
    return statements


def _check_managed_policy(call: Call) -> None:
    document = call.text("PolicyDocument")
    check_identity_policy(document)
    if length_of(document) > MAX_MANAGED:
        raise _too_large(f"Cannot exceed quota for PolicySize: {MAX_MANAGED}")


def _check_principal(principal: Any) -> None:
    if principal == "*":
        return
    if not isinstance(principal, Mapping) or not principal or set(principal) - PRINCIPALS:
        raise malformed("Invalid principal in policy")
    for kind, pattern in (("AWS", _ACCOUNT), ("Service", _SERVICE)):
        for each in _listed(principal.get(kind, [])):
            if not pattern.fullmatch(str(each)):
                raise malformed(f'Invalid principal in policy: "{kind.upper()}":"{each}"')


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def malformed(message: str) -> Refused:
    return Refused("MalformedPolicyDocument", message)


def _too_large(message: str) -> Refused:
    return Refused("LimitExceeded", message, 409)
