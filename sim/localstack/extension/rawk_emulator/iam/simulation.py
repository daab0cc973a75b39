"""SimulatePrincipalPolicy answers as the enforcement decides. Stock LocalStack 4.14 compares texts and denies the rest.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html. Which statement decided is not
said (`MatchedStatements`).
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import re
from typing import Any

from localstack.aws.api import CommonServiceException
from localstack.services.iam.provider import IamProvider

from ..introspection.event_log import patch_method
from .callers import Rights, rights_in_iam
from .patterns import Context
from .policy import Decision, Request, decide, policy_of

_IDENTITY = re.compile(r"arn:aws:iam::(\d{12}):(user|role|group)/(?:.+/)?([^/]+)")


def install() -> None:
    """Simulate by the policies' own evaluation from now on."""
    patch_method(IamProvider, "simulate_principal_policy", _simulate)


def _simulate(stock: Any, provider: Any, context: Any, request: Any, **more: Any) -> Any:  # noqa: ARG001
    rights = _rights_of(str(request["PolicySourceArn"]))
    identity = (*rights.identity, *map(policy_of, request.get("PolicyInputList") or ()))
    known = {**rights.context, **_given_context(request)}

    def result(action: str, resource: str) -> dict[str, Any]:
        decision = _spoken(decide(Request(action, resource, known, rights.principal), identity, (), rights.limits))
        about: dict[str, Any] = {"EvalResourceName": resource, "MatchedStatements": [], "MissingContextValues": []}
        specific = {**about, "EvalResourceDecision": decision}
        return {"EvalActionName": action, "EvalDecision": decision, **about, "ResourceSpecificResults": [specific]}

    resources = request.get("ResourceArns") or ["*"]
    results = [result(action, resource) for action in request["ActionNames"] for resource in resources]
    return {"EvaluationResults": results, "IsTruncated": False}


def _rights_of(arn: str) -> Rights:
    found = _IDENTITY.fullmatch(arn)
    if found is None:
        raise CommonServiceException("InvalidInput", f"Invalid Entity Arn: {arn}", status_code=400, sender_fault=True)
    account, kind, name = found.groups()
    rights = rights_in_iam(kind, name, account)
    if rights is None:
        message = f"The {kind} with name {name} cannot be found."
        raise CommonServiceException("NoSuchEntity", message, status_code=404, sender_fault=True)
    return rights


def _given_context(request: Any) -> Context:
    return {
        str(each.get("ContextKeyName")).lower(): tuple(each.get("ContextKeyValues") or ())
        for each in request.get("ContextEntries") or ()
    }


def _spoken(decision: Decision) -> str:
    if decision.allowed:
        return "allowed"
    return "explicitDeny" if decision.why.startswith("with an explicit deny") else "implicitDeny"
