"""The simulator's control API serves programs of this machine that know its token, and no web page."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from sim.openai_simulator.server import OpenAIServer
from sim.platform.control_token import HEADER

REQUESTS = [("GET", "/_sim/spaces"), ("PUT", "/_sim/spaces/a"), ("GET", "/_sim/clock"), ("DELETE", "/_sim/spaces/a")]


def statuses(server: OpenAIServer, headers: dict[str, str]) -> list[int]:
    async def ask() -> list[int]:
        url = await server.start()
        try:
            async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as client:
                return [(await client.request(*request)).status_code for request in REQUESTS]
        finally:
            await server.stop()

    return asyncio.run(ask())


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_no_page_reaches_it(headers: dict[str, str]) -> None:
    assert statuses(OpenAIServer(), headers) == [403] * len(REQUESTS)


@pytest.mark.parametrize(
    ("make", "headers", "expected"),
    [
        (lambda: OpenAIServer(), {}, 200),
        (lambda: OpenAIServer(token="sesame"), {}, 403),
        (lambda: OpenAIServer(token="sesame"), {HEADER: "guessed"}, 403),
        (lambda: OpenAIServer(token="sesame"), {HEADER: "sesame"}, 200),
        (lambda: OpenAIServer(key="sk"), {}, 401),
        (lambda: OpenAIServer(key="sk"), {"Authorization": "Bearer sk", "Host": "sim.example.org"}, 200),
    ],
    ids=["open", "no-token", "wrong-token", "token", "no-key", "key"],
)
def test_token_and_key_decide(make: Callable[[], OpenAIServer], headers: dict[str, str], expected: int) -> None:
    assert statuses(make(), headers) == [expected] * len(REQUESTS)
