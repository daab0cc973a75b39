"""Endpoints to log in and to see who one is. https://www.rfc-editor.org/rfc/rfc6749#section-4.3"""

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import parse_qsl

import anyio
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from rawk.api.bounded_threads import ANSWER_SECONDS
from rawk.api.callers.authentication import TOKEN_PATH, Authenticated
from rawk.api.dependencies import Services, Threads, body_of, problems
from rawk.domain.errors import DatabaseUnavailable, MalformedLogin, TooManyRequests
from rawk.use_cases.callers.authentication import TOKEN_VALID_FOR

LOGINS_AT_ONCE = 2
"""Each takes a processor for some 20 ms and 19 MiB."""
LOGINS_WAITING = 20
LOGIN_BYTES = 4096
MAX_FIELDS = 10
LOGIN_SECONDS = 10.0
RETRY_AFTER_SECONDS = 1

router = APIRouter(tags=["callers"])

LOGIN_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["username", "password"],
                    "maxProperties": MAX_FIELDS,
                    "properties": {
                        "grant_type": {"type": "string", "const": "password"},
                        "username": {"type": "string", "minLength": 1, "examples": ["ada@example.com"]},
                        "password": {"type": "string", "minLength": 1, "format": "password"},
                    },
                }
            }
        },
    }
}


class TokenView(BaseModel):
    access_token: str = Field(description="Send it as `Authorization: Bearer …`.")
    token_type: str = Field(description="Always `bearer`.")
    expires_in: int = Field(description="Seconds.")

    model_config = ConfigDict(
        json_schema_extra={"example": {"access_token": "eyJhbGciOi…", "token_type": "bearer", "expires_in": 900}}
    )


class CallerView(BaseModel):
    name: str
    tenants: list[str] = Field(description="The tenants that the caller may act for.")

    model_config = ConfigDict(json_schema_extra={"example": {"name": "ada@example.com", "tenants": ["acme"]}})


class LoginQueue:
    """A password's hash is slow on purpose: few are computed at once, and few wait."""

    def __init__(self) -> None:
        self._limiter = CapacityLimiter(LOGINS_AT_ONCE)
        self._waiting = 0

    async def run[T, *P](self, call: Callable[[*P], T], *arguments: *P) -> T:
        """Raises TooManyRequests, DatabaseUnavailable after ANSWER_SECONDS at most, and what the call raises."""
        if self._waiting >= LOGINS_AT_ONCE + LOGINS_WAITING:
            raise TooManyRequests("Too many are logging in at this moment.", retry_after_seconds=RETRY_AFTER_SECONDS)
        self._waiting += 1
        try:
            with anyio.move_on_after(ANSWER_SECONDS):
                return await run_sync(call, *arguments, limiter=self._limiter, abandon_on_cancel=True)
        finally:
            self._waiting -= 1
        raise DatabaseUnavailable(f"no answer within {ANSWER_SECONDS:g} s")


async def _queue(request: Request) -> LoginQueue:
    queue: LoginQueue = request.app.state.logins
    return queue


@router.post(
    TOKEN_PATH,
    summary="Log in",
    openapi_extra=LOGIN_FORM,
    responses=problems(401, 408, 413, 422, 429, 503),
    operation_id="log_in",
)
@router.post("/api/auth/token", include_in_schema=False)
async def token(
    request: Request,
    response: Response,
    services: Services,
    threads: Threads,
    queue: Annotated[LoginQueue, Depends(_queue)],
) -> TokenView:
    """A user's name and password for a token of fifteen minutes. After ten attempts with a name within five minutes,
    right or wrong ones: 429."""
    name, password = _credentials(await body_of(request, LOGIN_BYTES, LOGIN_SECONDS))
    user = await queue.run(services.login.log_in, name, password)
    issued = await threads.database.run(services.authentication.token_of, user)
    response.headers["Cache-Control"] = "no-store"
    return TokenView(access_token=issued, token_type="bearer", expires_in=int(TOKEN_VALID_FOR.total_seconds()))


@router.get("/api/v1/auth/me", summary="Who one is", responses=problems(401, 429, 503), operation_id="who_am_i")
@router.get("/api/auth/me", include_in_schema=False)
async def me(caller: Authenticated) -> CallerView:
    return CallerView(name=caller.name, tenants=list(caller.tenants))


def _credentials(body: bytes) -> tuple[str, str]:
    """Raises MalformedLogin."""
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    except ValueError as error:
        raise MalformedLogin("Send username and password as application/x-www-form-urlencoded.") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise MalformedLogin("A field comes twice.")
    if fields.get("grant_type", "password") != "password":
        raise MalformedLogin("The only grant_type is password.")
    if not fields.get("username") or not fields.get("password"):
        raise MalformedLogin("username and password are both needed.")
    return fields["username"], fields["password"]
