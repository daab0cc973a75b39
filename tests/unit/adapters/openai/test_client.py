"""How the SDK's client is made: whose key and address, no retries of its own, and what its HTTP client is."""

from ssl import CERT_NONE, CERT_REQUIRED

import pytest
from httpcore2 import SyncBackend

from rawk.adapters.openai.bounded_answers import BoundedClient
from rawk.adapters.openai.call_deadline import _Backend, http_client
from rawk.adapters.openai.client import make_client
from tests.unit.adapters.openai.responses import KEY
from tests.unit.api.world import StandingClock


@pytest.mark.parametrize(
    ("base_url", "used", "certificates"),
    [
        (None, "https://api.openai.com/v1/", CERT_REQUIRED),
        ("https://gateway.test/openai", "https://gateway.test/openai/", CERT_REQUIRED),
        ("http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1/", CERT_NONE),
    ],
)
def test_a_client_has_its_key_and_address_and_checks_certificates_where_there_are_any(
    monkeypatch: pytest.MonkeyPatch, base_url: str | None, used: str, certificates: int
) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    clock = StandingClock()

    with make_client(KEY, base_url, clock) as client:
        assert (client.api_key, str(client.base_url), client.max_retries) == (KEY, used, 0)
        http = client._client
        assert isinstance(http, BoundedClient)
        assert http.follow_redirects is False
        pool = http._transport._pool  # type: ignore[attr-defined]
        assert pool._ssl_context.verify_mode is certificates
        assert isinstance(pool._network_backend, _Backend)
        assert pool._network_backend._clock is clock
        assert isinstance(pool._network_backend._backend, SyncBackend)


def test_an_http_client_checks_certificates_by_default() -> None:
    with http_client(StandingClock()) as http:
        assert http._transport._pool._ssl_context.verify_mode is CERT_REQUIRED  # type: ignore[attr-defined]
