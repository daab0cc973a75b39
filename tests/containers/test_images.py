"""The images: who they run as, what is in them, and that they do their work."""

import json
import subprocess
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta

import httpx
import openai
import pytest

from sim import recordings
from sim.clock.clocks import RealClock
from sim.engines.docker.cli import docker
from sim.engines.docker.images import API, OPENAI_SIMULATOR, OPENAI_SIMULATOR_DOCKERFILE, WORKER, build, build_images
from sim.engines.docker.ownership import label_options
from sim.openai_simulator.client import ControlError, OpenAIServer

INVOKE = "2015-03-31/functions/function/invocations"
MOST_MEGABYTES = 400


@pytest.fixture(scope="module", autouse=True)
def images() -> None:
    build_images(say=print)


@pytest.fixture
def container() -> Iterator[str]:
    name = f"rawk-test-{uuid.uuid4().hex[:8]}"
    yield name
    docker("rm", "-f", "-v", name)


def run(image: str, *command: str) -> str:
    return docker("run", "--rm", *label_options(), "--no-healthcheck", image, *command)


def address_of(container: str, port: int = 8080) -> str:
    return f"http://{docker('port', container, str(port)).splitlines()[0]}"


def answer_of(container: str, within_seconds: float = 30.0) -> httpx.Response:
    """What a Lambda container answers to an empty event, once it answers at all."""
    give_up_at = time.monotonic() + within_seconds
    while True:
        try:
            return httpx.post(f"{address_of(container)}/{INVOKE}", json={}, timeout=30, trust_env=False)
        except httpx.TransportError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.1)


@pytest.mark.parametrize("image", [API, WORKER])
def test_it_is_small_and_has_bytecode_and_nothing_of_the_harness(image: str) -> None:
    assert int(docker("inspect", "-f", "{{.Size}}", image)) < MOST_MEGABYTES * 1_000_000
    look = (
        "import rawk.composition as w; from importlib import util as u; "
        "print(w.__cached__, u.find_spec('sim'), u.find_spec('pytest'))"
    )
    options = ["--entrypoint", "python"]
    cached, sim, pytest_ = docker("run", "--rm", *label_options(), *options, image, "-c", look).split()
    assert (sim, pytest_) == ("None", "None")
    there = docker("run", "--rm", *label_options(), "--entrypoint", "ls", image, cached)
    assert there == cached


@pytest.mark.parametrize("image", [API, WORKER])
def test_no_secret_is_in_it(image: str) -> None:
    environment = json.loads(docker("inspect", "-f", "{{json .Config.Env}}", image))
    assert not [each for each in environment if any(word in each.upper() for word in ("KEY", "SECRET", "TOKEN"))]
    assert not [line for line in docker("history", "--no-trunc", image).splitlines() if "sk-" in line]


def test_the_api_runs_as_a_normal_user_who_can_not_change_it() -> None:
    assert docker("inspect", "-f", "{{.Config.User}}", API) == "10001:10001"
    assert run(API, "id", "-u") == "10001"
    changed = subprocess.run(
        ["docker", "run", "--rm", *label_options(), API, "touch", "/opt/rawk/lib/changed"],
        capture_output=True,
        check=False,
    )
    assert b"Permission denied" in changed.stderr


def test_the_command_rawk_is_in_it() -> None:
    assert "Operate the voice-recording pipeline." in run(API, "rawk", "--help")


def test_the_api_is_healthy_while_it_lives_and_stops_when_asked(container: str) -> None:
    settings = {
        "AUDIO_BUCKET": "nowhere",
        "JOBS_QUEUE_URL": "http://127.0.0.1:1/jobs",
        "DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/nothing",
        "API_KEYS_JSON": "{}",
        "OUTBOX_GRACE_SECONDS": "1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    options = [option for name, value in settings.items() for option in ("-e", f"{name}={value}")]
    docker(
        "run",
        "-d",
        "--name",
        container,
        *label_options(),
        "--health-interval",
        "1s",
        *options,
        "-p",
        "127.0.0.1::8080",
        API,
    )

    give_up_at = time.monotonic() + 60
    while (health := docker("inspect", "-f", "{{.State.Health.Status}}", container)) == "starting":
        assert time.monotonic() < give_up_at
        time.sleep(0.2)
    assert health == "healthy"
    assert httpx.get(f"{address_of(container)}/healthz", trust_env=False).status_code == 200
    began = time.monotonic()
    docker("stop", container)
    assert time.monotonic() - began < 9  # killed it would be after ten
    assert docker("inspect", "-f", "{{.State.ExitCode}}", container) in ("0", "143")


def test_the_worker_answers_through_the_runtimes_emulator(container: str) -> None:
    docker("run", "-d", "--name", container, *label_options(), "-p", "127.0.0.1::8080", WORKER)

    answer = answer_of(container).json()
    assert (answer["errorType"], answer["errorMessage"]) == ("ConfigurationError", "AUDIO_BUCKET is not set")


def test_the_api_answers_as_a_function_behind_the_web_adapter(container: str) -> None:
    """Lambda's runtime emulator is lent from the worker's image, as the API's has none."""
    lend = "cp /usr/local/bin/aws-lambda-rie /lent/"
    volume = f"{container}-lent"
    settings = ["-e", "AUDIO_BUCKET=b", "-e", "JOBS_QUEUE_URL=http://127.0.0.1:1/q", "-e", "API_KEYS_JSON={}"]
    settings += ["-e", "DATABASE_URL=postgresql+psycopg://nobody@127.0.0.1:1/n", "-e", "OUTBOX_GRACE_SECONDS=1"]
    settings += ["-e", "AWS_DEFAULT_REGION=us-east-1", "-e", "AWS_LWA_PORT=8000"]
    web = ["rawk", "serve", "--port", "8000"]
    try:
        docker("run", "--rm", *label_options(), "-v", f"{volume}:/lent", "--entrypoint", "sh", WORKER, "-c", lend)
        options = ["-v", f"{volume}:/lent", "-p", "127.0.0.1::8080", "--entrypoint", "/lent/aws-lambda-rie"]
        docker("run", "-d", "--name", container, *label_options(), "--user", "0", *settings, *options, API, *web)

        answer_of(container)  # an event that is no request; it only shows that it is up
        event = {"version": "2.0", "rawPath": "/healthz", "headers": {}, "requestContext": {"http": {"method": "GET"}}}
        answer = httpx.post(f"{address_of(container)}/{INVOKE}", json=event, timeout=30, trust_env=False).json()
        assert answer["statusCode"] == 200
    finally:
        docker("rm", "-f", "-v", container)
        docker("volume", "rm", "-f", volume)


def test_the_simulator_of_openai_is_steered_by_its_key_alone(container: str) -> None:
    build(OPENAI_SIMULATOR, OPENAI_SIMULATOR_DOCKERFILE)
    options = ["-p", "127.0.0.1::8000", "-e", "OPENAI_SIMULATOR_KEY=sesame", "--health-interval", "1s"]
    docker("run", "-d", "--name", container, *label_options(), *options, OPENAI_SIMULATOR)

    def is_healthy() -> bool:
        return docker("inspect", "-f", "{{.State.Health.Status}}", container) == "healthy"

    assert RealClock(0.2).wait_until(is_healthy, timedelta(seconds=60)), docker("logs", container)
    url = address_of(container, 8000)
    with pytest.raises(ControlError, match="the key is missing or wrong"):
        OpenAIServer(url).space("a")
    space = OpenAIServer(url, "sesame").space("a")
    recording = recordings.by_name("standup-notes")
    with openai.OpenAI(api_key=space.api_key, base_url=space.base_url) as client:
        heard = client.audio.transcriptions.create(model="gpt-4o-transcribe", file=("memo.wav", recording.data))
    assert heard.text == recording.transcript
    assert docker("exec", container, "id", "-u") == "10001"
    assert int(docker("inspect", "-f", "{{.Size}}", OPENAI_SIMULATOR)) < MOST_MEGABYTES * 1_000_000
