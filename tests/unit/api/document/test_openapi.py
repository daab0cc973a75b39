"""The OpenAPI document describes every endpoint, every refusal, and requests as well as responses."""

import pytest

from rawk.api import problems, views
from rawk.api.callers import login, tickets
from rawk.api.middleware.security_headers import HEADERS
from rawk.domain.errors import DatabaseUnavailable
from rawk.server import refusals
from tests.unit.api.forms import wav


@pytest.fixture
def document(client):
    return client.get("/openapi.json").json()


def test_every_call_is_described(document):
    calls = {(path, method) for path, operations in document["paths"].items() for method in operations}

    assert calls == {
        ("/api/v1/memories", "post"),
        ("/api/v1/memories", "get"),
        ("/api/v1/memories/{memory_id}", "get"),
        ("/api/v1/memories/{memory_id}", "delete"),
        ("/api/v1/memories/{memory_id}/analysis", "post"),
        ("/api/v1/memories/{memory_id}/audio", "get"),
        ("/api/v1/memories/{memory_id}/events", "get"),
        ("/api/v1/memories/{memory_id}/retry", "post"),
        ("/api/v1/memories/{memory_id}/submit", "post"),
        ("/api/v1/memories/{memory_id}/ticket", "post"),
        ("/api/v1/uploads", "post"),
        ("/api/v1/auth/token", "post"),
        ("/api/v1/auth/me", "get"),
        ("/healthz", "get"),
        ("/metrics", "get"),
        ("/api/v1/health", "get"),
    }


OF_EVERY_ENDPOINT = {"400", "405", "408", "429", "500", "503"}
OF_EVERY_TENANT = {"400", "401", "403", "429", "503"}


@pytest.mark.parametrize(
    ("path", "method", "statuses"),
    [
        ("/api/v1/memories", "post", {"202", "401", "408", "409", "410", "413", "415", "422", "429", "503"}),
        ("/api/v1/memories", "get", {"200", "401", "422", "503"}),
        ("/api/v1/memories/{memory_id}", "get", {"200", "304", "401", "404", "503"}),
        ("/api/v1/memories/{memory_id}", "delete", {"204", "401", "404", "503"}),
        ("/api/v1/memories/{memory_id}/audio", "get", {"307", "401", "404", "409", "410", "503"}),
        ("/api/v1/memories/{memory_id}/events", "get", {"200", "204", "401", "404", "429", "503"}),
        ("/api/v1/memories/{memory_id}/retry", "post", {"202", "401", "404", "409", "503"}),
        ("/api/v1/memories/{memory_id}/analysis", "post", {"202", "401", "404", "409", "503"}),
        ("/api/v1/uploads", "post", {"201", "401", "408", "409", "410", "413", "422", "503"}),
        ("/api/v1/memories/{memory_id}/submit", "post", {"202", "401", "404", "409", "413", "415", "422", "503"}),
    ],
)
def test_every_refusal_is_a_problem(document, path, method, statuses):
    responses = document["paths"][path][method]["responses"]

    assert set(responses) == statuses | OF_EVERY_TENANT | OF_EVERY_ENDPOINT
    for status, response in responses.items():
        if int(status) >= 400:
            assert list(response["content"]) == ["application/problem+json"]
            schema = response["content"]["application/problem+json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}


def test_the_upload_form_is_described(document):
    body = document["paths"]["/api/v1/memories"]["post"]["requestBody"]
    form = body["content"]["multipart/form-data"]["schema"]

    assert set(form["properties"]) == {"audio", "title", "recorded_at"}
    assert form["required"] == ["audio"]


def test_an_upload_request_is_described(document):
    body = document["paths"]["/api/v1/uploads"]["post"]["requestBody"]
    announced = body["content"]["application/json"]["schema"]

    assert set(announced["properties"]) == {"content_type", "title", "recorded_at"}
    assert announced["required"] == ["content_type"]


def test_key_and_token_are_security_schemes_of_every_call_of_a_caller(document):
    secured = {path for path, operations in document["paths"].items() for o in operations.values() if o.get("security")}

    of_callers = ("/api/v1/memories", "/api/v1/uploads", "/api/v1/auth/me")
    assert secured == {path for path in document["paths"] if path.startswith(of_callers)} | {"/metrics"}
    assert document["paths"]["/metrics"]["get"]["security"] == [{"Metrics": []}]
    key, login = (document["components"]["securitySchemes"][name] for name in ("ApiKey", "Login"))
    assert (key["type"], key["in"], key["name"]) == ("apiKey", "header", "X-API-Key")
    assert login["flows"]["password"]["tokenUrl"] == "/api/v1/auth/token"
    for path in secured - {"/metrics"}:
        for operation in document["paths"][path].values():
            assert {name for each in operation["security"] for name in each} == {"ApiKey", "Login"}
            assert all(len(each) == 1 for each in operation["security"]), "one of them is enough"


def test_no_schema_of_the_frameworks_own_errors_is_left(document):
    assert "HTTPValidationError" not in document["components"]["schemas"]


# the document as a whole


def everything_in(node, path=()):
    yield path, node
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, child in children:
        yield from everything_in(child, (*path, name))


def test_every_reference_resolves(document):
    references = [node["$ref"] for _, node in everything_in(document) if isinstance(node, dict) and "$ref" in node]

    assert len(references) > 100
    for reference in set(references):
        found = document
        assert reference.startswith("#/"), reference
        for step in reference[2:].split("/"):
            found = found[step]


def test_nothing_in_the_components_is_unused(document):
    used = {node["$ref"] for _, node in everything_in(document) if isinstance(node, dict) and "$ref" in node}
    there = {f"#/components/{kind}/{name}" for kind in ("schemas", "headers") for name in document["components"][kind]}

    assert there == used


def operations(document):
    return [(f"{m} {p}", o) for p, each in document["paths"].items() for m, o in each.items()]


def test_every_operation_has_its_own_name_summary_tag_and_security(document):
    names = [operation["operationId"] for _, operation in operations(document)]
    tags = {each["name"] for each in document["tags"]}

    assert len(set(names)) == len(names)
    assert all(name.replace("_", "").isalpha() for name in names)
    for call, operation in operations(document):
        assert operation["summary"], call
        assert set(operation["tags"]) <= tags, call
        assert "security" in operation, call
    assert tags == {tag for _, operation in operations(document) for tag in operation["tags"]}


def test_the_document_names_its_server_and_licence(document):
    assert document["servers"] == [{"url": "/", "description": "The deployment that serves this document."}]
    assert document["info"]["license"] == {"name": "MIT", "identifier": "MIT"}


def test_links_lead_to_operations(document):
    links = [node for path, node in everything_in(document) if path[-2:-1] == ("links",)]
    names = {operation["operationId"] for _, operation in operations(document)}

    assert len(links) >= 5
    assert {link["operationId"] for link in links} <= names


def test_no_parameter_is_null(document):
    for call, operation in operations(document):
        for parameter in operation.get("parameters", []):
            assert "null" not in str(parameter["schema"]), (call, parameter["name"])


def test_every_example_of_a_schema_is_valid_for_it(document):
    checked = 0
    for name, schema in document["components"]["schemas"].items():
        model = next((getattr(m, name) for m in (views, login, tickets, problems) if hasattr(m, name)), None)
        if "example" in schema and model is not None:
            model.model_validate(schema["example"])
            checked += 1
    assert checked >= 5


@pytest.mark.parametrize("status", refusals.STATUSES)
def test_what_the_server_itself_answers_is_in_the_document_everywhere(document, status):
    """A request that no endpoint has seen."""
    head, _, body = refusals.refusal(status).partition(b"\r\n\r\n")
    names = {line.partition(b":")[0].decode() for line in head.split(b"\r\n")[1:]}

    problems.Problem.model_validate_json(body)
    for call, operation in operations(document):
        response = operation["responses"][str(status)]
        assert problems.MEDIA_TYPE in response["content"], call
        assert {each.lower() for each in names} <= {
            *(each.lower() for each in response["headers"]),
            *(each.lower() for each in OF_EVERY_RESPONSE),
        }, call


def sent(client, world):
    """One answer of every kind that is easily had: (operation, answer)."""
    created = client.post("/api/v1/memories", files={"audio": wav()})
    memory = created.headers["Location"]
    read = client.get(memory)
    yield "upload_recording", created
    yield "get_memory", read
    yield "get_memory", client.get(memory, headers={"If-None-Match": read.headers["ETag"]})
    yield "get_memory", client.get("/api/v1/memories/nonsense")
    yield "list_memories", client.get("/api/v1/memories")
    yield "list_memories", client.get("/api/v1/memories", params={"limit": 0})
    yield "list_memories", client.get("/api/v1/memories", headers={"X-API-Key": "unknown"})
    yield "list_memories", client.get("/api/v1/memories", headers={"X-Tenant": "globex"})
    world.faults.add("memories.page", DatabaseUnavailable("down"))
    yield "list_memories", client.get("/api/v1/memories")
    world.faults.add("memories.page", KeyError("a bug"))
    yield "list_memories", client.get("/api/v1/memories")
    yield "begin_upload", client.post("/api/v1/uploads", json={"content_type": "audio/wav"})
    yield "begin_upload", client.put("/api/v1/uploads")
    yield "get_audio", client.get(f"{memory}/audio", follow_redirects=False)
    yield "create_ticket", client.post(f"{memory}/ticket")
    yield "retry_memory", client.post(f"{memory}/retry")
    yield "log_in", client.post("/api/v1/auth/token", data={"username": "a", "password": "b"})
    for _ in range(10):
        answer = client.post("/api/v1/auth/token", data={"username": "a", "password": "b"})
    yield "log_in", answer
    yield "who_am_i", client.get("/api/v1/auth/me")
    yield "get_liveness", client.get("/healthz")
    yield "get_readiness", client.get("/api/v1/health")
    yield "get_metrics", client.get("/metrics")
    yield "get_metrics", client.get("/metrics", headers={"Authorization": "Bearer key-of-prometheus"})
    yield "delete_memory", client.delete(memory)


OF_EVERY_RESPONSE = {*HEADERS, "content-length", "content-type", "cache-control", "connection"}
"""Of HTTP itself, and those that `SecurityHeaders` adds everywhere."""


def test_every_status_and_header_that_is_sent_is_in_the_document(client, world, document):
    described = {operation["operationId"]: operation["responses"] for _, operation in operations(document)}
    statuses = set()
    for name, answer in sent(client, world):
        response = described[name].get(str(answer.status_code))
        assert response is not None, (name, answer.status_code)
        known = {each.lower() for each in response.get("headers", {})} | {each.lower() for each in OF_EVERY_RESPONSE}
        assert {each.lower() for each in answer.headers} <= known, (name, answer.status_code)
        promised = {each.lower() for each in response.get("headers", {})}
        assert promised <= {each.lower() for each in answer.headers}, (name, answer.status_code)
        media_type = answer.headers.get("Content-Type", "").partition(";")[0]
        assert media_type in {*response.get("content", {}), ""}, (name, answer.status_code)
        statuses.add(answer.status_code)
    assert statuses >= {200, 201, 202, 204, 304, 307, 401, 403, 404, 405, 409, 422, 429, 500, 503}
