"""What the endpoint engine refuses before anything is made, each in a sentence."""

import io
from typing import Any

import boto3
import botocore.httpsession
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import EndpointConnectionError

from sim.engines.base.engine import Capability, EngineNotReady
from sim.engines.endpoint import probe
from sim.engines.endpoint.engine import checked_url, keys_of, require_aws, session
from sim.engines.registry import ENDPOINT
from sim.localstack.conformance.suite import CHECKS, CheckResult, report
from sim.platform.process_identity import is_dead, this_process

URL = "http://127.0.0.1:4566"


@pytest.mark.parametrize("url", [None, ""])
def test_a_missing_url_is_refused(url: str | None) -> None:
    with pytest.raises(EngineNotReady, match="--engine endpoint needs --endpoint-url"):
        checked_url(url)


@pytest.mark.parametrize(
    "url", ["localhost", "127.0.0.1:4566", "https://a:1", "http://a", "http://a:b", "http://a:1/x", "http://a:1/?x=1"]
)
def test_other_text_than_an_address_is_refused(url: str) -> None:
    with pytest.raises(EngineNotReady, match="is not an address such as http"):
        checked_url(url)


def test_an_address_is_accepted() -> None:
    assert checked_url(f"{URL}/") == URL


class Raw(io.BytesIO):
    def stream(self, **_: object) -> Any:
        yield self.read()


def answering(monkeypatch: pytest.MonkeyPatch, status: int, body: bytes) -> None:
    def send(_: object, request: Any) -> AWSResponse:
        return AWSResponse(request.url, status, {"Content-Type": "text/xml"}, Raw(body))

    monkeypatch.setattr(botocore.httpsession.URLLib3Session, "send", send)


REFUSED = b"<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>no</Message></Error></ErrorResponse>"
GRANTED = (
    b"<GetCallerIdentityResponse><GetCallerIdentityResult><Account>000000000000</Account></GetCallerIdentityResult>"
    b"</GetCallerIdentityResponse>"
)


def test_refused_credentials_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, 403, REFUSED)

    with pytest.raises(EngineNotReady, match=r"refuses these credentials \(InvalidClientTokenId\): set AWS_ACCESS_KEY"):
        require_aws(URL)


@pytest.mark.parametrize(("status", "body"), [(200, b"<html>"), (404, b"nothing here"), (200, b"{}"), (500, b"")])
def test_another_server_than_aws_is_refused(monkeypatch: pytest.MonkeyPatch, status: int, body: bytes) -> None:
    answering(monkeypatch, status, body)

    with pytest.raises(EngineNotReady, match=f"what answers at {URL} is not AWS"):
        require_aws(URL)


def test_no_answer_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def send(*_: object) -> AWSResponse:
        raise EndpointConnectionError(endpoint_url=URL)

    monkeypatch.setattr(botocore.httpsession.URLLib3Session, "send", send)

    with pytest.raises(EngineNotReady, match=r"nothing answers at .* start the emulator, or correct --endpoint-url"):
        require_aws(URL)


def test_an_emulator_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, 200, GRANTED)

    require_aws(URL)


def test_a_failed_check_is_a_missing_capability_a_reason_to_run_nothing_or_reported_only() -> None:
    failed = [CheckResult(CHECKS[name], f"failure {number}") for number, name in enumerate(probe.CHECKS)]

    assert probe.lacking(failed).keys() == {Capability.REDRIVE, Capability.EXACT_BODIES}
    assert len(probe.blocking(failed)) == len(probe.REQUIRED) == 3
    assert report(failed)[-1] == f"conformance: 0 of {len(probe.CHECKS)} checks passed"
    passed = [CheckResult(CHECKS[name]) for name in probe.CHECKS]
    assert (probe.lacking(passed), probe.blocking(passed), len(report(passed))) == ({}, [], 1)


def test_the_engine_has_every_capability_that_a_check_decides_about() -> None:
    assert set(probe.CAPABILITY_CHECKS.values()) <= ENDPOINT.can


def test_the_product_gets_the_keys_of_the_harness() -> None:
    assert keys_of(boto3.Session("a", "b", region_name="eu-west-1")) == {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }


def test_an_owner_is_distinguished_from_another_process_with_its_id() -> None:
    assert not is_dead(this_process())
    assert not is_dead("no-process")
    assert not is_dead("another-machine/1/1.00")
    assert is_dead(f"{this_process().rpartition('/')[0]}/1.00")


def test_the_profile_of_the_user_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nope")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")

    assert session().client("sts", endpoint_url=URL).meta.region_name
