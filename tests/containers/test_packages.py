"""The packages for Lambda without images, on the very runtime they are made for."""

import platform
import time
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sim.engines.docker.cli import DockerFailed, docker
from sim.engines.docker.ownership import label_options
from sim.provisioning import lambda_packages

RUNTIME = "public.ecr.aws/lambda/python:3.13"
ARCHITECTURE = {"x86_64": "x86_64", "AMD64": "x86_64"}.get(platform.machine(), "arm64")
INVOKE = "2015-03-31/functions/function/invocations"


@pytest.fixture(scope="module")
def unzipped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Worker's and API's, as they lie in /var/task."""
    folders = {}
    for path in lambda_packages.build(tmp_path_factory.mktemp("dist"), [ARCHITECTURE]):
        name = path.name.partition("-")[0]
        folders[name] = tmp_path_factory.mktemp(name)
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folders[name])
        if name == "api":  # Python's zipfile leaves modes out, Lambda does not
            assert zipfile.ZipFile(path).getinfo("run.sh").external_attr >> 16 == 0o100755
            (folders[name] / "run.sh").chmod(0o755)
        folders[name].chmod(0o755)
    return folders


@pytest.fixture
def container() -> Iterator[str]:
    name = f"rawk-test-{uuid.uuid4().hex[:8]}"
    yield name
    docker("rm", "-f", "-v", name)


def start(container: str, task: Path, *options: str, command: tuple[str, ...]) -> str:
    """Its address. /var/task can only be read, as on AWS."""
    mount = ["-v", f"{task}:/var/task:ro", "-p", "127.0.0.1::8080"]
    docker("run", "-d", "--name", container, *label_options(), *mount, *options, RUNTIME, *command)
    return f"http://{docker('port', container, '8080').splitlines()[0]}"


def first_answer(ask: httpx.Request, within_seconds: float = 30.0) -> httpx.Response:
    give_up_at = time.monotonic() + within_seconds
    while True:
        try:
            with httpx.Client(trust_env=False, timeout=30) as client:
                return client.send(ask)
        except httpx.TransportError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.1)


def test_the_workers_package_has_all_that_the_worker_imports(unzipped: dict[str, Path], container: str) -> None:
    url = start(container, unzipped["worker"], command=("rawk.aws_lambda.worker_handler",))

    answer = first_answer(httpx.Request("POST", f"{url}/{INVOKE}", json={})).json()
    assert (answer["errorType"], answer["errorMessage"]) == ("ConfigurationError", "AUDIO_BUCKET is not set")


def test_the_apis_package_starts_the_api(unzipped: dict[str, Path], container: str) -> None:
    settings = {
        "AUDIO_BUCKET": "nowhere",
        "JOBS_QUEUE_URL": "http://127.0.0.1:1/jobs",
        "DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/nothing",
        "API_KEYS_JSON": "{}",
        "OUTBOX_GRACE_SECONDS": "1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    options = [option for name, value in settings.items() for option in ("-e", f"{name}={value}")]
    start(container, unzipped["api"], *options, "--entrypoint", "/var/task/run.sh", command=())

    ask = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8080/healthz', timeout=4).status)"
    give_up_at = time.monotonic() + 30
    while True:
        try:
            assert docker("exec", container, "python", "-c", ask) == "200"
            return
        except DockerFailed:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.3)
