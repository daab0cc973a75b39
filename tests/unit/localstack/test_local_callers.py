"""Who may use a control API on a local port."""

import pytest

from sim.localstack.extension.rawk_emulator.gateway.local_callers import is_local, refusal
from sim.platform.control_token import HEADER, control_headers


def reason(token: str | None = None, **headers: str) -> str | None:
    given = {"host": "127.0.0.1:4566"} | {name.lower().replace("_", "-"): value for name, value in headers.items()}
    return refusal(lambda name: given.get(name.lower()), token)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:4566",
        "[::1]",
        "[::1]:80",
        "localhost",
        "LOCALHOST:1",
        "localhost.",
        "openai",
        "localstack:4566",
        *[
            "10.0.0.7:1",
            "s3.localhost.localstack.cloud:4566",
            "localhost.localstack.cloud",
            "host.docker.internal",
            "a.localhost",
        ],
    ],
)
def test_a_program_of_this_machine_is_served(host: str) -> None:
    assert is_local(host)
    assert reason(host=host) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:4566",
        "127.0.0.1.evil.example",
        "127.0.0.1.nip.io",
        "localhost.evil.example",
        "",
        ":80",
        *["notlocalhost.localstack.cloud", "evil.com.", "rebind.network", "[", "[evil.example]", "mylocalhost.dev"],
    ],
)
def test_a_rebound_name_is_refused(host: str) -> None:
    assert reason(host=host) == "the header Host is not a name of this machine"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:3000"},
        {"origin": ""},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_a_web_page_is_refused(headers: dict[str, str]) -> None:
    assert reason(**headers) == "the request comes from a web page"


@pytest.mark.parametrize("shown", [None, "", "wrong", "sesam", "sesame2", "sésame"])
def test_with_a_token_nobody_else_is_served(shown: str | None) -> None:
    headers = {} if shown is None else {HEADER: shown}
    assert reason("sesame", **headers) == f"the header {HEADER} is missing or wrong"


def test_with_a_token_its_holder_is_served_wherever_it_is() -> None:
    assert reason("sesame", **{HEADER: "sesame"}, host="sim.example.org") is None


def test_a_worlds_token_is_the_same_in_a_process_and_long() -> None:
    assert control_headers() == control_headers()
    assert len(control_headers()[HEADER]) >= 32
