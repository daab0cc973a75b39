"""One simulator for the session, and a space of its own for each test."""

import re
from collections.abc import Iterator

import openai
import pytest

from sim.openai_simulator.client import Space
from tests.integration.openai_simulator.helpers import client_of, running_simulator


@pytest.fixture(scope="session")
def simulator(tmp_path_factory):
    with running_simulator(tmp_path_factory.mktemp("openai")) as running:
        yield running


@pytest.fixture
def own_simulator(tmp_path):
    """A simulator for one test, which moves its clock or stops it."""
    with running_simulator(tmp_path) as running:
        yield running


@pytest.fixture
def space(simulator, request) -> Space:
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:60].strip("-")
    opened = simulator.server.space(name)
    opened.reset()
    return opened


@pytest.fixture
def client(space) -> Iterator[openai.OpenAI]:
    with client_of(space) as opened:
        yield opened
