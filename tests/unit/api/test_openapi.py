"""The OpenAPI document describes every endpoint, every refusal, and requests as well as responses."""

import pytest


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

    assert set(responses) == statuses | OF_EVERY_TENANT
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
    assert secured == {path for path in document["paths"] if path.startswith(of_callers)}
    key, login = (document["components"]["securitySchemes"][name] for name in ("ApiKey", "Login"))
    assert (key["type"], key["in"], key["name"]) == ("apiKey", "header", "X-API-Key")
    assert login["flows"]["password"]["tokenUrl"] == "/api/v1/auth/token"
    for path in secured:
        for operation in document["paths"][path].values():
            assert {name for each in operation["security"] for name in each} == {"ApiKey", "Login"}
            assert all(len(each) == 1 for each in operation["security"]), "one of them is enough"


def test_no_schema_of_the_frameworks_own_errors_is_left(document):
    assert "HTTPValidationError" not in document["components"]["schemas"]
