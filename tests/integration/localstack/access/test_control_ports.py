"""The emulator's control ports serve programs of this machine; no web page, and with a token nobody without it."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from sim.localstack.extension.rawk_emulator.gateway.local_callers import TOKEN_HEADER, TOKEN_VARIABLE
from sim.localstack.server import LocalStack
from sim.platform.control_token import control_token

FORM = {"Content-Type": "text/plain", "Origin": "https://evil.example"}
"""What a form of a page may send without asking first."""

REQUESTS = [
    ("GET", "/_rawk/control"),
    ("GET", "/_rawk/control/world"),
    ("POST", "/_rawk/control/world/settle"),
    ("GET", "/_rawk/time"),
    ("POST", "/_rawk/time"),
    ("DELETE", "/_rawk/chaos/rules/x"),
    ("POST", "/_localstack/chaos/faults"),
    ("PATCH", "/_localstack/chaos/faults"),
    ("POST", "/_localstack/chaos/effects"),
]


def status(url: str, method: str, path: str, headers: dict[str, str]) -> int:
    address = urlsplit(url)
    connection = HTTPConnection(str(address.hostname), address.port, timeout=20)
    try:
        connection.request(method, path, b"[]" if method in ("POST", "PATCH") else None, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def control_url(localstack: LocalStack, headers: dict[str, str]) -> str:
    """The control server's own port."""
    address = urlsplit(localstack.endpoint_url)
    connection = HTTPConnection(str(address.hostname), address.port, timeout=20)
    connection.request("GET", "/_rawk/control", headers=headers)
    port = json.load(connection.getresponse())["port"]
    connection.close()
    return f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(
    "headers", [FORM, {"Host": "evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_no_page_reaches_the_control_api(
    localstack: LocalStack, method: str, path: str, headers: dict[str, str]
) -> None:
    assert status(localstack.endpoint_url, method, path, headers) == 403


@pytest.mark.parametrize(
    "headers", [FORM, {"Host": "evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/world"), ("POST", "/world/settle"), ("GET", "/nothing")])
def test_no_page_reaches_the_control_server(
    localstack: LocalStack, method: str, path: str, headers: dict[str, str]
) -> None:
    url = control_url(localstack, {})

    assert status(url, method, path, headers) == 403
    assert status(url, "GET", "/world", {}) == 200


@pytest.fixture(scope="module")
def with_a_token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    folder = tmp_path_factory.mktemp("token")
    extra_env = {TOKEN_VARIABLE: control_token()}
    with LocalStack(folder / "state", folder / "localstack.log", extra_env=extra_env) as running:
        yield running


def test_a_worlds_emulator_wants_its_token(with_a_token: LocalStack) -> None:
    held = {TOKEN_HEADER: control_token()}
    url = control_url(with_a_token, held)
    for headers in ({}, {TOKEN_HEADER: "guessed"}, {"Authorization": f"Bearer {control_token()}"}):
        assert [status(with_a_token.endpoint_url, *request, headers) for request in REQUESTS] == [403] * len(REQUESTS)
        assert status(url, "GET", "/world", headers) == 403
    assert status(url, "GET", "/world", held) == 200
    assert status(with_a_token.endpoint_url, "GET", "/_rawk/time", held) == 200
    assert status(with_a_token.endpoint_url, "PATCH", "/_localstack/chaos/faults", held) == 200
