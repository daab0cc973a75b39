"""The real API as a function from its zip, behind a Function URL, in a whole embedded world: the `lambda` topology."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from sim import hours, minutes, recordings
from sim.engines.base.running_pipeline import RunningPipeline
from sim.engines.embedded.engine import EmbeddedWorld
from sim.journal.journal import Journal
from sim.provisioning import build_api_package

from .conftest import public_url

FOR_LAMBDA = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
"""The service that the role is for in that topology; in `core` the API runs elsewhere."""


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPipeline]:
    folder = tmp_path_factory.mktemp("world")
    with EmbeddedWorld(folder, "core", say=lambda _: None) as world:
        running = world.pipeline("as-a-function", Journal(folder / "journal.jsonl"), seed=1)
        running.start()
        yield running
        running.stop()


class Api:
    """The function's URL, called at the emulator's address."""

    def __init__(self, pipeline: RunningPipeline, url: str) -> None:
        self._address, self._host = pipeline.endpoint_url, urlsplit(url).netloc
        self._key = pipeline.credentials.tenant_keys["acme"]

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Host": self._host, "X-API-Key": self._key, **options.pop("headers", {})}
        return httpx.request(method, self._address + path, headers=headers, trust_env=False, timeout=60, **options)


@pytest.fixture(scope="module")
def api(pipeline: RunningPipeline) -> Api:
    functions, iam = (
        pipeline.parts.session.client(name, endpoint_url=pipeline.endpoint_url) for name in ("lambda", "iam")
    )
    role = pipeline.pipeline.role_arns["api"]
    iam.update_assume_role_policy(RoleName=role.rpartition("/")[2], PolicyDocument=json.dumps(FOR_LAMBDA))
    functions.create_function(
        FunctionName="as-a-function-api",
        Runtime="python3.13",
        Handler="run.sh",
        Role=role,
        Timeout=30,
        MemorySize=512,
        Environment={
            "Variables": {
                **pipeline.pipeline.api_environment,
                "AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap",
                "AWS_LWA_READINESS_CHECK_PATH": "/healthz",
            }
        },
        Code={"ZipFile": build_api_package()},
    )
    return Api(pipeline, public_url(functions, "as-a-function-api"))


def test_the_api_and_its_dependencies_are_healthy(api: Api) -> None:
    assert api.ask("GET", "/healthz").status_code == 200
    health = api.ask("GET", "/api/v1/health")
    assert (health.status_code, health.json()["db"]) == (200, "ok")


def test_a_recording_is_processed_completely(api: Api, pipeline: RunningPipeline) -> None:
    (recording,) = recordings.pick(1, seed=7)
    accepted = api.ask("POST", "/api/v1/memories", files={"audio": ("memo", recording.data)})
    assert accepted.status_code == 202, accepted.text
    place = accepted.headers["Location"]

    def is_complete() -> bool:
        return bool(api.ask("GET", place).json()["status"] == "complete")

    assert pipeline.clock.wait_until(is_complete, minutes(5))
    memory = api.ask("GET", place)
    assert memory.json()["transcript"]
    seen = {"If-None-Match": memory.headers["ETag"]}
    assert api.ask("GET", place, headers=seen).status_code == 304
    assert api.ask("DELETE", place).status_code == 204
    assert api.ask("GET", place).status_code == 404


def test_the_application_follows_virtual_time(api: Api, pipeline: RunningPipeline) -> None:
    """A jump of virtual time applies to the application too, which is a program of its own."""
    (recording,) = recordings.pick(1, seed=8)

    def created_at() -> datetime:
        accepted = api.ask("POST", "/api/v1/memories", files={"audio": ("memo", recording.data)})
        return datetime.fromisoformat(api.ask("GET", accepted.headers["Location"]).json()["created_at"])

    before = created_at()
    pipeline.clock.wait_until(lambda: False, hours(2))
    assert hours(2) <= created_at() - before < hours(3)
