"""The simulator knows which calls OpenAI has."""

import re
from pathlib import Path

import openai.resources
import pytest

from sim.openai_simulator.routes import RESOURCES, endpoint_of, is_openais


def test_the_resources_are_those_of_the_sdk():
    sources = Path(openai.resources.__file__).parent.rglob("*.py")
    paths = {path for source in sources for path in re.findall(r'"/([a-z_]+)[/"]', source.read_text("utf-8"))}

    assert paths == set(RESOURCES)


@pytest.mark.parametrize(
    ("method", "path", "endpoint", "openais"),
    [
        ("POST", "/v1/chat/completions", "chat", True),
        ("GET", "/v1/chat/completions", None, True),
        ("GET", "/v1/models", "models", True),
        ("GET", "/v1/models/gpt-4o", "models", True),
        ("DELETE", "/v1/models/gpt-4o", None, True),
        ("POST", "/v1/audio/translations", None, True),
        ("GET", "/v2/models", None, False),
        ("GET", "/v1", None, False),
        ("GET", "/models", None, False),
    ],
)
def test_an_address(method, path, endpoint, openais):
    assert (endpoint_of(method, path), is_openais(path)) == (endpoint, openais)
