"""The caller of a request, and its policies: read from LocalStack's IAM and STS.

Callers are roles (by the credentials that STS issued for them) and users (by their access keys). Every other caller,
the harness with its `test` keys and LocalStack itself, counts as the account's root. A session of a role that IAM does
not know, which LocalStack allows and AWS does not, counts as root too; a session of a role that was deleted has no
permissions.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import contextlib
import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .patterns import Context
from .policy import Limits, Policy, Principal, policy_of
from .usage import UsageRecords

PARTITION = "aws"
ISSUED_KEY_PREFIXES = ("LSIA", "LKIA", "ASIA", "AKIA")
"""Prefixes of access keys that STS or IAM issued."""


@dataclass(frozen=True)
class Caller:
    """A role in a session, or a user."""

    kind: str
    name: str
    arn: str
    account: str
    owner_arn: str
    """The ARN of the role or user itself."""
    session_policies: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Rights:
    """A caller's policies, compiled."""

    identity: tuple[Policy, ...]
    limits: Limits
    principal: Principal
    context: Context = field(default_factory=dict)


class Callers:
    """Finds callers and their rights; both are cached until IAM changes."""

    def __init__(self, usage: UsageRecords) -> None:
        self._usage = usage
        self._lock = threading.Lock()
        self._generation = 0
        self._callers: dict[str, Caller | None] = {}
        self._rights: dict[Caller, tuple[int, Rights]] = {}

    def clear(self) -> None:
        """IAM has changed."""
        with self._lock:
            self._generation += 1
            self._rights.clear()
            self._callers = {key: caller for key, caller in self._callers.items() if caller and caller.kind == "role"}

    def by_key(self, access_key: str, account: str) -> Caller | None:
        """The owner of the access key; None for root."""
        if not access_key.startswith(ISSUED_KEY_PREFIXES):
            return None
        with contextlib.suppress(KeyError):
            return self._callers[access_key]
        found = self._callers[access_key] = _session(access_key, account) or _user(access_key, account)
        return found

    def by_role(self, role_arn: str, session: str) -> Caller | None:
        """The role as AWS's own services assume it; None when IAM does not know it."""
        key = f"{role_arn} {session}"
        with contextlib.suppress(KeyError):
            return self._callers[key]
        account, name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
        arn = f"arn:{PARTITION}:sts::{account}:assumed-role/{name}/{session}"
        found = None if _role(account, name) is None else Caller("role", name, arn, account, role_arn)
        self._callers[key] = found
        return found

    def rights_of(self, caller: Caller) -> Rights:
        generation = self._generation
        known = self._rights.get(caller)
        if known is not None and known[0] == generation:
            return known[1]
        rights = _read_rights(caller)
        self._usage.grant(caller.name, rights.identity)
        self._rights[caller] = generation, rights  # stale at once if IAM changed meanwhile
        return rights


def _session(access_key: str, account: str) -> Caller | None:
    from moto.sts.models import sts_backends

    sessions = sts_backends[account][PARTITION].assumed_roles
    found = next((each for each in reversed(sessions) if each.access_key_id == access_key), None)
    if found is None:
        return None
    name = found.role_arn.rpartition("/")[2]
    if _role(account, name) is None and not getattr(found, "rawk_role_existed", False):
        return None
    found.rawk_role_existed = True
    session_policies = (found.policy,) if found.policy else None
    return Caller("role", name, found.arn, account, found.role_arn, session_policies)


def _user(access_key: str, account: str) -> Caller | None:
    key = _iam(account).access_keys.get(access_key)
    if key is None or not key.user_name:
        return None
    user = _iam(account).users.get(key.user_name)
    return None if user is None else Caller("user", user.name, user.arn, account, user.arn)


def _read_rights(caller: Caller) -> Rights:
    backend = _iam(caller.account)
    owner: Any = _role(caller.account, caller.name) if caller.kind == "role" else backend.users.get(caller.name)
    groups = (
        []
        if caller.kind == "role" or owner is None
        else [each for each in backend.groups.values() if owner in each.users]
    )
    documents = [text for each in (owner, *groups) if each is not None for text in _documents(each)]
    arns = frozenset({caller.arn, caller.owner_arn, *([owner.arn] if owner is not None else [])})
    return Rights(
        identity=tuple(policy_of(text) for text in documents),
        limits=Limits(_boundary(owner, backend), _session_policies(caller)),
        principal=Principal(arns, caller.account),
        context=_about(caller, owner),
    )


def rights_in_iam(kind: str, name: str, account: str) -> Rights | None:
    """The rights of a user, role or group by itself, in no session; None where there is none of that name."""
    backend = _iam(account)
    if kind == "group":
        group = backend.groups.get(name)
        return None if group is None else Rights(tuple(map(policy_of, _documents(group))), Limits(), Principal())
    owner = _role(account, name) if kind == "role" else backend.users.get(name)
    return None if owner is None else _read_rights(Caller(kind, name, owner.arn, account, owner.arn))


def _documents(owner: Any) -> Iterable[str]:
    """The policies of a role, user or group: inline ones, then managed ones in their default version."""
    inline = owner.policies
    yield from inline.values() if isinstance(inline, Mapping) else (each["policy_document"] for each in inline)
    for policy in owner.managed_policies.values():
        yield _document_of(policy)


def _document_of(policy: Any) -> str:
    default_version = next((each for each in policy.versions if each.version_id == policy.default_version_id), None)
    document = default_version.document if default_version is not None else policy.document
    return document if isinstance(document, str) else json.dumps(document)


def _boundary(owner: Any, backend: Any) -> Policy | None:
    arn = getattr(owner, "permissions_boundary_arn", None)
    if not arn:
        return None
    policy = backend.managed_policies.get(arn)
    return policy_of(_document_of(policy) if policy is not None else "")


def _session_policies(caller: Caller) -> tuple[Policy, ...] | None:
    return None if caller.session_policies is None else tuple(policy_of(each) for each in caller.session_policies)


def _about(caller: Caller, owner: Any) -> Context:
    """The condition keys about the caller."""
    known = {
        "aws:principalaccount": caller.account,
        "aws:principalarn": caller.owner_arn,
        "aws:principaltype": "AssumedRole" if caller.kind == "role" else "User",
        "aws:userid": f"{owner.id}:{caller.arn.rpartition('/')[2]}"
        if caller.kind == "role" and owner
        else getattr(owner, "id", ""),
    }
    if caller.kind == "user":
        known["aws:username"] = caller.name
    context = {key: (value,) for key, value in known.items() if value}
    tags = getattr(owner, "tags", None) or {}
    for tag in tags.values() if isinstance(tags, Mapping) else tags:
        context[f"aws:principaltag/{tag['Key'].lower()}"] = (str(tag["Value"]),)
    return context


def trust_of(account: str, role_arn: str) -> str | None:
    """The role's trust policy; None when there is no such role."""
    role = _role(account, role_arn.rpartition("/")[2])
    return None if role is None else str(role.assume_role_policy_document)


def _role(account: str, name: str) -> Any:
    roles = _iam(account).roles.values()
    return next((role for role in list(roles) if role.name == name), None)


def _iam(account: str) -> Any:
    from moto.iam.models import iam_backends

    return iam_backends[account][PARTITION]
