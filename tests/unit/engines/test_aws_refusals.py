"""What the aws engine refuses before anything is asked of AWS, each in a sentence; and what it says of the cost."""

import json
import subprocess
from typing import Any

import pytest

from sim.engines import aws
from sim.engines.aws import Deployed, prepare, read_outputs, tenant_keys
from sim.engines.aws_cost import Estimate
from sim.engines.engine import EngineNotReady, Place
from sim.provision.rendering import Rendering

KEYS = {"k1": "acme", "k2": "globex", "k3": "initech", "k4": "umbrella"}


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    return {**Rendering.load("core").outputs, "api": {"kind": "ecs", "url": "https://api"}}


def test_no_topology() -> None:
    with pytest.raises(EngineNotReady, match="--engine aws wants --topology NAME"):
        prepare(lambda _: None, Place())


def test_outputs_that_can_not_be_read() -> None:
    with pytest.raises(EngineNotReady, match="--outputs /nowhere/outputs"):
        read_outputs("/nowhere/outputs.json")


@pytest.mark.parametrize("text", ["", "[]", '{"name": 1}', '{"name": {}}'])
def test_outputs_that_are_none(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(aws, "_from_file", lambda _: text)

    with pytest.raises(EngineNotReady, match=r"outputs\.json is not what `terraform output -json` says"):
        read_outputs("outputs.json")


def test_terraform_that_does_not_say(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise subprocess.CalledProcessError(1, "terraform", stderr="\nError: Backend initialization required\n")

    monkeypatch.setattr(subprocess, "run", fails)

    with pytest.raises(EngineNotReady, match=r"does not say what is deployed \(Error: Backend init.* --outputs FILE"):
        read_outputs(None)


def test_no_terraform(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise FileNotFoundError("no terraform")

    monkeypatch.setattr(subprocess, "run", fails)

    with pytest.raises(EngineNotReady, match=r"does not say what is deployed \(no terraform\)"):
        read_outputs(None)


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ("", "is to hold API keys as the deployed secret does"),
        ("{", "the API keys are not JSON"),
        (json.dumps({"k": "acme"}), "has keys of 1 tenants: stories want 3, a key each"),
        (json.dumps({"a": "acme", "b": "acme", "c": "globex"}), "has keys of 2 tenants"),
    ],
)
def test_keys_that_do_not_do(keys: str, sentence: str) -> None:
    with pytest.raises(EngineNotReady, match=sentence):
        tenant_keys({"RAWK_API_KEYS_JSON": keys})


def test_as_many_keys_as_stories_have_tenants() -> None:
    assert tenant_keys({"RAWK_API_KEYS_JSON": json.dumps(KEYS)}) == {"k1": "acme", "k2": "globex", "k3": "initech"}


def test_another_topology(outputs: dict[str, Any]) -> None:
    with pytest.raises(EngineNotReady, match="what is deployed is core, not ecs"):
        Deployed.of(outputs, "ecs")


def test_no_api(outputs: dict[str, Any]) -> None:
    with pytest.raises(EngineNotReady, match="no API is deployed with"):
        Deployed.of({**outputs, "api": {"kind": "none"}}, "core")


def test_another_configuration(outputs: dict[str, Any]) -> None:
    with pytest.raises(EngineNotReady, match=r"outputs are of another configuration: .*missing .'worker_function"):
        Deployed.of({name: value for name, value in outputs.items() if name != "worker_function"}, "core")


def test_no_region(outputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")

    with pytest.raises(EngineNotReady, match="no region is set"):
        Deployed.of(outputs, "core")


@pytest.mark.parametrize(
    "url", [None, "https://api.openai.com/v1", "http://somewhere"], ids=["none", "the real one", "no space"]
)
def test_the_real_openai(outputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch, url: str | None) -> None:
    variables = {} if url is None else {"OPENAI_BASE_URL": url}
    monkeypatch.setattr(Deployed, "_worker", lambda _: {"Environment": {"Variables": variables}})

    with pytest.raises(EngineNotReady, match="the deployed worker asks the real OpenAI, and no story can judge"):
        Deployed.of(outputs, "core").openai()


def test_the_cost_grows_with_the_memory() -> None:
    small, large = Estimate(512), Estimate(1024)

    assert 0.001 < small.dollars < large.dollars < 0.02
    assert large.dollars - small.dollars == pytest.approx(small.lambda_seconds * 0.5 * 0.0000166667)
    assert "a story costs at most about" in str(small)
