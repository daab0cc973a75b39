"""`docker compose up` without the harness, used as docs/how-to/try-the-pipeline.md describes it."""

import json
import os
import shlex
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError

from sim import recordings
from sim.engines.docker.cli import docker
from sim.engines.docker.ownership import labels
from sim.platform.process_identity import this_process
from sim.platform.processes import free_port

ROOT = Path(__file__).parents[2]
UP_SECONDS = 600
KEY = {"X-API-Key": "try-me"}


class Compose:
    """A compose project of its own, beside one that a user may have started."""

    def __init__(self) -> None:
        self.project = f"rawk-test-{uuid.uuid4().hex[:6]}"
        self.api, self.localstack = f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}"
        self._environment = {
            **os.environ,
            "RAWK_PROJECT": self.project,
            "RAWK_OWNER": this_process(),
            "RAWK_SESSION": labels()["org.testcontainers.session-id"],
            "API_PORT": self.api.rpartition(":")[2],
            "LOCALSTACK_PORT": self.localstack.rpartition(":")[2],
            "POSTGRES_PORT": str(free_port()),
            "REDIS_PORT": str(free_port()),
        }

    def __call__(self, *arguments: str) -> str:
        command = ["docker", "compose", "-f", "docker-compose.localstack.yml", "-p", self.project, *arguments]
        ran = subprocess.run(
            command, cwd=ROOT, env=self._environment, capture_output=True, text=True, timeout=UP_SECONDS, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout


@pytest.fixture(scope="module")
def compose() -> Iterator[Compose]:
    compose = Compose()
    try:
        compose("up", "-d", "--build")
        give_up_at = time.monotonic() + 60
        while not is_up(compose.api):
            assert time.monotonic() < give_up_at, compose("logs")
            time.sleep(0.5)
        yield compose
    finally:
        compose("down", "-v", "--timeout=10")


def is_up(api: str) -> bool:
    try:
        return httpx.get(f"{api}/api/v1/health", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def assert_a_recording_becomes_a_memory(api: str, seed: int) -> None:
    (recording,) = recordings.pick(1, seed=seed)
    accepted = httpx.post(f"{api}/api/v1/memories", files={"audio": recording.data}, headers=KEY, trust_env=False)
    assert accepted.status_code == 202, accepted.text
    give_up_at = time.monotonic() + 60
    place = api + accepted.headers["Location"]
    while (memory := httpx.get(place, headers=KEY, trust_env=False).json())["status"] != "complete":
        assert time.monotonic() < give_up_at, memory
        time.sleep(0.5)

    assert memory["transcript"] == recording.transcript


def test_a_recording_becomes_a_memory_and_the_operator_sees_no_dead_letter(compose: Compose) -> None:
    assert_a_recording_becomes_a_memory(compose.api, seed=3)

    assert "0 dead letters" in compose("run", "--rm", "--no-deps", "api", "rawk", "dlq", "list")


def test_the_extension_is_in_it(compose: Compose) -> None:
    """Faults, byte-exact bodies and enforced roles, in a LocalStack that starts containers."""
    faults = f"{compose.localstack}/_localstack/chaos/faults"
    sqs = boto3.client("sqs", "us-east-1", endpoint_url=compose.localstack, **keys("test", "test"))
    queue = sqs.create_queue(QueueName="by-hand")["QueueUrl"]
    body = ' {"number": 1.00}\t'
    sqs.send_message(QueueUrl=queue, MessageBody=body)
    assert sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"] == body

    rule = {"service": "sqs", "operation": "ListQueues", "error": {"statusCode": 400, "code": "OnPurpose"}}
    assert httpx.post(faults, json=[rule], trust_env=False).status_code == 200
    with pytest.raises(ClientError, match="OnPurpose"):
        sqs.list_queues()
    assert httpx.post(faults, json=[], trust_env=False).status_code == 200

    sts = boto3.client("sts", "us-east-1", endpoint_url=compose.localstack, **keys("test", "test"))
    role = sts.assume_role(RoleArn="arn:aws:iam::000000000000:role/rawk-worker", RoleSessionName="by-hand")
    own = role["Credentials"]
    worker = boto3.client(
        "sqs",
        "us-east-1",
        endpoint_url=compose.localstack,
        aws_session_token=own["SessionToken"],
        **keys(own["AccessKeyId"], own["SecretAccessKey"]),
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        worker.send_message(QueueUrl=queue, MessageBody="no")


def test_an_api_outside_of_containers_runs_beside_the_dependencies(compose: Compose, tmp_path: Path) -> None:
    """docs/how-to/develop-locally.md: the API from the source, everything else from the compose file."""
    printed = compose("run", "--rm", "-T", "dependencies")
    settings = dict(shlex.split(line)[0].split("=", 1) for line in printed.splitlines())
    port = free_port()
    with (tmp_path / "api.log").open("w") as output:
        api = subprocess.Popen(
            [sys.executable, "-m", "rawk", "serve", "--port", str(port)],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), **settings},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        give_up_at = time.monotonic() + 60
        while not is_up(f"http://127.0.0.1:{port}"):
            assert api.poll() is None, (tmp_path / "api.log").read_text()
            assert time.monotonic() < give_up_at, (tmp_path / "api.log").read_text()
            time.sleep(0.5)

        assert_a_recording_becomes_a_memory(f"http://127.0.0.1:{port}", seed=4)
    finally:
        api.terminate()
        api.wait(timeout=30)


def test_starting_twice_changes_nothing(compose: Compose) -> None:
    compose("up", "-d", "--no-build")

    assert "the pipeline rawk exists" in compose("logs", "provision")
    assert is_up(compose.api)


def test_every_service_that_goes_on_is_healthy(compose: Compose) -> None:
    ids = compose("ps", "-q").split()
    states = [json.loads(docker("inspect", "-f", "{{json .State}}", each)) for each in ids]
    going_on = [state for state in states if state["Running"]]

    assert len(going_on) == 5
    give_up_at = time.monotonic() + 60
    while not all(docker("inspect", "-f", "{{.State.Health.Status}}", each) == "healthy" for each in ids if runs(each)):
        assert time.monotonic() < give_up_at
        time.sleep(0.5)


def runs(container: str) -> bool:
    return docker("inspect", "-f", "{{.State.Running}}", container) == "true"


def keys(key: str, secret: str) -> dict[str, str]:
    return {"aws_access_key_id": key, "aws_secret_access_key": secret}
