"""Errors: each is a problem detail without internal details, and each response has its correlation id."""

import io
import json
import logging

import pytest
from starlette.testclient import TestClient

from rawk.api.app import create_app
from rawk.domain.errors import (
    ConfigurationError,
    DatabaseOutdated,
    DatabaseUnavailable,
    DatabaseWaking,
    IdempotencyConflict,
    QueueUnavailable,
    StorageUnavailable,
)
from rawk.log import write_json_lines
from tests.unit.api.forms import wav

MEMORIES = "/api/v1/memories"
UNKNOWN = f"{MEMORIES}/6f9c1e0b-7d0c-4a83-9d6c-2f3f3f9f8a55"


def problem(answer):
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["correlation_id"] == answer.headers["X-Correlation-Id"]
    assert body["instance"] == answer.request.url.path
    assert body["type"].startswith("urn:rawk:problem:")
    assert body["title"]
    assert body["detail"]
    return body


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("GET", f"{MEMORIES}/", 404, "not-found"),
        ("GET", UNKNOWN, 404, "memory-not-found"),
        ("PUT", MEMORIES, 405, "method-not-allowed"),
        ("POST", "/healthz", 405, "method-not-allowed"),
        ("POST", MEMORIES, 422, "malformed-upload"),
        ("GET", f"{MEMORIES}?limit=0", 422, "invalid-request"),
        ("GET", f"{MEMORIES}?cursor=x", 422, "invalid-cursor"),
    ],
)
def test_every_refusal_is_a_problem_with_a_stable_type(client, method, path, status, kind):
    answer = client.request(method, path)

    assert (answer.status_code, problem(answer)["type"]) == (status, f"urn:rawk:problem:{kind}")


def test_an_unsupported_method_is_answered_with_the_supported_ones(client):
    assert set(client.put(MEMORIES).headers["Allow"].split(", ")) == {"GET", "HEAD", "POST"}
    assert set(client.post(UNKNOWN).headers["Allow"].split(", ")) == {"GET", "HEAD", "DELETE"}


@pytest.mark.parametrize("key", [None, "", "key-of-acm", "key-of-acmee", "KEY-OF-ACME", "acme", "ké"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_a_known_key_nothing_is_served(app, world, method, key):
    headers = [] if key is None else [(b"X-API-Key", key.encode())]
    answer = TestClient(app).request(method, MEMORIES, headers=headers)

    assert (answer.status_code, problem(answer)["type"]) == (401, "urn:rawk:problem:not-authenticated")
    assert answer.headers["WWW-Authenticate"] == 'ApiKey realm="rawk", Bearer realm="rawk"'
    assert world.faults.calls == []


def test_a_key_beyond_ascii_is_a_key_like_any_other(world):
    client = TestClient(create_app(world.services({"clé": "acme"})))

    assert client.get(MEMORIES, headers=[(b"X-API-Key", "clé".encode())]).status_code == 200
    assert client.get(MEMORIES, headers=[(b"X-API-Key", b"cle")]).status_code == 401


def test_a_tenant_whose_name_is_not_safe_in_a_path_stops_the_start(world):
    with pytest.raises(ConfigurationError, match="a tenant must be 1 to 64 letters"):
        create_app(world.services({"key": "../acme"}))


@pytest.mark.parametrize(
    ("fault", "part", "request_"),
    [
        (("memories.get", DatabaseUnavailable), "database", ("GET", UNKNOWN)),
        (("memories.history", DatabaseUnavailable), "database", ("GET", None)),
        (("memories.page", DatabaseUnavailable), "database", ("GET", MEMORIES)),
        (("memories.delete", DatabaseUnavailable), "database", ("DELETE", UNKNOWN)),
        (("memories.accept", DatabaseUnavailable), "database", ("POST", MEMORIES)),
        (("audio.open_upload", StorageUnavailable), "storage", ("POST", MEMORIES)),
        (("upload.complete", StorageUnavailable), "storage", ("POST", MEMORIES)),
    ],
)
def test_a_part_that_is_down_is_named_and_nothing_else_is(client, world, fault, part, request_):
    method, path = request_
    path = path or client.post(MEMORIES, files={"audio": wav()}).headers["Location"]
    call, error = fault
    world.faults.add(call, error("connection to server at 10.0.0.7 failed: password=hunter2"), times=2)

    answer = client.request(method, path, files={"audio": wav()} if method == "POST" else None)

    found = problem(answer)
    assert (answer.status_code, found["type"], found["part"]) == (503, f"urn:rawk:problem:{part}-unavailable", part)
    assert int(answer.headers["Retry-After"]) > 0
    assert "10.0.0.7" not in answer.text
    assert "hunter2" not in answer.text


def test_a_bug_of_ours_is_a_500_without_details_and_a_log_line_with_all(client, world, caplog):
    caplog.set_level(logging.INFO, "rawk")
    world.faults.add("memories.page", KeyError("internal detail"))

    answer = client.get(MEMORIES, headers={"X-Correlation-Id": "find-me"})

    assert (answer.status_code, problem(answer)["type"]) == (500, "urn:rawk:problem:internal-error")
    assert "internal detail" not in answer.text
    assert answer.headers["X-Correlation-Id"] == "find-me"
    [crash] = [record for record in caplog.records if record.message == "request_crashed"]
    assert crash.exc_info[0] is KeyError


def test_the_configuration_of_another_service_is_not_shown_either(client, world):
    world.faults.add("audio.open_upload", ConfigurationError("AUDIO_BUCKET secret-bucket does not exist"))

    answer = client.post(MEMORIES, files={"audio": wav()})

    assert (answer.status_code, problem(answer)["type"]) == (500, "urn:rawk:problem:internal-error")
    assert "secret-bucket" not in answer.text
    assert world.stored_audio() == {}


# the correlation id


@pytest.mark.parametrize("given", ["a", "svc:upload_1.2", "0b6f9c1e-7d0c-4a83-9d6c-2f3f3f9f8a55", "x" * 128])
def test_a_valid_correlation_id_is_used_everywhere(client, world, given):
    answer = client.post(MEMORIES, files={"audio": wav()}, headers={"X-Correlation-Id": given})

    [memory] = world.all_memories()
    [job] = world.sent_jobs()
    assert answer.headers["X-Correlation-Id"] == memory.correlation_id == job.correlation_id == given
    assert client.get(answer.headers["Location"]).json()["correlation_id"] == given


@pytest.mark.parametrize("given", ["", " ", "x" * 129, "a b", "a\tb", "Root=1-67;x", '{"a":1}', "é"])
def test_an_invalid_correlation_id_is_replaced(client, given):
    used = client.get("/healthz", headers=[(b"X-Correlation-Id", given.encode())]).headers["X-Correlation-Id"]

    assert len(used) == 36
    assert used != given


def test_every_log_line_of_a_request_has_its_correlation_id(client, capture):
    client.post(MEMORIES, files={"audio": wav()}, headers={"X-Correlation-Id": "corr-9"})

    lines = capture()
    assert [line["event"] for line in lines] == ["memory_accepted", "request"]
    assert {line["correlation_id"] for line in lines} == {"corr-9"}
    assert (lines[1]["method"], lines[1]["path"], lines[1]["status"]) == ("POST", MEMORIES, 202)


@pytest.mark.parametrize("path", ["/" + "x" * 16_000, "/" + "%00" * 5_000, f"{UNKNOWN}/{'é' * 2_000}"])
def test_a_line_of_the_log_is_short_whatever_was_asked(client, capture, path):
    client.request("A" * 3_000, path)

    [line] = capture()
    assert line["event"] == "request"
    assert len(json.dumps(line)) < 2_000
    assert line["path"].endswith("…")
    assert line["method"].endswith("…")


def test_an_answer_names_some_invalid_fields_of_many(client):
    answer = client.post("/api/v1/uploads", json={f"field{n}": 1 for n in range(300)})

    assert answer.status_code == 422
    assert len(problem(answer)["errors"]) == 20
    assert len(answer.content) < 5_000


@pytest.mark.parametrize(
    ("point", "error", "event_name"),
    [
        ("queue.send", QueueUnavailable("no answer"), "job_left_to_relay"),
        ("memories.accept", DatabaseUnavailable("no answer"), "accept_repeated"),
        ("upload.complete", StorageUnavailable("no answer"), "request"),
        ("memories.accept", IdempotencyConflict("another"), "request"),
        ("memories.accept", ZeroDivisionError("a bug of ours"), "request_crashed"),
    ],
    ids=str,
)
def test_every_line_about_an_upload_names_its_memory_whatever_fails(app, world, capture, point, error, event_name):
    world.faults.add(point, error)
    client = TestClient(app, headers={"X-API-Key": "key-of-acme"}, raise_server_exceptions=False)
    answer = client.post(MEMORIES, files={"audio": wav()})

    lines = capture()
    assert event_name in [line["event"] for line in lines]
    assert {line["correlation_id"] for line in lines} == {answer.headers["X-Correlation-Id"]}
    assert all("memory_id" in line for line in lines if line["event"] not in ("request", "request_crashed"))
    if answer.status_code == 202:
        assert {line["memory_id"] for line in lines} == {answer.json()["id"]}


@pytest.mark.parametrize("suffix", ["", "/events", "/audio", "/nowhere"])
@pytest.mark.parametrize("spelt", [str.lower, str.upper])
def test_a_request_about_a_memory_names_it(client, capture, suffix, spelt):
    memory_id = UNKNOWN.rpartition("/")[2]
    client.get(f"{MEMORIES}/{spelt(memory_id)}{suffix}")

    assert [line["memory_id"] for line in capture()] == [memory_id]


@pytest.mark.parametrize("path", [MEMORIES, f"{MEMORIES}/nonsense", f"{MEMORIES}/{'0' * 36}", f"{UNKNOWN}0"])
def test_a_request_about_no_memory_names_none(client, capture, path):
    client.get(path)

    assert not any("memory_id" in line for line in capture())


def test_beginning_and_submitting_an_upload_name_its_memory(client, capture):
    begun = client.post("/api/v1/uploads", json={"content_type": "audio/wav"}).json()
    client.post(f"{MEMORIES}/{begun['id']}/submit")

    assert {line["memory_id"] for line in capture()} == {begun["id"]}


def test_no_key_and_no_audio_reaches_the_log(client, capture):
    client.post(MEMORIES, files={"audio": wav()}, data={"title": "very private"}, headers={"Idempotency-Key": "k-77"})
    client.get(MEMORIES, headers={"X-API-Key": "a-wrong-key"})

    text = json.dumps(capture())
    for secret in ("key-of-acme", "a-wrong-key", "very private", "RIFF"):
        assert secret not in text


@pytest.fixture
def capture(monkeypatch):
    """The product's standard output, parsed as JSON lines."""
    logger, output = logging.getLogger("rawk"), io.StringIO()
    before = (logger.handlers, logger.propagate, logger.level)
    monkeypatch.setattr("sys.stdout", output)
    write_json_lines("INFO")
    yield lambda: [json.loads(line) for line in output.getvalue().splitlines()]
    logger.handlers, logger.propagate = before[0], before[1]
    logger.setLevel(before[2])


@pytest.mark.parametrize(
    ("error", "title", "reason"),
    [
        (DatabaseUnavailable("at 10.0.0.7"), "does not answer", "down for the moment"),
        (DatabaseWaking("at 10.0.0.7"), "is waking up", "waking up after a pause"),
        (DatabaseOutdated("at 10.0.0.7"), "is not migrated yet", "not migrated yet to the schema of this release"),
    ],
)
def test_a_client_learns_why_the_database_is_unavailable(client, world, error, title, reason):
    world.faults.add("memories.page", error)

    answer = client.get(MEMORIES)

    found = problem(answer)
    assert (answer.status_code, found["title"]) == (503, f"The database {title}")
    assert reason in found["detail"]
    assert "10.0.0.7" not in answer.text
