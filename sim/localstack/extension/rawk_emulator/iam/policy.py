"""IAM's decision: may this principal carry out this action on this resource, under these policies?

An explicit Deny wins; without an Allow nothing is allowed. What cannot be evaluated fails closed: an Allow with
something unknown in it does not apply, a Deny with it does. This module does not depend on LocalStack.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .conditions import all_of, any_of, conditions
from .patterns import UNKNOWN, Context, Pattern, Truth, wildcard_matcher

VARIABLES_SINCE = "2012-10-17"
"""In policies of an earlier version `${...}` is literal text."""

ALLOWED = "allowed"
IDENTITY, BOUNDARY, SESSION, RESOURCE = "identity-based", "permissions boundary", "session", "resource-based"

Document = Mapping[str, Any]


class MalformedPolicy(ValueError):
    """A document that is not a policy; the text says why."""


@dataclass(frozen=True)
class Request:
    """A requested action. `resource` is an ARN, or `*` where the action has no resource."""

    action: str
    resource: str
    context: Context = field(default_factory=dict)
    principal: "Principal | None" = None


@dataclass(frozen=True)
class Principal:
    """The names that a resource policy may use for the caller: every ARN of it, its account, or a service."""

    arns: frozenset[str] = frozenset()
    account: str = ""
    service: str = ""


@dataclass(frozen=True)
class Grant:
    """A permission as it is written: one action and one resource of one Allow statement."""

    statement: str
    action: str
    resource: str


@dataclass(frozen=True)
class Decision:
    """`why` is `allowed`, or AWS's text for the refusal. `grants` are the permissions that allowed it."""

    allowed: bool
    why: str
    grants: tuple[Grant, ...] = ()


class Statement:
    """One statement, compiled."""

    def __init__(self, written: Document, number: int, *, with_variables: bool) -> None:
        self.name = str(written.get("Sid") or f"statement {number}")
        self.allows = _one_of(written, "Effect", ("Allow", "Deny")) == "Allow"
        self._actions, self._not_actions = _either(written, "Action", "NotAction")
        resources, self._not_resources = _either(written, "Resource", "NotResource", default=("*",))
        self._exact = frozenset(each.lower() for each in self._actions if not _is_wild(each))
        self._wild = [wildcard_matcher(each, ignore_case=True) for each in self._actions if _is_wild(each)]
        self._resources = [Pattern(each, with_variables=with_variables) for each in resources]
        block = written.get("Condition") or {}
        if not isinstance(block, Mapping) or not all(isinstance(each, Mapping) for each in block.values()):
            raise MalformedPolicy(f"{self.name}: Condition must hold operators, and those keys.")
        self._conditions = conditions(block, with_variables=with_variables)
        self._principals = _principals(written)

    def applies(self, request: Request) -> bool:
        """Whether it applies; what is unknown counts against the caller."""
        if not self._is_about_action(request.action):
            return False
        parts = (self._is_about_resource(request), self._holds(request))
        truth = all_of(parts)
        return truth is True or (truth is UNKNOWN and not self.allows)

    def names(self, principal: Principal) -> str | None:
        """How a resource policy names the principal: `directly`, `account` (which leaves it to the account's own
        policies), or None.
        """
        for kind, named in self._principals:
            if kind == "*" or (kind == "Service" and principal.service and named == principal.service):
                return "directly"
            if kind == "AWS" and (named == "*" or named in principal.arns):
                return "directly"
        accounts = {principal.account, f"arn:aws:iam::{principal.account}:root"}
        if principal.account and any(kind == "AWS" and named in accounts for kind, named in self._principals):
            return "account"
        return None

    def grants(self) -> Iterator[Grant]:
        """Its grants, one by one; none for a Deny."""
        actions = ["everything but " + ", ".join(self._actions)] if self._not_actions else self._actions
        resources = [each.text for each in self._resources]
        if self._not_resources:
            resources = ["everything but " + ", ".join(resources)]
        if self.allows:
            yield from (Grant(self.name, action, resource) for action in actions for resource in resources)

    def grants_for(self, request: Request) -> Iterator[Grant]:
        """Those of its grants that this request used."""
        if self._not_actions or self._not_resources:
            yield from self.grants()
            return
        for action in self._actions:
            if wildcard_matcher(action, ignore_case=True)(request.action):
                for resource in self._resources:
                    if resource.matches(request.resource, request.context):
                        yield Grant(self.name, action, resource.text)

    def _is_about_action(self, action: str) -> bool:
        lowered = action.lower()
        named = lowered in self._exact or any(matches(action) for matches in self._wild)
        return named != self._not_actions

    def _is_about_resource(self, request: Request) -> Truth:
        named = any_of(each.matches(request.resource, request.context) for each in self._resources)
        return named if not self._not_resources or named is UNKNOWN else not named

    def _holds(self, request: Request) -> Truth:
        return all_of(each.holds(request.context) for each in self._conditions) if self._conditions else True


class Policy:
    """One policy document, compiled."""

    def __init__(self, document: str | Document) -> None:
        """Raises MalformedPolicy."""
        read = _read(document)
        with_variables = read.get("Version") == VARIABLES_SINCE
        written = read.get("Statement")
        statements = [written] if isinstance(written, Mapping) else written
        if not isinstance(statements, list) or not all(isinstance(each, Mapping) for each in statements):
            raise MalformedPolicy("Statement must be an object or a list of objects.")
        self.statements = tuple(
            Statement(each, number, with_variables=with_variables) for number, each in enumerate(statements, 1)
        )


NOTHING = {"Version": VARIABLES_SINCE, "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
"""Replaces a document that cannot be read."""


def policy_of(document: str | Document) -> Policy:
    """The policy; for a malformed document, one that refuses everything."""
    try:
        return Policy(document)
    except MalformedPolicy:
        return Policy(NOTHING)


@dataclass(frozen=True)
class Limits:
    """Policies that grant nothing, but without whose Allow nothing is allowed. None: no such limit."""

    boundary: Policy | None = None
    session: tuple[Policy, ...] | None = None


def decide(
    request: Request, identity: Sequence[Policy], resource: Sequence[Policy] = (), limits: Limits | None = None
) -> Decision:
    """Within one account: allowed by the principal's policies or the resource's, denied by none, within the limits."""
    limits = limits or Limits()
    boundary = None if limits.boundary is None else (limits.boundary,)
    for kind, policies in ((IDENTITY, identity), (BOUNDARY, boundary or ()), (SESSION, limits.session or ())):
        if any(not each.allows and each.applies(request) for each in _statements(policies)):
            return Decision(False, _explicitly(kind))
    spoken = [(each, _named_by(each, request)) for each in _statements(resource)]
    if any(how and not each.allows and each.applies(request) for each, how in spoken):
        return Decision(False, _explicitly(RESOURCE))
    if any(how == "directly" and each.allows and each.applies(request) for each, how in spoken):
        return Decision(True, ALLOWED)
    allowing = [each for each in _statements(identity) if each.allows and each.applies(request)]
    if not allowing:
        return Decision(False, _implicitly(IDENTITY, request))
    for kind, limit in ((BOUNDARY, boundary), (SESSION, limits.session)):
        if limit is not None and not any(each.allows and each.applies(request) for each in _statements(limit)):
            return Decision(False, _implicitly(kind, request))
    return Decision(True, ALLOWED, tuple(grant for each in allowing for grant in each.grants_for(request)))


def decide_by_resource(request: Request, resource: Sequence[Policy]) -> Decision:
    """For AWS's own services, and for those that a role trusts: the resource policy alone decides.

    A statement that names the whole account counts too; whether the account lets its principal is another decision.
    """
    spoken = [each for each in _statements(resource) if _named_by(each, request)]
    if any(not each.allows and each.applies(request) for each in spoken):
        return Decision(False, _explicitly(RESOURCE))
    if any(each.allows and each.applies(request) for each in spoken):
        return Decision(True, ALLOWED)
    return Decision(False, _implicitly(RESOURCE, request))


def _statements(policies: Iterable[Policy]) -> Iterator[Statement]:
    for policy in policies:
        yield from policy.statements


def _named_by(statement: Statement, request: Request) -> str | None:
    return statement.names(request.principal) if request.principal else None


def _explicitly(kind: str) -> str:
    article = "an" if kind == IDENTITY else "a"
    return f"with an explicit deny in {article} {_spoken(kind)}"


def _implicitly(kind: str, request: Request) -> str:
    return f"because no {_spoken(kind)} allows the {request.action} action"


def _spoken(kind: str) -> str:
    return kind if kind == BOUNDARY else f"{kind} policy"


def _read(document: str | Document) -> Document:
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError as error:
            raise MalformedPolicy(f"A policy must be JSON: {error}") from error
    if not isinstance(document, Mapping):
        raise MalformedPolicy("A policy must be an object.")
    return document


def _is_wild(text: str) -> bool:
    return "*" in text or "?" in text


def _one_of(written: Document, name: str, allowed: tuple[str, ...]) -> str:
    value = written.get(name)
    if value not in allowed:
        raise MalformedPolicy(f"{name} must be {' or '.join(allowed)}, not {value!r}.")
    return str(value)


def _either(written: Document, name: str, opposite: str, default: tuple[str, ...] = ()) -> tuple[list[str], bool]:
    """The values of an element or of its opposite, and whether it is the opposite."""
    if name in written and opposite in written:
        raise MalformedPolicy(f"A statement has {name} or {opposite}, not both.")
    value = written.get(opposite if opposite in written else name, list(default))
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not values or not all(isinstance(each, str) for each in values):
        raise MalformedPolicy(f"{name} must be a text or a list of texts, not {value!r}.")
    return values, opposite in written


def _principals(written: Document) -> tuple[tuple[str, str], ...]:
    """Pairs of kind and name; `NotPrincipal` is not supported: it names no principal in an Allow, every principal in a
    Deny.
    """
    if "NotPrincipal" in written:
        return (("*", "*"),) if written.get("Effect") == "Deny" else ()
    value = written.get("Principal")
    if value == "*":
        return (("*", "*"),)
    if not isinstance(value, Mapping):
        return ()
    return tuple(
        (str(kind), str(name))
        for kind, names in value.items()
        for name in (names if isinstance(names, list) else [names])
    )
