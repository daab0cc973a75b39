"""Who may call a function URL: its `AuthType`, the function's resource policy, and the rights of the caller.

Stock LocalStack lets everyone call every function URL.

A URL with the type NONE is for everyone whom the resource policy lets in; it has no rights without one. A URL with the
type AWS_IAM is for signed requests whose caller may `lambda:InvokeFunctionUrl`. For URLs that were created since
October 2025 AWS demands `lambda:InvokeFunction`, too; here the first permission suffices, as for older ones.

https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import json
from collections.abc import Mapping
from typing import Any

from localstack.aws.accounts import get_account_id_from_access_key_id
from localstack.aws.api import CommonServiceException
from localstack.http import Request, Response
from localstack.services.lambda_ import urlrouter
from localstack.services.lambda_.invocation.models import lambda_stores

from .. import features
from ..iam.actions import Need
from ..iam.enforcement import attached, caller_by_key, rights_of
from ..iam.patterns import Context
from ..iam.policy import Principal, decide, decide_by_resource
from ..iam.policy import Request as Wanted
from ..signatures.sigv4 import Malformed, signed_of

ACTION = "lambda:InvokeFunctionUrl"
FORBIDDEN = (
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)


class Forbidden(Exception):
    """The caller may not call the URL."""


def install() -> None:
    """Judge every call of a function URL. To be called after `function-urls`."""
    stock = urlrouter.FunctionUrlRouter.handle_lambda_url_invocation

    def handle(router: Any, request: Request, api_id: str, region: str, **named: Any) -> Response:
        config = config_of(api_id, region)
        if config is None or (request.method == "OPTIONS" and config.cors):
            return stock(router, request, api_id, region, **named)
        try:
            authorize(request, config)
        except Forbidden:
            return _refusal(403, {"Message": FORBIDDEN}, "AccessDeniedException")
        except CommonServiceException as error:
            return _refusal(error.status_code, {"message": error.message}, error.code)
        return stock(router, request, api_id, region, **named)

    urlrouter.FunctionUrlRouter.handle_lambda_url_invocation = handle


def config_of(url_id: str, region: str) -> Any:
    """The configuration of the URL; None when there is none."""
    for account in list(lambda_stores.keys()):
        for function in list(lambda_stores[account][region].functions.values()):
            for config in list(function.function_url_configs.values()):
                if config.url_id.lower() == url_id.lower():
                    return config
    return None


def authorize(request: Request, config: Any) -> None:
    """Raises Forbidden, or CommonServiceException where the signature is not accepted."""
    about: Context = {
        "aws:securetransport": ("true",),
        "aws:sourceip": (request.remote_addr or "127.0.0.1",),
        "lambda:functionurlauthtype": (str(config.auth_type),),
    }
    need = Need(ACTION, config.function_arn)
    if config.auth_type == "NONE":
        _require_of_everyone(need, about)
    else:
        _require_of_caller(need, about, _verified_key(request), config)


def _require_of_everyone(need: Need, about: Context) -> None:
    wanted = Wanted(need.action, need.resource, about, Principal())
    if not decide_by_resource(wanted, attached(need)).allowed:
        raise Forbidden


def _require_of_caller(need: Need, about: Context, access_key: str, config: Any) -> None:
    account = get_account_id_from_access_key_id(access_key)
    caller = caller_by_key(access_key, account)
    policies = attached(need)
    if caller is not None:
        rights = rights_of(caller)
        wanted = Wanted(need.action, need.resource, {**rights.context, **about}, rights.principal)
        decision = decide(wanted, rights.identity, policies, rights.limits)
        is_allowed, why = decision.allowed, decision.why
    else:
        root = Principal(frozenset({f"arn:aws:iam::{account}:root"}), account)
        decision = decide_by_resource(Wanted(need.action, need.resource, about, root), policies)
        is_own = config.function_arn.split(":")[4] == account
        is_allowed, why = decision.allowed or is_own, decision.why
    if not is_allowed or why.startswith("with an explicit deny"):
        raise Forbidden


def _verified_key(request: Request) -> str:
    """The access key of the request's signature. Raises Forbidden where there is none."""
    authorization = str(request.headers.get("Authorization") or "")
    if features.is_enabled("signatures"):
        from ..signatures.verification import verified_key

        key = verified_key(request, "lambda")
    else:
        try:
            key = signed_of(authorization).scope.access_key
        except Malformed:
            key = ""
    if not key:
        raise Forbidden
    return key


def _refusal(status_code: int, body: Mapping[str, str], kind: str) -> Response:
    response = Response(json.dumps(body), status_code, mimetype="application/json")
    response.headers["x-amzn-ErrorType"] = kind
    return response
