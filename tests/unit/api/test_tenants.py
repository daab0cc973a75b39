"""Every route, for tenants whose names begin alike: what one of them has is not there for another.

The routes come from the app itself, so that a new one without an entry here fails.
"""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.routing import Route
from starlette.testclient import TestClient

from rawk.api.app import create_app
from rawk.domain.messages import decode
from tests.unit.api.forms import wav
from tests.unit.api.world import World

TENANTS = ("acme", "acme-2", "acme.x")
OF_NO_TENANT = {
    ("GET", "/healthz"),
    ("GET", "/api/health"),
    ("GET", "/api/v1/health"),
    ("GET", "/api/v1/metrics"),
    ("GET", "/metrics"),
    ("GET", "/docs"),
    ("GET", "/openapi.json"),
    ("POST", "/api/v1/auth/token"),
    ("POST", "/api/auth/token"),
}
"""Routes that answer without a key, or with one that is for nothing else."""


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def app(world: World) -> FastAPI:
    return create_app(world.services({f"key of {tenant}": tenant for tenant in TENANTS}))


@pytest.fixture
def clients(app: FastAPI) -> Iterator[dict[str, TestClient]]:
    with TestClient(app, follow_redirects=False) as client:

        def acting_for(tenant: str) -> TestClient:
            own = TestClient(app, headers={"X-API-Key": f"key of {tenant}"}, follow_redirects=False)
            own.portal = client.portal
            return own

        yield {tenant: acting_for(tenant) for tenant in TENANTS}


def upload(client: TestClient, number: int = 0, key: str | None = None) -> str:
    audio = wav(2_000 + 2 * number)
    headers = {"Idempotency-Key": key} if key else {}
    response = client.post("/api/v1/memories", files={"audio": ("memo", audio)}, headers=headers)
    assert response.status_code == 202, response.text
    return str(response.json()["id"])


def begin(client: TestClient, key: str | None = None) -> str:
    headers = {"Idempotency-Key": key} if key else {}
    response = client.post("/api/v1/uploads", json={"content_type": "audio/wav"}, headers=headers)
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


OF_A_CALLER = {("GET", "/api/v1/auth/me"), ("GET", "/api/auth/me")}
"""Routes about the caller, with tests in `callers`."""
OF_A_MEMORY = {
    ("POST", "/api/v1/memories/{memory_id}/ticket"),
    ("GET", "/api/v1/memories/{memory_id}"),
    ("DELETE", "/api/v1/memories/{memory_id}"),
    ("GET", "/api/v1/memories/{memory_id}/audio"),
    ("GET", "/api/v1/memories/{memory_id}/events"),
    ("POST", "/api/v1/memories/{memory_id}/retry"),
    ("POST", "/api/v1/memories/{memory_id}/analysis"),
    ("POST", "/api/v1/memories/{memory_id}/submit"),
}
"""Routes of one memory."""
OF_A_COLLECTION = {("GET", "/api/v1/memories"), ("POST", "/api/v1/memories"), ("POST", "/api/v1/uploads")}
"""Each has a test of its own below."""


def routes(app: FastAPI) -> set[tuple[str, str]]:
    """Hidden ones included."""
    each = [inner for route in app.router.routes for inner in getattr(route, "original_router", app.router).routes]
    return {(method, route.path) for route in each if isinstance(route, Route) for method in route.methods or ()}


def test_every_route_is_here(app: FastAPI) -> None:
    found = {(method, path) for method, path in routes(app) if method != "HEAD"}
    assert found == OF_A_MEMORY | OF_A_COLLECTION | OF_A_CALLER | OF_NO_TENANT


@pytest.mark.parametrize("stranger", TENANTS)
@pytest.mark.parametrize("owner", TENANTS)
@pytest.mark.parametrize("route", sorted(OF_A_MEMORY), ids=" ".join)
def test_a_memory_of_another_tenant_is_not_there(
    route: tuple[str, str], owner: str, stranger: str, world: World, clients: dict[str, TestClient]
) -> None:
    if owner == stranger:
        return
    method, path = route
    memory_id = begin(clients[owner]) if path.endswith("/submit") else upload(clients[owner])
    before = world.memories.find(memory_id)
    audio = dict(world.audio.objects)

    answer = clients[stranger].request(method, path.format(memory_id=memory_id))
    missing = clients[stranger].request(method, path.format(memory_id="00000000-0000-4000-8000-000000000000"))

    assert answer.status_code == missing.status_code == 404
    assert "Location" not in answer.headers
    assert {name: value for name, value in answer.json().items() if name not in ("instance", "correlation_id")} == {
        name: value for name, value in missing.json().items() if name not in ("instance", "correlation_id")
    }
    assert world.memories.find(memory_id) == before
    assert dict(world.audio.objects) == audio


def test_the_owner_gets_the_audio_and_its_link_names_no_other(world: World, clients: dict[str, TestClient]) -> None:
    ids = {tenant: upload(client, number) for number, (tenant, client) in enumerate(clients.items())}
    for tenant, client in clients.items():
        link = client.get(f"/api/v1/memories/{ids[tenant]}/audio").headers["Location"]
        assert f"audio/{tenant}/{ids[tenant]}" in link
    keys = {memory_id: world.memories.find(memory_id).audio_key for memory_id in ids.values()}  # type: ignore[union-attr]
    assert len({*keys.values()}) == len(TENANTS)


@pytest.mark.parametrize("path", sorted(path for _, path in OF_NO_TENANT))
def test_what_answers_without_a_key_names_no_tenant_and_no_memory(path: str, clients: dict[str, TestClient]) -> None:
    ids = [upload(client) for client in clients.values()]
    text = clients["acme"].get(path).text
    assert not [each for each in (*ids, *TENANTS[1:]) if each in text]


def test_a_list_has_the_own_memories_only(clients: dict[str, TestClient]) -> None:
    ids = {tenant: upload(client) for tenant, client in clients.items()}
    for tenant, client in clients.items():
        assert [memory["id"] for memory in client.get("/api/v1/memories").json()["memories"]] == [ids[tenant]]


def test_a_cursor_of_another_tenant_shows_nothing_of_it(clients: dict[str, TestClient]) -> None:
    for client in clients.values():
        for number in range(3):
            upload(client, number)
    cursor = clients["acme"].get("/api/v1/memories?limit=1").json()["next_cursor"]
    theirs = {memory["id"] for memory in clients["acme"].get("/api/v1/memories").json()["memories"]}

    page = clients["acme-2"].get("/api/v1/memories", params={"cursor": cursor}).json()["memories"]

    assert not theirs & {memory["id"] for memory in page}


def test_tenants_may_use_one_idempotency_key_for_different_recordings(clients: dict[str, TestClient]) -> None:
    ids = [upload(client, number, key="the same key") for number, client in enumerate(clients.values())]
    assert len(set(ids)) == len(TENANTS)
    assert [upload(client, number, key="the same key") for number, client in enumerate(clients.values())] == ids


def test_tenants_may_use_one_idempotency_key_for_direct_uploads(clients: dict[str, TestClient]) -> None:
    ids = [begin(client, key="the same key") for client in clients.values()]
    assert len(set(ids)) == len(TENANTS)


def test_an_idempotency_key_that_another_tenant_deleted_with_is_unused(clients: dict[str, TestClient]) -> None:
    memory_id = upload(clients["acme"], key="the same key")
    assert clients["acme"].delete(f"/api/v1/memories/{memory_id}").status_code == 204
    assert upload(clients["acme-2"], key="the same key") != memory_id


def test_a_deletion_leaves_the_audio_of_tenants_whose_names_begin_alike(
    world: World, clients: dict[str, TestClient]
) -> None:
    ids = {tenant: upload(client) for tenant, client in clients.items()}
    clients["acme"].delete(f"/api/v1/memories/{ids['acme']}")
    assert len(world.audio.objects) == len(TENANTS) - 1
    assert {decode(message.body).memory_id for message in world.jobs.messages()} == set(ids.values())


@pytest.mark.parametrize(
    "key", ["", "key of acm", "key of acme-", "key of acme-22", "KEY OF ACME", "key of acme.", "acme"]
)
def test_a_key_that_begins_like_a_tenants_is_no_key(key: str, app: FastAPI) -> None:
    with TestClient(app, headers={"X-API-Key": key}) as client:
        for method, path in sorted(OF_A_MEMORY | OF_A_COLLECTION):
            answer = client.request(method, path.format(memory_id="00000000-0000-4000-8000-000000000000"))
            assert answer.status_code == 401, (method, path)
