"""The secrets of access keys: of users, of sessions, and of the emulator's own root.

`test` has the secret `test`. The number of an account is that account's root, with any secret, as for every user of
LocalStack. Other keys that have not the form of AWS's are the default account's root, with any secret. A key in AWS's
form is what IAM or STS issued, or unknown.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import re
from dataclasses import dataclass
from typing import Any

from localstack.aws.accounts import get_account_id_from_access_key_id

from ..iam.callers import PARTITION
from .refusals import Reason, refuse

ROOT_KEY = ROOT_SECRET = "test"
_ISSUED = re.compile(r"[AL][KS]IA[A-Z0-9]{12,}")

EXAMPLE_KEY = "AKIAIOSFODNN7EXAMPLE"
EXAMPLE_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY"
"""LocalStack gives this key for every GetSessionToken and GetFederationToken."""


class UnknownKey(Exception):
    """Neither IAM nor STS has issued the access key, or it was deleted or deactivated."""


class WrongToken(Exception):
    """The session token is not the one that was issued with the access key."""


@dataclass(frozen=True)
class _Session:
    secret: str
    token: str


_sessions: dict[str, _Session] = {}


def known_secret(service: Any, access_key: str, token: str) -> str | None:
    """The secret of the access key; None where any is accepted. Raises the service's error."""
    try:
        return secret_of(access_key, token)
    except UnknownKey:
        refuse(service, Reason.UNKNOWN_KEY, more={"AWSAccessKeyId": access_key})
    except WrongToken:
        refuse(service, Reason.WRONG_TOKEN)


def secret_of(access_key: str, token: str) -> str | None:
    """The secret of the access key; None where any is accepted. Raises UnknownKey, WrongToken."""
    if access_key == ROOT_KEY:
        return ROOT_SECRET
    if not _ISSUED.fullmatch(access_key):
        return None
    session = _sessions.get(access_key) or _session(access_key)
    if session is not None:
        if not token:
            raise UnknownKey(access_key)
        if session.token != token:
            raise WrongToken(access_key)
        return session.secret
    return _secret_of_user(access_key)


def _session(access_key: str) -> _Session | None:
    from moto.sts.models import sts_backends

    issued = sts_backends[get_account_id_from_access_key_id(access_key)][PARTITION].assumed_roles
    found = next((each for each in reversed(issued) if each.access_key_id == access_key), None)
    if found is None:
        return None
    session = _sessions[access_key] = _Session(str(found.secret_access_key), str(found.session_token))
    return session


def _secret_of_user(access_key: str) -> str:
    from moto.iam.models import iam_backends

    key = iam_backends[get_account_id_from_access_key_id(access_key)][PARTITION].access_keys.get(access_key)
    if key is not None and key.status == "Active":
        return str(key.secret_access_key)
    if access_key == EXAMPLE_KEY:
        return EXAMPLE_SECRET
    raise UnknownKey(access_key)
