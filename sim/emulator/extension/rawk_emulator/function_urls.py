"""Function URLs that a client can reach although LocalStack answers at a bare address.

LocalStack puts a function's id in front of its own host, and nothing can be in front of `127.0.0.1`. Where its host is
an address, function URLs get the name that stock LocalStack has, `localhost.localstack.cloud`, whose every subdomain is
this machine.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import ipaddress
from typing import Any

from localstack.constants import LOCALHOST_HOSTNAME
from localstack.services.lambda_ import provider


def install() -> None:
    """Name the host of function URLs, which is all that the Lambda service asks for."""
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
