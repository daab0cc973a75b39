"""Liveness and readiness: each check has a timeout, and a check that hangs occupies one thread only."""

import threading

import pytest
from starlette.testclient import TestClient

from rawk.api import health
from rawk.api.app import create_app
from rawk.domain.errors import DatabaseOutdated, DatabaseUnavailable, DatabaseWaking, StorageUnavailable

READY = ["/api/v1/health", "/api/health"]


def test_liveness_checks_nothing_and_needs_no_key(app, world):
    world.faults.add("memories.check", DatabaseUnavailable("gone"))

    answer = TestClient(app).get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert world.faults.triggered == 0


@pytest.mark.parametrize("path", READY)
def test_readiness_names_every_part(app, path):
    answer = TestClient(app).get(path)

    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "db": "ok", "storage": "ok"})


@pytest.mark.parametrize("path", READY)
@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (("memories.check", DatabaseUnavailable("at 10.0.0.7")), {"status": "down", "db": "down", "storage": "ok"}),
        (("memories.check", DatabaseWaking("at 10.0.0.7")), {"status": "down", "db": "waking", "storage": "ok"}),
        (("memories.check", DatabaseOutdated("at 0006")), {"status": "down", "db": "outdated", "storage": "ok"}),
        (("audio.check", StorageUnavailable("at 10.0.0.7")), {"status": "down", "db": "ok", "storage": "down"}),
    ],
)
def test_a_part_that_is_down_is_named_until_it_is_back(app, world, path, fault, says):
    world.faults.add(*fault)
    client = TestClient(app)

    answer = client.get(path)

    assert (answer.status_code, answer.json()) == (503, says)
    assert "10.0.0.7" not in answer.text
    assert client.get(path).status_code == 200


def test_a_check_that_hangs_counts_as_down_and_is_not_started_twice(world, monkeypatch):
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.5)  # enough for the checks that answer, on a busy machine
    released, started = threading.Event(), []

    def hang() -> None:
        started.append(threading.get_ident())
        released.wait(timeout=30)

    monkeypatch.setattr(world.memories, "check", hang)
    with TestClient(create_app(world.services({}))) as client:
        for _ in range(3):
            answer = client.get("/api/v1/health")
            assert (answer.status_code, answer.json()["db"], answer.json()["storage"]) == (503, "down", "ok")
        assert len(started) == 1

        released.set()
        monkeypatch.setattr(health, "CHECK_SECONDS", 30)
        assert client.get("/api/v1/health").status_code == 200
