"""The API as it is deployed: `rawk serve` with S3, SQS and Postgres behind it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from rawk.api.uploads import PIECE_BYTES
from tests.contract.servers import a_database, aws_client, the_localstack, the_postgres
from tests.integration.api.conftest import ROOT, TIMEOUT_SECONDS, listening_server
from tests.unit.api.forms import wav

ENTRY_POINT = "rawk.asgi:create_app"
MEMORIES = "/api/v1/memories"
API_KEY = "a-key-nobody-may-log"


@dataclass(frozen=True)
class Deployment:
    client: httpx2.Client
    s3: Any
    sqs: Any
    bucket: str
    queue_url: str
    log_path: Path

    def audio(self) -> dict[str, bytes]:
        listed = self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        return {item["Key"]: self.s3.get_object(Bucket=self.bucket, Key=item["Key"])["Body"].read() for item in listed}

    def receive_jobs(self) -> list[Any]:
        answer = self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    def log_lines_once_there_are(self, event: str, count: int) -> list[dict[str, Any]]:
        """The log lines; the last may be missing for a moment, because a request is logged after its response."""
        end = time.monotonic() + TIMEOUT_SECONDS
        while True:
            lines = [
                json.loads(line) for line in self.log_path.read_text().splitlines(keepends=True) if line[-1] == "\n"
            ]
            if sum(line["event"] == event for line in lines) == count:
                return lines
            assert time.monotonic() < end, f"{lines}"
            time.sleep(0.02)


@contextmanager
def deployed(endpoint_url: str, database_url: str, log_path: Path) -> Iterator[Deployment]:
    s3, sqs = aws_client("s3", endpoint_url), aws_client("sqs", endpoint_url)
    bucket = f"audio-{uuid4()}"
    s3.create_bucket(Bucket=bucket)
    queue_url = sqs.create_queue(QueueName=f"jobs-{uuid4()}")["QueueUrl"]
    environment = aws_environment(endpoint_url) | {
        "AUDIO_BUCKET": bucket,
        "JOBS_QUEUE_URL": queue_url,
        "DATABASE_URL": database_url,
        "API_KEYS_JSON": json.dumps({API_KEY: "acme"}),
        "OUTBOX_GRACE_SECONDS": "60",
    }
    with (
        listening_server(ENTRY_POINT, environment, log_path) as (port, _),
        httpx2.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers={"X-API-Key": API_KEY},
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
        ) as client,
    ):
        yield Deployment(client, s3, sqs, bucket, queue_url, log_path)


def aws_environment(endpoint_url: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "000000000000",
        "AWS_SECRET_ACCESS_KEY": "test",
        "NO_PROXY": "127.0.0.1",
    }


@pytest.fixture
def deployment(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Deployment]:
    endpoint_url = the_localstack(request.config).endpoint_url
    with (
        a_database(the_postgres(request.config)) as database_url,
        deployed(endpoint_url, database_url, tmp_path / "api.log") as deployment,
    ):
        yield deployment


@pytest.mark.parametrize("size_bytes", [2_000, 11 * PIECE_BYTES + 3], ids=["one put", "several parts"])
def test_a_recording_goes_from_the_socket_to_store_database_and_queue(deployment, size_bytes):
    content = wav(size_bytes, filler=os.urandom(64))

    answer = deployment.client.post(
        MEMORIES, files={"audio": content}, data={"title": "Café"}, headers={"X-Correlation-Id": "corr-1"}
    )

    assert answer.status_code == 202
    memory = deployment.client.get(answer.headers["Location"]).json()
    assert (memory["status"], memory["title"], memory["audio"]["bytes"]) == ("queued", "Café", size_bytes)
    assert deployment.audio() == {f"audio/acme/{memory['id']}": content}
    [job] = deployment.receive_jobs()
    assert (job["memory_id"], job["correlation_id"]) == (memory["id"], "corr-1")
    assert deployment.client.delete(answer.headers["Location"]).status_code == 204
    assert deployment.audio() == {}


def test_a_repeated_upload_leaves_one_audio_and_one_job(deployment):
    first, again = (
        deployment.client.post(MEMORIES, files={"audio": wav()}, headers={"Idempotency-Key": "k"}) for _ in range(2)
    )

    assert (again.status_code, again.json()) == (202, first.json())
    assert list(deployment.audio()) == [f"audio/acme/{first.json()['id']}"]
    assert len(deployment.receive_jobs()) == 1


def test_a_recording_is_uploaded_straight_to_the_store_and_submitted(deployment):
    content = wav(3 * PIECE_BYTES, filler=os.urandom(64))
    begun = deployment.client.post("/api/v1/uploads", json={"content_type": "audio/ogg"})
    form = begun.json()["form"]
    submit = f"{begun.headers['Location']}/submit"
    early = deployment.client.post(submit)
    assert (early.status_code, early.json()["type"]) == (409, "urn:rawk:problem:upload-missing")

    taken = httpx2.post(form["url"], data=form["fields"], files={"file": content}, trust_env=False)
    answers = [deployment.client.post(submit) for _ in range(2)]

    assert taken.status_code == 204
    assert [(answer.status_code, answer.json()["status"]) for answer in answers] == [(202, "queued")] * 2
    memory = deployment.client.get(begun.headers["Location"]).json()
    assert memory["audio"] == {"content_type": "audio/wav", "bytes": len(content)}
    stored = deployment.audio()
    assert list(stored.values()) == [content]
    assert all(key.startswith(f"audio/acme/{memory['id']}.") for key in stored)
    assert [job["memory_id"] for job in deployment.receive_jobs()] == [memory["id"]]


def test_a_form_that_is_posted_again_replaces_no_accepted_audio(deployment):
    content, other = wav(filler=os.urandom(64)), wav(filler=os.urandom(64))
    begun = deployment.client.post("/api/v1/uploads", json={"content_type": "audio/wav"})
    form = begun.json()["form"]
    httpx2.post(form["url"], data=form["fields"], files={"file": content}, trust_env=False)
    assert deployment.client.post(f"{begun.headers['Location']}/submit").status_code == 202

    again = httpx2.post(form["url"], data=form["fields"], files={"file": other}, trust_env=False)

    assert again.status_code == 204
    link = deployment.client.get(f"{begun.headers['Location']}/audio", follow_redirects=False).headers["Location"]
    assert httpx2.get(link, trust_env=False).content == content
    assert deployment.client.delete(begun.headers["Location"]).status_code == 204
    assert deployment.audio() == {}


def test_all_it_writes_is_json_lines_without_a_secret(deployment):
    assert deployment.client.get("/api/v1/health").json() == {"status": "ok", "db": "ok", "storage": "ok"}
    deployment.client.post(MEMORIES, files={"audio": wav()}, data={"title": "very private"})
    deployment.client.get("/nowhere")

    events = [line["event"] for line in deployment.log_lines_once_there_are("request", 2)]

    assert any(event.startswith("Uvicorn running on") for event in events)
    text = deployment.log_path.read_text()
    assert API_KEY not in text
    assert "very private" not in text


def test_parts_that_are_down_are_named_and_no_intermediate_state_is_left(request, tmp_path):
    """First the queue is deleted, then the bucket, then the database."""
    endpoint_url = the_localstack(request.config).endpoint_url
    postgres = the_postgres(request.config)
    with a_database(postgres) as url, deployed(endpoint_url, url, tmp_path / "api.log") as deployment:

        def upload() -> httpx2.Response:
            return deployment.client.post(MEMORIES, files={"audio": wav()})

        deployment.sqs.delete_queue(QueueUrl=deployment.queue_url)
        assert upload().status_code == 202

        for key in deployment.audio():
            deployment.s3.delete_object(Bucket=deployment.bucket, Key=key)
        deployment.s3.delete_bucket(Bucket=deployment.bucket)
        refused = upload()
        assert (refused.status_code, refused.json()["part"]) == (503, "storage")
        assert deployment.client.get("/api/v1/health").json() == {"status": "down", "db": "ok", "storage": "down"}
        assert len(deployment.client.get(MEMORIES).json()["memories"]) == 1

        deployment.s3.create_bucket(Bucket=deployment.bucket)
        name = url.rsplit("/", 1)[1]
        postgres.drop_database(name)
        refused = upload()
        assert (refused.status_code, refused.json()["part"]) == (503, "database")
        assert deployment.client.get("/api/v1/health").json() == {"status": "down", "db": "down", "storage": "ok"}
        assert deployment.client.get("/healthz").status_code == 200
        postgres.create_database(name)


def test_a_missing_setting_stops_the_start_and_is_named(tmp_path):
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT / 'src'}", "AUDIO_BUCKET": "b"}
    command = [sys.executable, "-m", "rawk", "serve", "--port", "0"]

    ended = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
    )

    assert ended.returncode != 0
    assert "JOBS_QUEUE_URL is not set" in ended.stdout + ended.stderr
