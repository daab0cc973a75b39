"""Lets respx answer for OpenAI: `respx.mock(using=HTTPCORE2)`.

openai 3 speaks through httpx2 and httpcore2. respx 0.23 patches httpx and httpcore only, and would silently let such
a call pass to the network; `test_respx_bridge` guards that this file is needed and that it works.
"""

from typing import Any, ClassVar

import httpcore2
import httpx
from respx.mocks import HTTPCoreMocker

HTTPCORE2 = "httpcore2"


class HTTPCore2Mocker(HTTPCoreMocker):
    """respx finds it by its name as soon as it is defined."""

    name = HTTPCORE2
    targets: ClassVar = ["httpcore2._sync.connection_pool.ConnectionPool"]
    target_methods: ClassVar = ["handle_request"]

    @classmethod
    def from_sync_httpx_response(cls, httpx_response: httpx.Response, target: Any, **kwargs: Any) -> Any:  # noqa: ARG003
        return httpcore2.Response(
            status=httpx_response.status_code,
            headers=httpx_response.headers.raw,
            content=httpx_response.stream,
            extensions=httpx_response.extensions,
        )
