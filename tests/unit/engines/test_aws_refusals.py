"""What the aws engine refuses before anything is asked of AWS, each in a sentence; and what it says of the cost."""

import json
import subprocess
from typing import Any

import pytest

from sim.engines.aws import deployment
from sim.engines.aws.cost import Estimate
from sim.engines.aws.deployment import Deployed, read_outputs
from sim.engines.aws.engine import prepare
from sim.engines.base.engine import Capability, EngineNotReady, Place
from sim.provisioning.rendering import Rendering

KEYS = {"k1": "acme", "k2": "globex", "k3": "initech", "k4": "umbrella"}


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    return {**Rendering.load("core").outputs, "api": {"kind": "ecs", "url": "https://api"}}


def test_a_missing_topology_is_refused() -> None:
    with pytest.raises(EngineNotReady, match="--engine aws needs --topology NAME"):
        prepare(lambda _: None, Place())


def test_unreadable_outputs_are_refused() -> None:
    with pytest.raises(EngineNotReady, match="--outputs /nowhere/outputs"):
        read_outputs("/nowhere/outputs.json")


@pytest.mark.parametrize("text", ["", "[]", '{"name": 1}', '{"name": {}}'])
def test_other_text_than_outputs_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(deployment, "_from_file", lambda _: text)

    with pytest.raises(EngineNotReady, match=r"outputs\.json is not what `terraform output -json` prints"):
        read_outputs("outputs.json")


def test_a_failing_terraform_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise subprocess.CalledProcessError(1, "terraform", stderr="\nError: Backend initialization required\n")

    monkeypatch.setattr(subprocess, "run", fails)

    with pytest.raises(EngineNotReady, match=r"did not print what is deployed \(Error: Backend init.* --outputs FILE"):
        read_outputs(None)


def test_a_missing_terraform_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise FileNotFoundError("no terraform")

    monkeypatch.setattr(subprocess, "run", fails)

    with pytest.raises(EngineNotReady, match=r"did not print what is deployed \(no terraform\)"):
        read_outputs(None)


@pytest.fixture
def deployed(outputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Deployed:
    secrets = {"api_keys": json.dumps(KEYS), "openai_api_key": "sk-sim-0123456789"}
    monkeypatch.setattr(Deployed, "_secret", lambda _, name: secrets[name])
    return Deployed.of(outputs, "core")


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({}, "no API keys: set RAWK_API_KEYS_JSON, .* or RAWK_API_KEY with one key"),
        ({"RAWK_API_KEYS_JSON": "{"}, "RAWK_API_KEYS_JSON does not contain API keys .* the API keys are not JSON"),
        ({"RAWK_API_KEYS_JSON": "{}"}, "RAWK_API_KEYS_JSON contains no keys"),
        ({"RAWK_API_KEY": "k9"}, "RAWK_API_KEY is not among the keys of the deployed API"),
    ],
)
def test_unusable_keys_are_refused(deployed: Deployed, env: dict[str, str], sentence: str) -> None:
    with pytest.raises(EngineNotReady, match=sentence):
        deployed.tenant_keys(env)


def test_one_key_is_used_for_each_of_at_most_three_tenants(deployed: Deployed) -> None:
    three = {"k1": "acme", "k2": "globex", "k3": "initech"}
    assert deployed.tenant_keys({"RAWK_API_KEYS_JSON": json.dumps(KEYS)}) == three
    twice = {"a": "acme", "b": "acme", "c": "globex"}
    assert sorted(deployed.tenant_keys({"RAWK_API_KEYS_JSON": json.dumps(twice)}).values()) == ["acme", "globex"]
    assert Capability.SEVERAL_TENANTS not in deployed.lacking(three)


def test_one_key_is_enough_for_scenarios_of_one_tenant(deployed: Deployed) -> None:
    keys = deployed.tenant_keys({"RAWK_API_KEY": "k2"})

    assert keys == {"k2": "globex"}
    assert deployed.lacking(keys)[Capability.SEVERAL_TENANTS] == "the one key is globex's"


def test_short_timeouts_are_not_those_of_production(outputs: dict[str, Any], deployed: Deployed) -> None:
    short = Deployed.of({**outputs, "limits": Rendering.load("short_timeouts").outputs["limits"]}, "core")

    assert short.lacking(KEYS) == {Capability.PRODUCTION_LIMITS: "its functions may run 6 s"}
    assert deployed.lacking(KEYS) == {Capability.VISIBILITY_TIMEOUTS: "its visibility timeout is 1800 s"}


def test_a_key_that_looks_real_is_not_sent_to_the_simulator(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert deployed.openai_api_key() == "sk-sim-0123456789"
    monkeypatch.setattr(Deployed, "_secret", lambda *_: "sk-proj-abcdefghijklmn")

    with pytest.raises(EngineNotReady, match=r"looks like a real one .* begins with sk-sim") as refused:
        deployed.openai_api_key()
    assert "abcdefghijklmn" not in str(refused.value)


def test_the_simulator_of_terraform_is_used(outputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Deployed, "_read_secret", lambda _, secret_id: f"the value of {secret_id}")
    simulator = {"url": "http://203.0.113.7:8000", "key_secret_id": "its-key"}
    deployed = Deployed.of({**outputs, "openai_simulator": simulator}, "core")

    assert deployed._simulator() == ("http://203.0.113.7:8000", "the value of its-key", deployed.pipeline.name)


def test_another_topology_is_refused(outputs: dict[str, Any]) -> None:
    with pytest.raises(EngineNotReady, match="what is deployed is core, not ecs"):
        Deployed.of(outputs, "ecs")


def test_a_missing_api_is_refused(outputs: dict[str, Any]) -> None:
    with pytest.raises(EngineNotReady, match="no API is deployed with"):
        Deployed.of({**outputs, "api": {"kind": "none"}}, "core")


def test_the_address_of_the_api_can_be_given(outputs: dict[str, Any]) -> None:
    elsewhere = Deployed.of({**outputs, "api": {"kind": "none"}}, "core", "https://memories.example.com")
    assert elsewhere.pipeline.api["url"] == "https://memories.example.com"

    with pytest.raises(EngineNotReady, match=r"--api-url memories\.example\.com is not an address"):
        Deployed.of(outputs, "core", "memories.example.com")


def test_outputs_of_another_configuration_are_refused(outputs: dict[str, Any]) -> None:
    with pytest.raises(EngineNotReady, match=r"outputs are of another configuration: .*missing .'worker_function"):
        Deployed.of({name: value for name, value in outputs.items() if name != "worker_function"}, "core")


def test_a_missing_region_is_refused(outputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")

    with pytest.raises(EngineNotReady, match="no region is set"):
        Deployed.of(outputs, "core")


def test_a_missing_profile_is_refused(outputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nope")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")

    with pytest.raises(EngineNotReady, match=r"the AWS settings of this machine are not usable: .*profile \(nope\)"):
        Deployed.of(outputs, "core")


@pytest.mark.parametrize(
    "url", [None, "https://api.openai.com/v1", "http://somewhere"], ids=["none", "the real one", "no space"]
)
def test_a_worker_that_calls_the_real_openai_is_refused(
    outputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch, url: str | None
) -> None:
    variables = {} if url is None else {"OPENAI_BASE_URL": url}
    monkeypatch.setattr(Deployed, "_worker", lambda _: {"Environment": {"Variables": variables}})

    with pytest.raises(
        EngineNotReady, match="the deployed worker calls the real OpenAI, whose answers no scenario can check"
    ):
        Deployed.of(outputs, "core").openai()


def test_the_cost_grows_with_the_memory() -> None:
    small, large = Estimate(512), Estimate(1024)

    assert 0.001 < small.dollars < large.dollars < 0.02
    assert large.dollars - small.dollars == pytest.approx(small.lambda_seconds * 0.5 * 0.0000166667)
    assert "a scenario costs about" in str(small)
