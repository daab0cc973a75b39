"""The additional environment of the functions of docker-compose.localstack.yml."""

from types import SimpleNamespace

import pytest

from sim.provisioning import for_compose

ENVIRONMENT = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "DATABASE_URL": "postgresql://postgres/rawk",
    "OPENAI_API_KEY": "sk-1",
    "API_KEY": "try-me",
}


@pytest.fixture
def extra_environment(monkeypatch):
    """Returns the functions' additional environment for an environment of the container."""
    given = []

    def provision(*_, extra_environment, **__):
        given.append(extra_environment)
        return SimpleNamespace(operator_environment={}, api_environment={})

    monkeypatch.setattr(for_compose, "provision", provision)
    monkeypatch.setattr(for_compose, "put_secrets", lambda *_, **__: None)
    monkeypatch.setattr(for_compose, "build_package", lambda: b"")
    monkeypatch.setattr(for_compose, "_by_address", lambda url: url)

    def of(env):
        for_compose._make(env)
        return given.pop()

    return of


def test_the_functions_get_the_redis_of_the_api(extra_environment):
    assert extra_environment(ENVIRONMENT | {"REDIS_URL": "redis://redis:6379/0"}) == {
        "REDIS_URL": "redis://redis:6379/0"
    }


def test_without_a_redis_the_functions_get_none(extra_environment):
    assert extra_environment(ENVIRONMENT) == {}
    assert extra_environment(ENVIRONMENT | {"REDIS_URL": ""}) == {}
