"""The emulator that is checked: clients for it, and resources of the checks' own, which are removed again."""

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from sim.clock.clocks import RealClock, never
from sim.localstack.functions import wait_until_active, zip_of
from sim.platform.aws_session import isolated_session
from sim.platform.control_token import control_headers

REGION = "us-east-1"

CHECKS_ACCOUNT = "999999999999"
"""On LocalStack the checks work in an account of their own: it takes an access key of twelve digits for an account."""

RETURN_ONCE = "return this message once"
EXACT_BODY = ' {"number":1.00,\t"letter": "\u00fc\U0001f600"}\n'
"""JSON in a notation that no serializer produces: an emulator that parses and re-serializes a body changes it."""
MEET = "meet"
FUNCTION_TIMEOUT_SECONDS = 20
MEETING_SECONDS = 18
ADVANCE_LIMIT_SECONDS = 30.0

FUNCTION = f"""
import json, socket, sys

def handler(event, context):
    if "connect_to" in event:
        with socket.create_connection(tuple(event["connect_to"]), 5):
            return {{"python": list(sys.version_info[:2])}}
    if "take_megabytes" in event:
        taken = b"x" * (event["take_megabytes"] << 20)  # written to, not only reserved
    return {{"batchItemFailures": [failure for record in event.get("Records", []) for failure in process(record)]}}

def process(record):
    body = record["body"]
    print("conformance body", json.dumps(body))
    if body == "{RETURN_ONCE}":
        return [{{"itemIdentifier": record["messageId"]}}] if received(record) < 2 else []
    if body.startswith("{MEET} "):
        _, host, port = body.split()
        with socket.create_connection((host, int(port)), 5) as connection:
            connection.settimeout({MEETING_SECONDS})
            connection.recv(1)
        return []
    if body != {EXACT_BODY!r}:
        raise ValueError("this body is not the one that was sent")
    return []

def received(record):
    return int(record["attributes"]["ApproximateReceiveCount"])
"""


class NotConformant(Exception):
    """The emulator does not do what AWS does; the text says what differs."""


class Target:
    """Clients of one emulator, and what the checks create there. Safe for several threads.

    `account` is the account of the session's credentials, `prefix` begins the name of everything that is created,
    `limit` bounds each wait for the emulator, `attempts` is how often a client tries a call.
    """

    def __init__(
        self,
        session: boto3.Session,
        endpoint_url: str,
        account: str,
        *,
        prefix: str = "conformance-",
        limit: timedelta = timedelta(seconds=15),
        attempts: int = 1,
    ) -> None:
        self.endpoint_url = endpoint_url
        self.account = account
        self.prefix = prefix
        self.limit = limit
        self._session = session
        self._config = Config(
            retries={"total_max_attempts": attempts},
            connect_timeout=2,
            read_timeout=30,
            proxies={},
            parameter_validation=False,  # some checks send what the emulator has to refuse
            s3={"addressing_style": "path"},
        )
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}
        self._roles: dict[str, str] = {}

    @classmethod
    def on_localstack(cls, endpoint_url: str) -> "Target":
        """A LocalStack, in the account of the checks."""
        session = isolated_session(CHECKS_ACCOUNT, region=REGION)
        return cls(session, endpoint_url, CHECKS_ACCOUNT)

    def client(self, service: str) -> Any:
        """The client of a service, made at its first use; making one is not safe for several threads, using it is."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._session.client(  # type: ignore[call-overload]
                    service, endpoint_url=self.endpoint_url, config=self._config
                )
            return self._clients[service]

    @property
    def sqs(self) -> Any:
        return self.client("sqs")

    @property
    def lambda_(self) -> Any:
        return self.client("lambda")

    def role(self, trusts: str = "lambda.amazonaws.com") -> str:
        """The ARN of a role that this service can assume, and that may do everything; the same at each call."""
        name = f"{self.prefix}{trusts.partition('.')[0]}"
        with self._lock:
            if name not in self._roles:
                self._roles[name] = self._new_role(name, trusts)
        return self._roles[name]

    def _new_role(self, name: str, trusts: str) -> str:
        iam = self._session.client("iam", endpoint_url=self.endpoint_url, config=self._config)
        allow = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": trusts}}
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        with suppress(ClientError):  # another run of the checks has made it
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(allow))
        iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=_policy(everything))
        return f"arn:aws:iam::{self.account}:role/{name}"

    def new_name(self) -> str:
        return f"{self.prefix}{uuid.uuid4().hex[:12]}"

    def pass_time(self, seconds: float) -> None:
        """Let time pass: where the emulator's time is virtual it is advanced, elsewhere this waits."""
        body = json.dumps({"advance_seconds": seconds}).encode()
        request = Request(
            f"{self.endpoint_url}/_rawk/time", body, {"Content-Type": "application/json", **control_headers()}
        )
        try:
            with build_opener(ProxyHandler({})).open(request, timeout=ADVANCE_LIMIT_SECONDS):
                return
        except OSError:  # an emulator without virtual time, or not ours
            RealClock().wait_until(never, timedelta(seconds=seconds))

    def wait_until(self, condition: Callable[[], bool]) -> bool:
        """Whether the condition became true within `limit`."""
        return RealClock().wait_until(condition, self.limit)

    @contextmanager
    def function(
        self, source: str = FUNCTION, *, timeout_seconds: int = FUNCTION_TIMEOUT_SECONDS, memory_mb: int = 128
    ) -> Iterator[str]:
        """The name of an active function. Raises NotConformant when it does not become active."""
        name = self.new_name()
        self.lambda_.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="conformance_function.handler",
            Role=self.role(),
            Timeout=timeout_seconds,
            MemorySize=memory_mb,
            Code={"ZipFile": zip_of({"conformance_function.py": source})},
        )
        try:
            wait_until_active(self.lambda_, name)
            created = self.lambda_.get_function_configuration(FunctionName=name)
            if created.get("State", "Active") != "Active":
                reason = created.get("StateReason", created["State"])
                raise NotConformant(f"no function can be run ({reason})")
            yield name
        finally:
            with suppress(ClientError):  # a function that could not be created may not be there
                self.lambda_.delete_function(FunctionName=name)

    @contextmanager
    def queue(self, visibility_seconds: int = 30) -> Iterator[tuple[str, str]]:
        """URL and ARN of a queue."""
        url = self.sqs.create_queue(
            QueueName=self.new_name(), Attributes={"VisibilityTimeout": str(visibility_seconds)}
        )["QueueUrl"]
        try:
            yield url, self.arn_of(url)
        finally:
            self.sqs.delete_queue(QueueUrl=url)

    @contextmanager
    def mapped_queue(
        self, *, visibility_seconds: int = 30, timeout_seconds: int = FUNCTION_TIMEOUT_SECONDS
    ) -> Iterator[tuple[str, str]]:
        """The name of a function, and the URL of a queue whose messages go to it one by one."""
        with self.function(timeout_seconds=timeout_seconds) as function, self.queue(visibility_seconds) as (url, arn):
            mapping = self.lambda_.create_event_source_mapping(
                EventSourceArn=arn,
                FunctionName=function,
                BatchSize=1,
                FunctionResponseTypes=["ReportBatchItemFailures"],
            )
            try:
                yield function, url
            finally:
                self.lambda_.delete_event_source_mapping(UUID=mapping["UUID"])

    def arn_of(self, queue_url: str) -> str:
        attributes = self.sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]
        return str(attributes["QueueArn"])

    def is_empty(self, queue_url: str) -> bool:
        """Whether no message is visible and none in flight."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)["Attributes"]
        return all(int(found[name]) == 0 for name in names)


def _policy(statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def expect_refusal(code: str, what: str, call: Callable[[], object]) -> None:
    """The call must be refused with an error code of AWS. Raises NotConformant."""
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] == code:
            return
        raise NotConformant(f"{what} was refused with {error}, not {code}") from error
    raise NotConformant(f"{what} was accepted")
