"""Authentication: an API key in `X-API-Key` identifies a tenant."""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader

from rawk.domain.errors import NotAuthenticated


class ApiKeys:
    """The digests of all keys. Each is compared in constant time, so that timing reveals nothing."""

    def __init__(self, tenants: Mapping[str, str]) -> None:
        self._known = [(sha256(key.encode()).digest(), tenant) for key, tenant in tenants.items()]

    def tenant_of(self, key: bytes) -> str:
        """Raises NotAuthenticated for an unknown key."""
        digest = sha256(key).digest()
        matches = [tenant for known, tenant in self._known if hmac.compare_digest(known, digest)]
        if not matches:
            raise NotAuthenticated("The API key is unknown.")
        return matches[0]


_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="The API key of your tenant.")


async def tenant(request: Request, key: Annotated[str | None, Security(_header)]) -> str:
    """Raises NotAuthenticated."""
    if not key:
        raise NotAuthenticated("Send your API key in the header X-API-Key.")
    keys: ApiKeys = request.app.state.api_keys
    return keys.tenant_of(key.encode("latin-1"))  # header values arrive as latin-1


type Tenant = Annotated[str, Depends(tenant)]
