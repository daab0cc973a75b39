"""Metrics: their values, bounded labels, and few queries of the database."""

from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from rawk.api.app import create_app
from rawk.api.metrics import FIGURES_FRESH_FOR
from rawk.domain.callers import digest_of
from rawk.domain.errors import DatabaseUnavailable, QueueUnavailable
from tests.unit.api.test_memories import MEMORIES, claim, upload
from tests.unit.api.world import PROMETHEUS

ONE = f"{MEMORIES}/{{memory_id}}"


def scraped(client, path="/metrics"):
    """Every sample: (name, labels) → value."""
    answer = client.get(path, headers={"X-API-Key": "nobody's", **PROMETHEUS})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=1.0.0")
    families = text_string_to_metric_families(answer.text)
    return {
        (each.name, tuple(sorted(each.labels.items()))): each.value for family in families for each in family.samples
    }


def requests(samples, route):
    """Method and status → number of requests, on one route."""
    labelled = [(dict(labels), value) for (name, labels), value in samples.items() if name == "rawk_requests_total"]
    return {(each["method"], each["status"]): value for each, value in labelled if each["route"] == route}


def with_status(samples):
    named = [(labels, value) for (name, labels), value in samples.items() if name == "rawk_memories"]
    return {dict(labels)["status"]: int(value) for labels, value in named if value}


@pytest.mark.parametrize("path", ["/metrics", "/api/v1/metrics"])
def test_requests_are_counted_and_timed_by_route_method_and_status(client, path):
    memory_id = upload(client).json()["id"]
    for each in (memory_id, memory_id, "unknown"):
        client.get(f"{MEMORIES}/{each}")
    client.delete(f"{MEMORIES}/{memory_id}")
    client.get(MEMORIES, headers={"X-API-Key": "guessed"})

    samples = scraped(client, path)

    assert requests(samples, ONE) == {("GET", "200"): 2, ("GET", "404"): 1, ("DELETE", "204"): 1}
    assert requests(samples, MEMORIES) == {("POST", "202"): 1, ("GET", "401"): 1}
    assert samples["rawk_request_seconds_count", (("method", "GET"), ("route", ONE))] == 3
    assert samples["rawk_request_seconds_bucket", (("le", "+Inf"), ("method", "GET"), ("route", ONE))] == 3


def test_unknown_methods_and_paths_add_no_labels(client):
    before = len(scraped(client))
    client.get("/first")  # adds the one label that all of these share
    client.request("BREW", "/first")
    grown = len(scraped(client))
    for number in range(20):
        client.get(f"/wp-admin/{number}")
        client.request(f"BREW{number}", "/teapot")
        client.get(f"{MEMORIES}/{number}/nonsense")

    assert len(scraped(client)) == grown > before
    assert requests(scraped(client), "other") == {("GET", "404"): 41, ("other", "404"): 21}


def test_a_bug_of_ours_is_counted_as_a_500(client, world):
    world.faults.add("memories.page", RuntimeError("a bug"))

    assert client.get(MEMORIES).status_code == 500

    assert requests(scraped(client), MEMORIES) == {("GET", "500"): 1}


def test_memories_and_outbox_have_metrics(client, world):
    upload(client)
    claim(world, upload(client).json()["id"])
    world.faults.add("queue.send", QueueUnavailable("gone"))
    upload(client)
    world.pass_time(timedelta(seconds=90))

    samples = scraped(client)

    assert with_status(samples) == {"queued": 2, "processing": 1}
    assert samples["rawk_memories", (("status", "failed"),)] == 0
    assert samples["rawk_outbox_rows", ()] == 1
    assert samples["rawk_outbox_oldest_seconds", ()] == 90
    assert samples["rawk_uploads_under_way", ()] == 0
    assert samples["rawk_database_up", ()] == 1


def test_an_upload_counts_while_it_is_in_progress(client, app, world, monkeypatch):
    seen = []
    accept = world.memories.accept

    def accept_and_scrape(*args):
        seen.append(app.state.metrics.registry.get_sample_value("rawk_uploads_under_way"))
        return accept(*args)

    monkeypatch.setattr(world.memories, "accept", accept_and_scrape)
    upload(client)

    assert seen == [1]
    assert scraped(client)["rawk_uploads_under_way", ()] == 0


def test_frequent_scrapes_do_not_query_the_database_each_time(client, world):
    for _ in range(5):
        scraped(client)
    upload(client)
    assert with_status(scraped(client)) == {}
    assert world.faults.calls.count("memories.figures") == 1

    world.pass_time(FIGURES_FRESH_FOR)

    assert with_status(scraped(client)) == {"queued": 1}
    assert world.faults.calls.count("memories.figures") == 2


def test_a_database_that_is_down_is_a_metric_and_the_others_remain(client, world):
    client.get(MEMORIES)
    world.faults.add("memories.figures", DatabaseUnavailable("at 10.0.0.7"))

    samples = scraped(client)

    assert samples["rawk_database_up", ()] == 0
    assert ("rawk_outbox_rows", ()) not in samples
    assert requests(samples, MEMORIES) == {("GET", "200"): 1}
    world.pass_time(FIGURES_FRESH_FOR)
    assert scraped(client)["rawk_database_up", ()] == 1


@pytest.mark.parametrize("path", ["/metrics", "/api/v1/metrics"])
def test_without_a_key_in_the_settings_there_are_no_metrics(world, path):
    services = replace(world.services({"key-of-acme": "acme"}), metrics_keys_sha256=())
    with TestClient(create_app(services), headers={"X-API-Key": "key-of-acme"}) as client:
        assert client.get(path, headers=PROMETHEUS).status_code == 404
        assert path not in client.get("/openapi.json").json()["paths"]
        assert upload(client).status_code == 202


@pytest.mark.parametrize("path", ["/metrics", "/api/v1/metrics"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-API-Key": "key-of-acme"},
        {"X-API-Key": "key-of-prometheus"},
        {"Authorization": "Bearer key-of-acme"},
        {"Authorization": "Bearer key-of-prometheu"},
        {"Authorization": "Bearer key-of-prometheus2"},
        {"Authorization": f"Bearer {digest_of(b'key-of-prometheus')}"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic key-of-prometheus"},
        {"Authorization": "Bearer \u00e9".encode("latin-1")},
        {"Authorization": "key-of-prometheus"},
    ],
)
def test_metrics_are_for_their_own_keys(client, world, path, headers):
    answer = client.get(path, headers=headers)

    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "rawk_" not in answer.text
    assert world.faults.calls == []


def test_two_keys_are_valid_and_open_nothing_else(client):
    for key in ("key-of-prometheus", "next-key-of-prometheus"):
        bearer = {"Authorization": f"Bearer {key}"}
        assert client.get("/metrics", headers=bearer).status_code == 200
        assert client.get(MEMORIES, headers={**bearer, "X-API-Key": ""}).status_code == 401


def test_two_apis_in_one_process_have_separate_metrics(client, world):
    client.get(MEMORIES)
    with TestClient(create_app(world.services({}))) as other:
        assert requests(scraped(other), MEMORIES) == {}
