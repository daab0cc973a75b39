"""What the functions of docker-compose.localstack.yml are told beside Terraform's settings."""

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
    """Gives what the functions get when all is made from an environment."""
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


def test_whoever_has_a_redis_has_it_at_both_ends(extra_environment):
    assert extra_environment(ENVIRONMENT | {"REDIS_URL": "redis://redis:6379/0"}) == {
        "REDIS_URL": "redis://redis:6379/0"
    }


def test_without_one_the_functions_are_told_of_none(extra_environment):
    assert extra_environment(ENVIRONMENT) == {}
    assert extra_environment(ENVIRONMENT | {"REDIS_URL": ""}) == {}
