"""Who may use a control API on a local port: programs of this machine that know its token, and no web page.

A page in a browser of this machine reaches every loopback port: by a form or `fetch` (which have an `Origin` or
`Sec-Fetch-Site`), or by a name of its own that it lets point at 127.0.0.1 (DNS rebinding, which shows in `Host`).
"""

import hmac
import os
from collections.abc import Callable, Mapping
from functools import wraps
from ipaddress import ip_address
from typing import Any

TOKEN_HEADER = "X-Rawk-Control"
TOKEN_VARIABLE = "SIM_CONTROL_TOKEN"
"""In the environment of a server: the token that its control API wants. Without it programs need none."""

_OWN_SITES = ("none", "same-origin")
_LOCAL_DOMAINS = (".localhost", ".localhost.localstack.cloud", ".internal")


def refusal(header: Callable[[str], str | None], token: str | None) -> str | None:
    """Why a request with these headers is refused; None when it is not. With the right token it is not."""
    if token:
        shown = header(TOKEN_HEADER) or ""
        fits = hmac.compare_digest(shown.encode("utf-8", "replace"), token.encode())
        return None if fits else f"the header {TOKEN_HEADER} is missing or wrong"
    if header("Origin") is not None or (header("Sec-Fetch-Site") or "none") not in _OWN_SITES:
        return "the request comes from a web page"
    if not is_local(header("Host") or ""):
        return "the header Host is not a name of this machine"
    return None


def is_local(host: str) -> bool:
    """An address, a name without a dot (of this machine or of a container), or one that is always local.

    No page has such a name: what a page rebinds is a registered domain.
    """
    name = host.rpartition("]")[0].removeprefix("[") if host.startswith("[") else host.partition(":")[0]
    name = name.removesuffix(".").lower()
    try:
        ip_address(name)
    except ValueError:
        return bool(name) and ("." not in name or f".{name}".endswith(_LOCAL_DOMAINS))
    return True


def of_environ(environ: Mapping[str, Any]) -> Callable[[str], str | None]:
    """The headers of a WSGI request."""
    return lambda name: environ.get(f"HTTP_{name.upper().replace('-', '_')}")


def guarded[**P, T](handler: Callable[P, T]) -> Callable[P, T]:
    """A handler of LocalStack's router that answers 403 to whom it must not serve."""

    @wraps(handler)
    def guard(*arguments: P.args, **keywords: P.kwargs) -> T:
        from werkzeug.exceptions import Forbidden  # type: ignore[import-not-found]  # only LocalStack has it

        request: Any = arguments[0]
        reason = refusal(request.headers.get, os.environ.get(TOKEN_VARIABLE))
        if reason is not None:
            raise Forbidden(reason)
        return handler(*arguments, **keywords)

    return guard
