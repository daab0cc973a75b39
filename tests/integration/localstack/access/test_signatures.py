"""Signatures are verified by default, and not without the feature. What AWS answers is in the conformance checks."""

from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from sim.localstack.conformance.documented.requests import Http, bucket, link, signed
from sim.localstack.conformance.documented.s3.links import LISTING
from sim.localstack.conformance.documented.signatures import UNKNOWN, WRONG
from sim.localstack.extension.rawk_emulator.time.shared_offset import CLOCK_VARIABLE, SharedOffset
from sim.localstack.server import LocalStack

from ..conftest import Function


def test_without_the_feature_every_signature_is_accepted_as_in_stock_localstack(stock: LocalStack) -> None:
    target = stock.target
    for by in (WRONG, UNKNOWN):
        signed(target, "s3", LISTING, by=by).send(target)
    signed(target, "s3", LISTING, late=timedelta(hours=-1)).send(target)
    with bucket(target) as name:
        assert Http("GET", link(target, f"/{name}/two").replace("/two", "/one")).send(target) == "content"
        assert Http("GET", link(target, f"/{name}/one", late=timedelta(hours=-1))).send(target) == "content"


def test_any_secret_is_accepted_for_an_account_and_for_a_key_that_is_not_awss(localstack: LocalStack) -> None:
    for key, secret in (("112233445566", "any"), ("FOOBARKEY", "FOOBARSECRET")):
        session = boto3.Session(key, secret, region_name="us-east-1")
        session.client("sqs", endpoint_url=localstack.endpoint_url).list_queues()


def test_an_unsigned_call_is_refused_in_the_words_of_the_service(localstack: LocalStack) -> None:
    client = boto3.client(
        "sqs", region_name="us-east-1", endpoint_url=localstack.endpoint_url, config=Config(signature_version=UNSIGNED)
    )
    with pytest.raises(ClientError) as refused:
        client.list_queues()
    assert refused.value.response["Error"]["Message"] == "Request is missing Authentication Token"


def test_links_and_requests_follow_virtual_time(tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    with LocalStack(tmp_path / "state", tmp_path / "localstack.log", extra_env={CLOCK_VARIABLE: str(clock)}) as running:
        target = running.target
        offset = SharedOffset(clock)
        with bucket(target) as name:
            url = link(target, f"/{name}/one", valid_seconds=3600)
            offset.write(3599.0)
            assert Http("GET", url).send(target) == "content"
            offset.write(3605.0)
            with pytest.raises(ClientError, match="Request has expired"):
                Http("GET", url).send(target)
            signed(target, "s3", LISTING).send(target)  # signed in virtual time
            target.client("s3").list_buckets()  # by the machine's clock
            with pytest.raises(ClientError, match="RequestTimeTooSkewed"):
                signed(target, "s3", LISTING, late=timedelta(minutes=-30)).send(target)


def test_a_function_signs_with_the_credentials_of_its_role(function: "type[Function]", localstack: LocalStack) -> None:
    source = f"""
        import boto3

        def handler(event, context):
            session = boto3.Session(region_name="us-east-1")
            client = session.client("sts", endpoint_url={localstack.endpoint_url!r})
            return client.get_caller_identity()["Arn"]
    """
    assert ":assumed-role/tester/" in function(source).invoke().payload
