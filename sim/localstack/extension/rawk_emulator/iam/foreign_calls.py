"""Calls that another server of the same account serves: it asks this one, which has IAM, whether the caller may.

`POST /_rawk/iam/decision` with `{"access_key", "token", "service", "operation", "region", "source_ip", "needs"}`, where
each need is `{"action", "resource", "context"}`. The answer is `{}`, or AWS's error: `{"code", "message", "status"}`.
The decisions count in the same records as all others (usage.py).
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import json
from collections.abc import Callable, Mapping
from typing import Any

from localstack.aws.accounts import get_account_id_from_access_key_id
from localstack.aws.api import CommonServiceException
from localstack.http import Request, Response
from localstack.services.edge import ROUTER

from ..gateway.local_callers import guarded
from ..signatures.secrets import UnknownKey, WrongToken, secret_of
from .actions import Call, Need
from .patterns import Context

Judge = Callable[[str, str, Call, tuple[Need, ...], Context], None]
"""Evaluates the permissions that a call of the key's owner, in an account, needs. Raises CommonServiceException."""

INVALID_TOKEN = {
    "code": "UnrecognizedClientException",
    "message": "The security token included in the request is invalid.",
    "status": 403,
}


def install(judge: Judge) -> None:
    """Answer other servers from now on."""

    def decision(request: Request) -> Response:
        answer = decided(json.loads(request.get_data()), judge)
        return Response(json.dumps(answer), mimetype="application/json")

    ROUTER.add("/_rawk/iam/decision", guarded(decision), methods=["POST"])


def decided(asked: Mapping[str, Any], judge: Judge) -> dict[str, Any]:
    """The answer to one question."""
    access_key = str(asked["access_key"])
    try:
        secret_of(access_key, str(asked.get("token") or ""))
    except (UnknownKey, WrongToken):
        return INVALID_TOKEN
    account, region = get_account_id_from_access_key_id(access_key), str(asked["region"])
    call = Call(str(asked["service"]), str(asked["operation"]), {}, account, region)
    about = {
        "aws:securetransport": ("true",),
        "aws:viaawsservice": ("false",),
        "aws:requestedregion": (region,),
        "aws:sourceip": (str(asked.get("source_ip") or "127.0.0.1"),),
    }
    try:
        judge(access_key, account, call, tuple(_need(each) for each in asked["needs"]), about)
    except CommonServiceException as error:
        return {"code": error.code, "message": error.message, "status": error.status_code}
    return {}


def _need(given: Mapping[str, Any]) -> Need:
    context = {str(key).lower(): tuple(map(str, values)) for key, values in (given.get("context") or {}).items()}
    return Need(str(given["action"]), str(given["resource"]), context)
