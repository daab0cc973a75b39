"""Asks the server that has IAM about each call by a role or a user, before moto serves it.

A refused call gets the error that AWS's service gives, in the service's protocol, and has no effect. The account's root
(keys that nobody issued, such as `test`) may do everything, as at LocalStack.
"""
# mypy: disable-error-code="import-not-found"
# moto is installed in a separate environment

import io
import json
import re
import urllib.request
from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.wrappers import Response

from .known import known
from .need import Call
from .table import SERVICES, Service, unlisted

ISSUED = re.compile(r"Credential=(?P<key>[AL][KS]IA[A-Z0-9]{12,})/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/")
"""The credential of a signature, where STS or IAM has issued its key."""

_ANSWER_WITHIN_SECONDS = 60
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))

_XML = {
    "ec2": "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
    "<RequestID>0</RequestID></Response>",
    "query": "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    "<RequestId>0</RequestId></ErrorResponse>",
}


class Judged:
    """moto's application behind the evaluation of its callers' policies."""

    def __init__(self, served: Any, identity_url: str, account: str) -> None:
        self._served, self._identity_url, self._account = served, identity_url, account

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        served = self._served
        found = ISSUED.search(environ.get("HTTP_AUTHORIZATION", ""))
        if found is not None:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = io.BytesIO(body)
            refused = self._refusal(Request({**environ, "wsgi.input": io.BytesIO(body)}), found)
            served = self._served if refused is None else refused
        answer: Iterable[bytes] = served(environ, start_response)
        return answer

    def _refusal(self, request: Request, signed: re.Match[str]) -> Response | None:
        """The refusal as a response; None when the call is allowed."""
        service = SERVICES.get(signed["service"]) or Service(signed["service"], unlisted)
        model = get_service_model(service.model)
        protocol = determine_request_protocol(model, request.content_type)
        call = self._call(request, signed, service, protocol)
        asked = {
            "access_key": signed["key"],
            "token": request.headers.get("X-Amz-Security-Token"),
            "service": call.service,
            "operation": call.operation,
            "region": call.region,
            "source_ip": request.remote_addr,
            "needs": [vars_of(each) for each in service.needs(call)],
        }
        answer = _asked(f"{self._identity_url}/_rawk/iam/decision", asked)
        return error_response(protocol, answer) if answer else None

    def _call(self, request: Request, signed: re.Match[str], service: Service, protocol: str) -> Call:
        operation, in_path = get_service_router(service.model).match(request)
        parser = PROTOCOL_PARSERS[protocol](operation)
        given = {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.data,
            "url_path": request.path,
            "url_params": in_path,
        }
        return Call(
            service=signed["service"],
            operation=operation.name,
            parameters=parser.parse(given) or {},
            account=self._account,
            region=signed["region"],
            method=request.method,
            path=request.raw_path,
            known=known(self._account, signed["region"], self._identity_url),
        )


def vars_of(need: Any) -> dict[str, Any]:
    return {"action": need.action, "resource": need.resource, "context": dict(need.context)}


def _asked(url: str, question: Mapping[str, Any]) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(question).encode(), headers)
    with _DIRECT.open(request, timeout=_ANSWER_WITHIN_SECONDS) as response:
        answer: dict[str, Any] = json.load(response)
    return answer


def error_response(protocol: str, error: Mapping[str, Any]) -> Response:
    """An error as AWS's services answer it in that protocol."""
    code, message, status = str(error["code"]), str(error["message"]), int(error["status"])
    if protocol in _XML:
        text = _XML[protocol].format(code=code, message=escape(message))
        return Response(text, status, content_type="text/xml")
    body = json.dumps({"__type": code, "message": message, "Message": message})
    return Response(body, status, {"x-amzn-ErrorType": code}, content_type="application/json")
