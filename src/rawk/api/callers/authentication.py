"""Authentication of a request, and the one tenant that it acts for.

Every endpoint of a tenant's data takes that tenant from here, and passes it to each query.
"""

from typing import Annotated

from fastapi import Depends, Header, Query, Request, Security
from fastapi.security import APIKeyHeader, OAuth2PasswordBearer

from rawk.api.bounded_threads import ThreadGroups
from rawk.api.callers.rate_limits import RateLimits
from rawk.domain.callers import Caller
from rawk.domain.errors import NotAuthenticated, TenantForbidden, TenantMissing
from rawk.use_cases.callers.authentication import Authentication, Ticket

TOKEN_PATH = "/api/v1/auth/token"

_key_header = APIKeyHeader(name="X-API-Key", scheme_name="ApiKey", auto_error=False, description="An API key.")
_bearer = OAuth2PasswordBearer(
    TOKEN_PATH, scheme_name="Login", auto_error=False, description="The token of a user who has logged in."
)


async def _caller(
    request: Request, key: Annotated[str | None, Security(_key_header)], token: Annotated[str | None, Security(_bearer)]
) -> Caller:
    """Raises NotAuthenticated, TooManyRequests, DatabaseUnavailable."""
    caller = await _identified(request, key, token)
    limits: RateLimits = request.app.state.rate_limits
    limits.count(caller.name)
    return caller


async def _identified(request: Request, key: str | None, token: str | None) -> Caller:
    authentication: Authentication = request.app.state.authentication
    threads: ThreadGroups = request.app.state.threads
    if key:
        key_bytes = key.encode("latin-1")  # header values arrive as latin-1
        configured = authentication.by_configured_key(key_bytes)
        if configured is not None:
            return configured
        return await threads.database.run(authentication.by_key, key_bytes)
    if token:
        return await threads.database.run(authentication.by_token, token)
    raise NotAuthenticated("Send an API key in the header X-API-Key, or a token as Authorization: Bearer.")


type Authenticated = Annotated[Caller, Depends(_caller)]

type _TenantHeader = Annotated[
    str | None,
    Header(alias="X-Tenant", description="The tenant to act for. Needed by callers with several."),
]


async def tenant(caller: Authenticated, named: _TenantHeader = None) -> str:
    """Raises what `_caller` raises, TenantMissing, TenantForbidden."""
    return tenant_of(caller, named)


def tenant_of(caller: Caller, named: str | None) -> str:
    if named is None:
        if len(caller.tenants) != 1:
            raise TenantMissing("This caller has several tenants: name one in the header X-Tenant.")
        return caller.tenants[0]
    if named not in caller.tenants:
        raise TenantForbidden("This caller may not act for the tenant in X-Tenant.")
    return named


type Tenant = Annotated[str, Depends(tenant)]

type _TicketQuery = Annotated[
    str | None,
    Query(description="A ticket of this memory, instead of a key or token: see …/ticket."),
]


async def reader(
    request: Request,
    memory_id: str,
    key: Annotated[str | None, Security(_key_header)],
    token: Annotated[str | None, Security(_bearer)],
    ticket: _TicketQuery = None,
    named: _TenantHeader = None,
) -> str:
    """The tenant of a request that reads one memory, which may come with a ticket: a browser's EventSource and media
    elements send no headers. Raises what `tenant` raises."""
    if ticket is None:
        return tenant_of(await _caller(request, key, token), named)
    authentication: Authentication = request.app.state.authentication
    threads: ThreadGroups = request.app.state.threads
    permitted: Ticket = await threads.database.run(authentication.by_ticket, ticket)
    if permitted.memory_id != memory_id.lower():
        raise NotAuthenticated("The ticket is for another memory.")
    return permitted.tenant


type Reader = Annotated[str, Depends(reader)]
