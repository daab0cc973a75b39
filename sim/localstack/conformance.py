"""What an emulator must do to be worth trusting, tried on a running one: each holds, or a sentence says how not.

`python -m sim emulator` runs this at its start. It works in an account of its own and cleans up behind itself. Each
promise belongs to the part of the extension that keeps it (rawk_emulator/features.py): disable it, and the promise breaks.
"""

import hashlib
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import boto3
import httpx
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sim.clock.clocks import RealClock
from sim.localstack.chaos_client import Chaos
from sim.localstack.queue_probe import NotConformant, probe_queues
from sim.localstack.server import PROBE_ACCOUNT, REGION, wait_until_active, zip_of

ROLE = f"arn:aws:iam::{PROBE_ACCOUNT}:role/probe"
LIMIT = timedelta(seconds=15)
SLEEP_SECONDS = 2

BODY = ' {"number":1.00,\t"letter": "\u00fc"}\n'
"""JSON, but not as any program would write it: whoever parses it and writes it anew changes it."""

PROBE_FUNCTION = f"""
import hashlib, time

def handler(event, context):
    for record in event.get("Records", []):
        if record["body"] == "sleep":
            time.sleep({SLEEP_SECONDS})
        elif hashlib.sha256(record["body"].encode()).hexdigest() != "{hashlib.sha256(BODY.encode()).hexdigest()}":
            raise ValueError("this is not what was sent")
    if event.get("take_megabytes"):
        taken = b"x" * (event["take_megabytes"] << 20)  # written to, not only asked for
    return event
"""


class Probe:
    """Clients of the emulator, and what to make with them."""

    def __init__(self, endpoint_url: str) -> None:
        self.endpoint_url = endpoint_url
        config = Config(retries={"total_max_attempts": 1}, proxies={}, parameter_validation=False)
        session = boto3.Session(aws_access_key_id=PROBE_ACCOUNT, aws_secret_access_key="test", region_name=REGION)
        self.sqs: Any = session.client("sqs", endpoint_url=endpoint_url, config=config)
        self.functions: Any = session.client("lambda", endpoint_url=endpoint_url, config=config)

    @contextmanager
    def function(self) -> Iterator[str]:
        """A function that can be told to sleep, to take memory, and that knows the body it should get."""
        name = _new_name()
        self.functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="probe.handler",
            Role=ROLE,
            Timeout=20,
            MemorySize=128,
            Code={"ZipFile": zip_of({"probe.py": PROBE_FUNCTION})},
        )
        try:
            wait_until_active(self.functions, name)
            made = self.functions.get_function_configuration(FunctionName=name)
            if made["State"] != "Active":
                raise NotConformant(f"no function can be run ({made.get('StateReason', made['State'])})")
            yield name
        finally:
            with suppress(ClientError):  # what could not be made may not be there to remove
                self.functions.delete_function(FunctionName=name)

    @contextmanager
    def queue(self, visibility_seconds: int = 30) -> Iterator[tuple[str, str]]:
        """Address and ARN of a queue."""
        url = self.sqs.create_queue(QueueName=_new_name(), Attributes={"VisibilityTimeout": str(visibility_seconds)})[
            "QueueUrl"
        ]
        attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        try:
            yield url, attributes["QueueArn"]
        finally:
            self.sqs.delete_queue(QueueUrl=url)

    @contextmanager
    def mapped_queue(self) -> Iterator[str]:
        """The address of a queue whose messages go to a function one by one."""
        with self.function() as function, self.queue() as (url, arn):
            mapping = self.functions.create_event_source_mapping(
                EventSourceArn=arn, FunctionName=function, BatchSize=1
            )["UUID"]
            try:
                yield url
            finally:
                self.functions.delete_event_source_mapping(UUID=mapping)

    def depth(self, url: str) -> tuple[int, int]:
        """How many messages are visible, and how many in flight."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return int(found[names[0]]), int(found[names[1]])


def _new_name() -> str:
    return f"probe-{uuid.uuid4().hex[:12]}"


def _queues(probe: Probe) -> None:
    probe_queues(probe.sqs)


def _memory(probe: Probe) -> None:
    with probe.function() as function:
        answer = probe.functions.invoke(FunctionName=function, Payload=b'{"take_megabytes": 512}')
        said = answer["Payload"].read().decode()
    if "Runtime.OutOfMemory" not in said and "signal: killed" not in said:
        raise NotConformant("a function of 128 MB took 512 MB and was not killed")


def _reserved_concurrency(probe: Probe) -> None:
    with probe.function() as function:
        probe.functions.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
        _expect_refusal(
            "TooManyRequestsException",
            "an invocation of a function with no concurrency",
            lambda: probe.functions.invoke(FunctionName=function),
        )


def _exact_bodies(probe: Probe) -> None:
    with probe.mapped_queue() as url:
        probe.sqs.send_message(QueueUrl=url, MessageBody=BODY)
        if not RealClock().wait_until(lambda: probe.depth(url) == (0, 0), LIMIT):
            raise NotConformant("a function did not get a message's body as it was sent")


def _parallel_batches(probe: Probe) -> None:
    with probe.mapped_queue() as url:
        for _ in range(2):
            probe.sqs.send_message(QueueUrl=url, MessageBody="sleep")
        if not RealClock().wait_until(lambda: probe.depth(url)[1] == 2, LIMIT):
            raise NotConformant("a mapping worked off one batch after the other")


def _refusals(probe: Probe) -> None:
    with probe.function() as function, probe.queue(visibility_seconds=5) as (_, arn):
        _expect_refusal(
            "InvalidParameterValueException",
            "a mapping whose queue's visibility timeout is below its function's timeout",
            lambda: probe.functions.create_event_source_mapping(EventSourceArn=arn, FunctionName=function),
        )


def _chaos(probe: Probe) -> None:
    chaos = Chaos(probe.endpoint_url)
    with probe.queue() as (url, arn):
        rule = {"service": "sqs", "operation": "SendMessage", "resource": arn.rpartition(":")[2]}
        try:
            rule_id = chaos.add({**rule, "error": {"statusCode": 503, "code": "ServiceUnavailable"}})
        except httpx.HTTPError as error:
            raise NotConformant("the Chaos API does not answer") from error
        try:
            _expect_refusal(
                "ServiceUnavailable",
                "a call that a chaos rule forbids",
                lambda: probe.sqs.send_message(QueueUrl=url, MessageBody=""),
            )
        finally:
            chaos.remove(rule_id)


def _expect_refusal(code: str, what: str, call: Callable[[], object]) -> None:
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] == code:
            return
        raise NotConformant(f"{what} was refused with {error}, not {code}") from error
    raise NotConformant(f"{what} was accepted")


@dataclass(frozen=True)
class Promise:
    """What must hold, which part of the extension sees to it, and how that is tried."""

    part: str
    holds: str
    try_it: Callable[[Probe], None]


PROMISES = (
    Promise("exact-queues", "dead letters, and redriven messages that are new", _queues),
    Promise("memory-limit", "a function that takes more than its MemorySize is killed", _memory),
    Promise("process-executor", "a function without concurrency is throttled", _reserved_concurrency),
    Promise("byte-exact-bodies", "functions get SQS bodies byte for byte", _exact_bodies),
    Promise("parallel-batches", "a mapping runs batches side by side", _parallel_batches),
    Promise("refusals", "mappings that AWS refuses are refused", _refusals),
    Promise("chaos", "the Chaos API's rules are obeyed", _chaos),
)


@dataclass(frozen=True)
class Finding:
    """Of one promise: `broken` says how; None: it holds."""

    promise: Promise
    broken: str | None


def findings(endpoint_url: str) -> list[Finding]:
    """Try every promise on the emulator that answers there; none is given up because another one is broken."""
    with ThreadPoolExecutor(len(PROMISES)) as side_by_side:
        return list(side_by_side.map(lambda promise: _find(promise, endpoint_url), PROMISES))


def _find(promise: Promise, endpoint_url: str) -> Finding:
    try:
        promise.try_it(Probe(endpoint_url))
    except (NotConformant, ClientError, BotoCoreError) as error:
        return Finding(promise, str(error))
    return Finding(promise, None)
