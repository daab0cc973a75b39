"""The document that a running API serves, and that API, in an embedded world."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.fuzz.api import Api, running_api

from .generated import missing_node, npm_project


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    pytest.importorskip("openapi_python_client", reason="only `tox -e openapi` has the generators of clients")
    with running_api(tmp_path_factory.mktemp("world"), seed=1) as running:
        yield running


@pytest.fixture(scope="session")
def document(api: Api, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The OpenAPI document as a file."""
    path = tmp_path_factory.mktemp("document") / "openapi.json"
    path.write_bytes(httpx.get(f"{api.url}/openapi.json", trust_env=False).raise_for_status().content)
    return path


@pytest.fixture(scope="session")
def npm(api: Api) -> Path:  # noqa: ARG001
    """The npm project; the API comes first, because it skips where the generators are missing."""
    if reason := missing_node():
        pytest.skip(reason)
    return npm_project()
