"""One LocalStack for all tests of this folder, and functions and queues in it."""

import base64
import json
import textwrap
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sim.clock.clocks import Activity, RealClock, VirtualClock
from sim.localstack.control_client import EmulatorControl
from sim.localstack.extension.rawk_emulator.in_function.storage import WRITABLE_VARIABLE
from sim.localstack.extension.rawk_emulator.introspection.observer import EVENTS_VARIABLE
from sim.localstack.extension.rawk_emulator.time.shared_offset import CLOCK_VARIABLE, SharedOffset
from sim.localstack.functions import zip_of
from sim.localstack.server import LocalStack

ROLE = "arn:aws:iam::000000000000:role/tester"


@pytest.fixture(scope="session")
def events_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file to which the emulator appends its events."""
    return tmp_path_factory.mktemp("events") / "journal.jsonl"


@pytest.fixture(scope="session")
def localstack(tmp_path_factory: pytest.TempPathFactory, events_file: Path) -> Iterator[LocalStack]:
    folder = tmp_path_factory.mktemp("a world")  # with a blank, as a user's home may have one
    extra_env = {EVENTS_VARIABLE: str(events_file), WRITABLE_VARIABLE: str(tmp_path_factory.getbasetemp())}
    with LocalStack(folder / "state", folder / "localstack.log", extra_env=extra_env) as running:
        make_role(running)
        yield running


def make_role(localstack: LocalStack) -> None:
    """`ROLE`, which Lambda can assume, and which may do everything."""
    iam = boto3.client(
        "iam",
        endpoint_url=localstack.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    name = ROLE.rpartition("/")[2]
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))
    iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=_policy(everything))


def _policy(statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


Client = Callable[[str], Any]


@pytest.fixture(scope="session")
def client(localstack: LocalStack) -> Client:
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
    config = Config(retries={"total_max_attempts": 1}, read_timeout=60, max_pool_connections=20)
    made: dict[str, Any] = {}

    def make(name: str) -> Any:
        """`lambda, unchecked`: the emulator, not boto3, validates the values."""
        service, _, unchecked = name.partition(", ")
        if name not in made:
            own = config.merge(Config(parameter_validation=not unchecked))
            made[name] = session.client(service, endpoint_url=localstack.endpoint_url, config=own)  # type: ignore[call-overload]
        return made[name]

    return make


@dataclass(frozen=True)
class Answer:
    """The result of an invocation."""

    payload: Any
    error: str | None
    log: str


@dataclass(frozen=True)
class Function:
    """A function under test."""

    name: str
    client: Any

    def invoke(self, event: object = None) -> Answer:
        answer = self.client.invoke(FunctionName=self.name, Payload=json.dumps(event), LogType="Tail")
        log = base64.b64decode(answer["LogResult"]).decode()
        return Answer(json.loads(answer["Payload"].read() or b"null"), answer.get("FunctionError"), log)

    @property
    def log_group(self) -> str:
        return f"/aws/lambda/{self.name}"


@pytest.fixture
def function(client: Client) -> Iterator[Callable[..., Function]]:
    """Create a function from the source of its module; `handler` is the handler's name."""
    made: list[str] = []
    functions = client("lambda")

    def make(source: str, timeout_seconds: int = 20, role: str = ROLE, **settings: Any) -> Function:
        name = f"function-{uuid.uuid4().hex[:8]}"
        functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="module.handler",
            Role=role,
            Timeout=timeout_seconds,
            Code={"ZipFile": package(source)},
            **settings,
        )
        made.append(name)
        return Function(name, functions)

    yield make
    for name in made:
        with suppress(ClientError):
            functions.delete_function(FunctionName=name)


def public_url(functions: Any, name: str) -> str:
    """A function URL for everyone."""
    functions.add_permission(
        FunctionName=name,
        StatementId="public-url",
        Action="lambda:InvokeFunctionUrl",
        Principal="*",
        FunctionUrlAuthType="NONE",
    )
    return str(functions.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"])


def package(source: str) -> bytes:
    return zip_of({"module.py": textwrap.dedent(source)})


@dataclass(frozen=True)
class QueuePair:
    """A queue and its dead-letter queue."""

    sqs: Any
    url: str
    arn: str
    dead_letter_url: str
    dead_letter_arn: str

    def send(self, body: str) -> str:
        message_id: str = self.sqs.send_message(QueueUrl=self.url, MessageBody=body)["MessageId"]
        return message_id

    def take_dead_letters(self) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(
            QueueUrl=self.dead_letter_url,
            MaxNumberOfMessages=10,
            MessageSystemAttributeNames=["All"],
            VisibilityTimeout=0,
        )
        return list(answer.get("Messages", []))

    def counts(self) -> tuple[int, int]:
        """Numbers of messages: visible and in flight."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return int(found[names[0]]), int(found[names[1]])


@pytest.fixture
def queue_pair(client: Client) -> Iterator[Callable[..., QueuePair]]:
    made: list[str] = []
    sqs = client("sqs")

    def make(visibility_seconds: int = 1, max_receive_count: int = 3) -> QueuePair:
        name = f"queue-{uuid.uuid4().hex[:8]}"
        dead = sqs.create_queue(QueueName=f"{name}-dlq")["QueueUrl"]
        dead_arn = _arn(sqs, dead)
        redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": str(max_receive_count)})
        attributes = {"VisibilityTimeout": str(visibility_seconds), "RedrivePolicy": redrive}
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        made.extend([url, dead])
        return QueuePair(sqs, url, _arn(sqs, url), dead, dead_arn)

    yield make
    for url in made:
        with suppress(ClientError):
            sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def mapping(client: Client) -> Iterator[Callable[..., str]]:
    """Map a queue to a function; returns the mapping's id."""
    made: list[str] = []
    functions = client("lambda")

    def make(queue: QueuePair, function: Function, **settings: Any) -> str:
        settings = {"BatchSize": 1, "FunctionResponseTypes": ["ReportBatchItemFailures"], **settings}
        uuid_: str = functions.create_event_source_mapping(
            EventSourceArn=queue.arn, FunctionName=function.name, **settings
        )["UUID"]
        made.append(uuid_)
        return uuid_

    yield make
    for uuid_ in made:
        with suppress(ClientError):
            functions.delete_event_source_mapping(UUID=uuid_)


def _arn(sqs: Any, url: str) -> str:
    arn: str = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return arn


def eventually[T](look: Callable[[], T], within_seconds: float = 20.0) -> T:
    """The first truthy result; fails when there is none in time."""
    seen: list[T] = []

    def see() -> bool:
        seen[:] = [look()]
        return bool(seen[0])

    assert RealClock().wait_until(see, timedelta(seconds=within_seconds)), f"not seen within {within_seconds} s"
    return seen[0]


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """A file that functions append lines to (its path is in their environment)."""
    path = tmp_path / "notebook"
    path.touch()
    return path


class EmulatorTime:
    """Virtual time of a world that consists of the emulator alone."""

    def __init__(self, clock_file: Path, endpoint_url: str) -> None:
        self._offset = SharedOffset(clock_file)
        self._emulator = EmulatorControl(endpoint_url)

    def activity(self, patience_seconds: float = 0.0) -> Activity:
        world = self._emulator.world(patience_seconds)
        at_function = ["a function runs"] * bool(world["at_function"])
        return Activity(world["now"], (*world["busy"], *at_function), world["next_due"], (world["changes"],))

    def jump(self, seconds: float) -> None:
        self._offset.write(self._offset.read() + seconds)
        self._emulator.settle()

    def close(self) -> None:
        self._emulator.close()


@pytest.fixture(scope="module")
def travelling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalStack, Path]]:
    """An emulator in virtual time, and the file with its offset."""
    folder = tmp_path_factory.mktemp("world")
    clock_file = folder / "clock"
    SharedOffset(clock_file)
    extra_env = {CLOCK_VARIABLE: str(clock_file), WRITABLE_VARIABLE: str(tmp_path_factory.getbasetemp())}
    with LocalStack(folder / "state", folder / "localstack.log", extra_env=extra_env) as running:
        make_role(running)
        yield running, clock_file


@pytest.fixture
def clock(travelling: tuple[LocalStack, Path]) -> Iterator[VirtualClock]:
    localstack, clock_file = travelling
    world = EmulatorTime(clock_file, localstack.endpoint_url)
    yield VirtualClock(world)
    world.close()


@pytest.fixture(scope="module")
def travelling_client(travelling: tuple[LocalStack, Path]) -> Client:
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")

    @cache
    def make(service: str) -> Any:
        return session.client(service, endpoint_url=travelling[0].endpoint_url)  # type: ignore[call-overload]

    return make
