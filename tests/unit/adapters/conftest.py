"""boto3's own clients without a network: a stub gives the answers, in order, and compares what each call asks for."""

import boto3
import pytest
from botocore.stub import Stubber

REQUEST_ID = {"ResponseMetadata": {"RequestId": "r-1"}}
"""What an answer of AWS without content has."""


class Stubbed:
    """A client and its stub. A call that was not announced, or that asks for something else, fails the test."""

    def __init__(self, client):
        self.client = client
        self._stub = Stubber(client)
        self._stub.activate()

    def answers(self, operation, answer, **asked):
        """The next call, by the client's method: these exact arguments give this answer."""
        self._stub.add_response(operation, answer, asked)

    def refuses(self, operation, code, **asked):
        """The next call ends with this error code of the service."""
        self._stub.add_client_error(operation, code, expected_params=asked or None)

    def all_called(self):
        self._stub.deactivate()
        self._stub.assert_no_pending_responses()


@pytest.fixture(scope="session")
def aws_clients():
    """One client of each service: to make one takes longer than a test."""
    made = {"region_name": "us-east-1", "aws_access_key_id": "a", "aws_secret_access_key": "s"}
    return {service: boto3.client(service, **made) for service in ("s3", "sqs")}


@pytest.fixture
def sqs(aws_clients):
    stubbed = Stubbed(aws_clients["sqs"])
    yield stubbed
    stubbed.all_called()


@pytest.fixture
def s3(aws_clients):
    stubbed = Stubbed(aws_clients["s3"])
    yield stubbed
    stubbed.all_called()
