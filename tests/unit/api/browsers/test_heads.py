"""HEAD wherever GET is, and the headers that every response has."""

import pytest
from starlette.testclient import TestClient

from rawk.api import events
from rawk.domain.errors import DatabaseUnavailable
from tests.unit.api.forms import wav
from tests.unit.api.test_tenants import routes
from tests.unit.api.world import PROMETHEUS

MEMORIES = "/api/v1/memories"
UNKNOWN = f"{MEMORIES}/6f9c1e0b-7d0c-4a83-9d6c-2f3f3f9f8a55"
OF_THE_EXCHANGE = {"x-correlation-id"}
"""Different in each response."""


@pytest.fixture
def accepted(client):
    return client.post(MEMORIES, files={"audio": wav()}).headers["Location"]


def paths(app):
    return sorted(path for method, path in routes(app) if method == "GET")


def compared(headers):
    return {name: value for name, value in headers.items() if name not in OF_THE_EXCHANGE}


def test_every_get_has_its_head(app, client, accepted, monkeypatch):
    monkeypatch.setattr(events, "STREAM_SECONDS", 0.0)
    checked = 0
    for path in paths(app):
        here = path.replace("{memory_id}", accepted.rpartition("/")[2])
        got = client.get(here, headers=PROMETHEUS, follow_redirects=False)
        head = client.head(here, headers=PROMETHEUS, follow_redirects=False)

        assert (head.status_code, head.content) == (got.status_code, b""), path
        ignored = {"content-length"} if path.endswith(("metrics", "/events")) else set()
        if path.endswith("/audio"):
            ignored = {"location"}
        assert {n: v for n, v in compared(head.headers).items() if n not in ignored} == {
            n: v for n, v in compared(got.headers).items() if n not in ignored
        }, path
        checked += 1
    assert checked >= 10


@pytest.mark.parametrize(
    ("path", "status"), [(UNKNOWN, 404), ("/nowhere", 404), (f"{MEMORIES}?limit=0", 422), ("/api/v1/uploads", 405)]
)
def test_a_refused_head_is_refused_as_its_get(client, path, status):
    got, head = client.get(path), client.head(path)

    assert (head.status_code, head.content) == (status, b"")
    # The body of the 405 names the method, so that its length differs.
    assert head.headers["Content-Type"] == got.headers["Content-Type"]
    assert head.headers.get("Allow") == got.headers.get("Allow")


def test_a_head_of_a_stream_ends_at_once(client, accepted, monkeypatch):
    monkeypatch.setattr(events, "STREAM_SECONDS", 3600.0)

    answer = client.head(f"{accepted}/events")

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Type"].startswith("text/event-stream")


def test_a_head_is_not_served_without_a_key(app, world):
    assert TestClient(app).head(MEMORIES).status_code == 401
    assert world.faults.calls == []


def test_a_head_is_logged_and_counted_as_what_it_is(client, caplog):
    caplog.set_level("INFO", "rawk")

    client.head(MEMORIES)

    [line] = [record for record in caplog.records if record.message == "request"]
    assert line.fields["method"] == "HEAD"
    metrics = client.get("/metrics", headers=PROMETHEUS).text
    assert 'rawk_requests_total{method="HEAD",route="/api/v1/memories",status="200"} 1.0' in metrics


SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000",
}


EMBEDDED = {"Cross-Origin-Resource-Policy": "cross-origin"}
"""For a page's `<audio>` of another origin, whose ticket is in the address."""


def assert_secure(answer, security=SECURITY):
    for name, value in security.items():
        assert answer.headers[name] == value, (answer.request.url, name)
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["Cache-Control"] in ("no-store", "private, no-cache")


def test_every_answer_has_the_security_headers(app, client, accepted, monkeypatch):
    monkeypatch.setattr(events, "STREAM_SECONDS", 0.0)
    for method, path in sorted(routes(app)):
        here = path.replace("{memory_id}", accepted.rpartition("/")[2])
        if method != "DELETE":
            answer = client.request(method, here, follow_redirects=False)
            assert_secure(answer, SECURITY | (EMBEDDED if path.endswith("/audio") else {}))
    assert_secure(client.delete(accepted))
    assert_secure(client.get(UNKNOWN))
    assert_secure(client.get("/nowhere"))
    assert_secure(client.put(MEMORIES))
    assert_secure(TestClient(app).get(MEMORIES))


@pytest.mark.parametrize(("error", "status"), [(KeyError("a bug"), 500), (DatabaseUnavailable("down"), 503)])
def test_a_failed_answer_has_them_too(client, world, error, status):
    world.faults.add("memories.page", error)

    answer = client.get(MEMORIES)

    assert answer.status_code == status
    assert_secure(answer)


def test_a_memory_may_be_kept_by_its_reader_and_checked_by_its_entity_tag(client, accepted):
    answer = client.get(accepted)

    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert client.get(accepted, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
