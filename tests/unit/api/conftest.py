"""The API on in-memory ports, and a client of the tenant `acme`."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from rawk.api.app import create_app
from tests.unit.api.world import World

ACME = {"X-API-Key": "key-of-acme"}
GLOBEX = {"X-API-Key": "key-of-globex"}


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def app(world: World) -> FastAPI:
    return create_app(world.services({"key-of-acme": "acme", "key-of-globex": "globex"}))


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, headers=ACME) as client:
        yield client
