"""Pages of the configured origins may call the API from a browser, with every answer readable; others may not."""

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from rawk.api.app import create_app
from tests.unit.api.conftest import ACME
from tests.unit.api.forms import wav

MEMORIES = "/api/v1/memories"
PAGE, OTHER_PAGE = "https://app.example.com", "http://localhost:5173"
STRANGER = "https://app.example.com.evil.example"


def client_of(world, *origins):
    services = replace(world.services({"key-of-acme": "acme"}), cors_allowed_origins=origins)
    return TestClient(create_app(services), headers=ACME)


@pytest.fixture
def client(world):
    with client_of(world, PAGE, OTHER_PAGE) as client:
        yield client


def preflight(client, origin, method="POST", headers="x-api-key,idempotency-key,content-type"):
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return TestClient(client.app).options(MEMORIES, headers=asked)


@pytest.mark.parametrize("origin", [PAGE, OTHER_PAGE])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
def test_a_page_may_call_without_having_a_key_in_its_preflight(client, origin, method):
    answer = preflight(client, origin, method)

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert method in answer.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Max-Age"] == "600"
    assert "Origin" in answer.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(
    "header", ["X-API-Key", "Idempotency-Key", "If-None-Match", "Last-Event-ID", "X-Correlation-Id", "Content-Type"]
)
def test_a_page_may_send_the_headers_that_the_api_reads(client, header):
    assert preflight(client, PAGE, "GET", header.lower()).status_code == 200


@pytest.mark.parametrize(
    ("origin", "method", "headers"),
    [
        (STRANGER, "POST", "x-api-key"),
        ("null", "POST", "x-api-key"),
        ("http://app.example.com", "POST", "x-api-key"),
        ("https://app.example.com:8443", "POST", "x-api-key"),
        (PAGE, "PUT", "x-api-key"),
        (PAGE, "POST", "x-unknown"),
    ],
)
def test_another_preflight_is_refused(client, origin, method, headers):
    answer = preflight(client, origin, method, headers)

    assert answer.status_code == 400
    assert answer.headers.get("Access-Control-Allow-Origin") in (None, PAGE)


def test_a_page_reads_every_answer_and_its_headers(client, world):
    accepted = client.post(MEMORIES, files={"audio": wav()}, headers={"Origin": PAGE})
    missing = client.get(f"{MEMORIES}/nonsense", headers={"Origin": PAGE})
    refused = TestClient(client.app).get(MEMORIES, headers={"Origin": PAGE})
    world.faults.add("memories.page", KeyError("a bug"))
    failed = client.get(MEMORIES, headers={"Origin": PAGE})

    assert [each.status_code for each in (accepted, missing, refused, failed)] == [202, 404, 401, 500]
    for answer in (accepted, missing, refused, failed):
        assert answer.headers["Access-Control-Allow-Origin"] == PAGE
        exposed = answer.headers["Access-Control-Expose-Headers"]
        for header in ("ETag", "Location", "Retry-After", "WWW-Authenticate", "X-Correlation-Id"):
            assert header in exposed


def test_a_stranger_reads_nothing(client):
    answer = client.get(MEMORIES, headers={"Origin": STRANGER})

    assert "Access-Control-Allow-Origin" not in answer.headers


def test_without_origins_no_page_reads_anything(world):
    with client_of(world) as client:
        assert "Access-Control-Allow-Origin" not in client.get(MEMORIES, headers={"Origin": PAGE}).headers
        assert preflight(client, PAGE).status_code == 405


def test_any_page_may_read_where_all_origins_are_allowed(world):
    with client_of(world, "*") as client:
        assert client.get(MEMORIES, headers={"Origin": STRANGER}).headers["Access-Control-Allow-Origin"] == "*"
