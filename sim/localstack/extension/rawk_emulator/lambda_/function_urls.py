"""Function URLs with a host that clients reach, and with cookies, every header, and AWS's size limit.

LocalStack puts a function's id in front of its own host name, and an address such as `127.0.0.1` takes no prefix. Where
LocalStack's host is an address, function URLs get the name of stock LocalStack, `localhost.localstack.cloud`, whose
subdomains all resolve to this machine. Where no name server resolves it, call LocalStack's address with a `Host`
header.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import ipaddress
import json
from typing import Any

from localstack.constants import LOCALHOST_HOSTNAME
from localstack.http import Request, Response
from localstack.services.lambda_ import provider, urlrouter
from localstack.services.lambda_.provider import LambdaProvider

MAX_EVENT_BYTES = 6_291_456
"""6 MB for the whole event; base64 makes a body a third larger
(https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
"""

TOO_LARGE = f"Request must be smaller than {MAX_EVENT_BYTES} bytes for the InvokeFunction operation"


class TooLarge(Exception):
    """The event is larger than AWS accepts."""


def install() -> None:
    """Patch host, invoke mode, events and answers."""
    _set_host()
    _add_invoke_mode()
    _complete_events_and_answers()
    _refuse_large_events()


def _complete_events_and_answers() -> None:
    stock_event, stock_response = urlrouter.event_for_lambda_url, urlrouter.lambda_result_to_response

    def event_for_lambda_url(api_id: str, request: Request) -> dict[str, Any]:
        event = complete_event(stock_event(api_id, request), list(request.headers.items()))
        if len(json.dumps(event)) > MAX_EVENT_BYTES:
            raise TooLarge
        return event

    def lambda_result_to_response(result: Any) -> Response:
        response: Response = stock_response(result)
        for cookie in cookies_of(result.payload):
            response.headers.add("Set-Cookie", cookie)
        return response

    urlrouter.event_for_lambda_url = event_for_lambda_url
    urlrouter.lambda_result_to_response = lambda_result_to_response


def complete_event(event: dict[str, Any], sent: list[tuple[str, str]]) -> dict[str, Any]:
    """Add every value of a repeated header, and the cookies as a list of their own."""
    together: dict[str, str] = {}
    for name, value in ((name.lower(), value) for name, value in sent):
        together[name] = f"{together[name]},{value}" if name in together else value
    headers = {name: together.get(name, value) for name, value in event["headers"].items()}
    if cookies := [value for name, value in sent if name.lower() == "cookie"]:
        del headers["cookie"]
        event["cookies"] = [each for value in cookies for each in value.split("; ")]
    return {**event, "headers": headers}


def cookies_of(payload: bytes | str) -> list[str]:
    """The cookies that a function's result sets."""
    try:
        result = json.loads(payload)
    except ValueError:
        return []
    cookies = result.get("cookies") if isinstance(result, dict) else None
    return [str(each) for each in cookies] if isinstance(cookies, list) else []


def _refuse_large_events() -> None:
    stock = urlrouter.FunctionUrlRouter.handle_lambda_url_invocation

    def handle(*arguments: Any, **named: Any) -> Response:
        try:
            return stock(*arguments, **named)
        except TooLarge:
            return Response(json.dumps({"Message": TOO_LARGE}), 413, mimetype="application/json")

    urlrouter.FunctionUrlRouter.handle_lambda_url_invocation = handle


def _add_invoke_mode() -> None:
    """AWS reports BUFFERED for a URL that was created without an invoke mode, but not in the answer to its creation."""
    stock_get, stock_list = LambdaProvider.get_function_url_config, LambdaProvider.list_function_url_configs

    def get_function_url_config(*arguments: Any, **named: Any) -> Any:
        return _with_invoke_mode(stock_get(*arguments, **named))

    def list_function_url_configs(*arguments: Any, **named: Any) -> Any:
        answer = stock_list(*arguments, **named)
        return {**answer, "FunctionUrlConfigs": [_with_invoke_mode(each) for each in answer["FunctionUrlConfigs"]]}

    LambdaProvider.get_function_url_config = get_function_url_config
    LambdaProvider.list_function_url_configs = list_function_url_configs


def _with_invoke_mode(config: Any) -> Any:
    return {**config, "InvokeMode": config.get("InvokeMode") or "BUFFERED"}


def _set_host() -> None:
    stock = provider.localstack_host

    def host_of_function_urls(*arguments: Any, **named: Any) -> Any:
        host = stock(*arguments, **named)
        if _is_address(host.host):
            host.host = LOCALHOST_HOSTNAME
        return host

    provider.localstack_host = host_of_function_urls


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
