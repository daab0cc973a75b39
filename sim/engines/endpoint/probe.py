"""What an emulator that nobody here knows must do, tried on it before the first scenario.

Some promises every scenario stands on: where one is broken, nothing is played, with a sentence. Some are a capability:
scenarios that need it are skipped. The rest is told, and the docs say what it means.
"""

import contextlib
import json
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from botocore.exceptions import BotoCoreError, ClientError

from sim.clock.clocks import RealClock
from sim.engines.base.engine import Capability
from sim.localstack.queue_probe import NotConformant, probe_queues
from sim.localstack.server import wait_until_active, zip_of
from sim.provisioning.clients import Clients

LIMIT = timedelta(seconds=30)
VISIBILITY_SECONDS = 2
AGAIN = "again"
EXACT = ' {"number":1.00,\t"letter": "\u00fc"}\n'
"""JSON, but not as any program would write it: whoever parses it and writes it anew changes it."""
SLEEP = "sleep"
SLEEP_SECONDS = 3

FUNCTION = f"""
import json, platform, socket, sys, time

def handler(event, context):
    if "look" in event:
        with socket.create_connection(tuple(event["look"]), 5):
            pass
        return {{"python": list(sys.version_info[:2]), "machine": platform.machine()}}
    failures = []
    for record in event["Records"]:
        print("probe body", json.dumps(record["body"]))
        if record["body"] == "{SLEEP}":
            time.sleep({SLEEP_SECONDS})
        if record["body"] == "{AGAIN}" and int(record["attributes"]["ApproximateReceiveCount"]) < 2:
            failures.append({{"itemIdentifier": record["messageId"]}})
        if record["body"] not in ("{AGAIN}", "{SLEEP}", {EXACT!r}):
            failures.append({{"itemIdentifier": record["messageId"]}})
    return {{"batchItemFailures": failures}}
"""


class Probe:
    """Makes what it needs under the prefix, with the account's own credentials, and removes it again."""

    def __init__(self, clients: Clients, prefix: str) -> None:
        self.clients = clients
        self._prefix = prefix

    @contextmanager
    def function(self, timeout_seconds: int = 2) -> Iterator[str]:
        functions, name = self.clients.lambda_, self._new_name()
        functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="probe.handler",
            Role=f"arn:aws:iam::{self.clients.account}:role/{name}",
            Timeout=timeout_seconds,
            MemorySize=128,
            Code={"ZipFile": zip_of({"probe.py": FUNCTION})},
        )
        try:
            wait_until_active(functions, name)
            yield name
        finally:
            with contextlib.suppress(ClientError):
                functions.delete_function(FunctionName=name)

    @contextmanager
    def queue(self, visibility_seconds: int = VISIBILITY_SECONDS) -> Iterator[tuple[str, str]]:
        """Address and ARN."""
        name, wanted = self._new_name(), {"VisibilityTimeout": str(visibility_seconds)}
        url = self.clients.sqs.create_queue(QueueName=name, Attributes=wanted)["QueueUrl"]
        arn = self.clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        try:
            yield url, arn
        finally:
            self.clients.sqs.delete_queue(QueueUrl=url)

    @contextmanager
    def mapped(self, visibility_seconds: int = VISIBILITY_SECONDS) -> Iterator[tuple[str, str]]:
        """The function's name, and the address of a queue whose messages go to it one by one."""
        with self.function(visibility_seconds) as function, self.queue(visibility_seconds) as (url, arn):
            mapping = self.clients.lambda_.create_event_source_mapping(
                EventSourceArn=arn,
                FunctionName=function,
                BatchSize=1,
                FunctionResponseTypes=["ReportBatchItemFailures"],
            )
            try:
                yield function, url
            finally:
                self.clients.lambda_.delete_event_source_mapping(UUID=mapping["UUID"])

    def work_off(self, body: str, complaint: str, times: int = 1, visibility_seconds: int = VISIBILITY_SECONDS) -> str:
        """Let a function of its own take messages until none is left; gives its name. Raises NotConformant."""
        with self.mapped(visibility_seconds) as (function, url):
            for _ in range(times):
                self.clients.sqs.send_message(QueueUrl=url, MessageBody=body)
            if not RealClock(0.1).wait_until(lambda: self.depth(url) == (0, 0), LIMIT):
                raise NotConformant(complaint)
            return function

    def depth(self, url: str) -> tuple[int, int]:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return int(found[names[0]]), int(found[names[1]])

    def _new_name(self) -> str:
        return f"{self._prefix}probe-{uuid.uuid4().hex[:8]}"


def _queues(probe: Probe) -> None:
    probe_queues(probe.clients.sqs, prefix=f"{probe._prefix}probe-", redrive=False)


def _redrive(probe: Probe) -> None:
    probe_queues(probe.clients.sqs, prefix=f"{probe._prefix}probe-")


def _functions(probe: Probe) -> None:
    with probe.function(timeout_seconds=10) as name, _listener() as address:
        answer = probe.clients.lambda_.invoke(FunctionName=name, Payload=json.dumps({"look": address}).encode())
        said = json.loads(answer["Payload"].read() or b"null")
    if answer.get("FunctionError") or not isinstance(said, dict) or "python" not in said:
        told = said.get("errorMessage", said) if isinstance(said, dict) else said
        raise NotConformant(
            f"a function did not reach this machine at {address[0]}, where Postgres and OpenAI are: {told}"
        )
    if tuple(said["python"]) != sys.version_info[:2]:
        raise NotConformant(
            f"its functions run on Python {said['python'][0]}.{said['python'][1]} though python3.13 was asked for: "
            "start it with Python 3.13"
        )


def _batches(probe: Probe) -> None:
    probe.work_off(
        AGAIN, "a message that a function gave back by batchItemFailures did not come again as received twice"
    )


def _exact_bodies(probe: Probe) -> None:
    probe.work_off(EXACT, "a function did not get a message's body as it was sent")


def _side_by_side(probe: Probe) -> None:
    began = time.monotonic()
    probe.work_off(SLEEP, "messages were not worked off", times=4, visibility_seconds=20)
    if time.monotonic() - began > 3 * SLEEP_SECONDS + 1:
        raise NotConformant("a mapping worked off one batch after the other")


def _logs(probe: Probe) -> None:
    with probe.mapped() as (function, url):
        probe.clients.sqs.send_message(QueueUrl=url, MessageBody=EXACT)
        group = f"/aws/lambda/{function}"

        def is_there() -> bool:
            with contextlib.suppress(ClientError):
                events = probe.clients.logs.filter_log_events(logGroupName=group)["events"]
                return any("probe body" in each["message"] for each in events)
            return False

        if not RealClock(0.2).wait_until(is_there, LIMIT):
            raise NotConformant("what a function prints is not in CloudWatch Logs, so nobody can tell a secret in it")
    with contextlib.suppress(ClientError):
        probe.clients.logs.delete_log_group(logGroupName=group)


def _refusals(probe: Probe) -> None:
    with probe.function(timeout_seconds=30) as function, probe.queue() as (_, arn):
        try:
            made = probe.clients.lambda_.create_event_source_mapping(EventSourceArn=arn, FunctionName=function)
        except ClientError:
            return
        probe.clients.lambda_.delete_event_source_mapping(UUID=made["UUID"])
        raise NotConformant("a mapping whose queue's visibility timeout is below its function's timeout was accepted")


@dataclass(frozen=True)
class Promise:
    """`gives` is what an emulator can do that keeps it; without it, `all_scenarios` stand on it, or it is only told."""

    holds: str
    try_it: Callable[[Probe], None]
    gives: Capability | None = None
    all_scenarios: bool = False


PROMISES = (
    Promise("queues hide, count, and dead-letter messages, byte for byte", _queues, all_scenarios=True),
    Promise("functions run on Python 3.13 and reach this machine", _functions, all_scenarios=True),
    Promise("messages that a function gives back come again", _batches, all_scenarios=True),
    Promise("a dead-letter queue is redriven, its messages new ones", _redrive, Capability.REDRIVE),
    Promise("functions get bodies byte for byte", _exact_bodies, Capability.EXACT_BODIES),
    Promise("a mapping runs batches side by side", _side_by_side),
    Promise("what functions print is in CloudWatch Logs", _logs),
    Promise("a mapping that AWS refuses is refused", _refusals),
)


@dataclass(frozen=True)
class Finding:
    """Of one promise: `broken` says how; None: it holds."""

    promise: Promise
    broken: str | None


def findings(clients: Clients, prefix: str) -> list[Finding]:
    """Try every promise; none is given up because another one is broken."""
    with ThreadPoolExecutor(len(PROMISES)) as side_by_side:
        return list(side_by_side.map(lambda promise: _find(promise, Probe(clients, prefix)), PROMISES))


def _find(promise: Promise, probe: Probe) -> Finding:
    try:
        promise.try_it(probe)
    except (NotConformant, ClientError, BotoCoreError, TimeoutError) as error:
        return Finding(promise, " ".join(str(error).split()).rstrip("."))
    return Finding(promise, None)


@contextmanager
def _listener() -> Iterator[tuple[str, int]]:
    """Somebody who takes connections at this machine's loopback, as Postgres and the OpenAI simulator do."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(LIMIT.total_seconds())
        threading.Thread(target=_take_one, args=(server,), daemon=True).start()
        yield server.getsockname()


def _take_one(server: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection, _ = server.accept()
        connection.close()


def told(found: list[Finding]) -> list[str]:
    """A line for each promise that does not hold, and one that counts."""
    lines = [f"does not hold there: {each.promise.holds}: {each.broken}" for each in found if each.broken]
    return [*lines, f"probe: {sum(not each.broken for each in found)} of {len(found)} promises hold"]


def lacking(found: list[Finding]) -> dict[Capability, str]:
    return {each.promise.gives: each.broken for each in found if each.promise.gives and each.broken}


def unplayable(found: list[Finding]) -> list[str]:
    """Of what all scenarios stand on, what does not hold."""
    return [each.broken for each in found if each.promise.all_scenarios and each.broken]
