"""The in-memory queue and the emulator's SQS give the same results for the same operations.

The emulator runs in virtual time that the test advances, and the in-memory queue reads the same clock. Neither
guarantees an order, so the results of one receive are compared as a set: each receive takes all visible messages.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from hypothesis.strategies import data, sampled_from

from rawk.adapters.sqs.in_memory import InMemoryDeadLetters, InMemoryQueue
from sim.localstack.control_client import EmulatorControl
from sim.localstack.extension.rawk_emulator.time.shared_offset import CLOCK_VARIABLE, SharedOffset
from sim.localstack.server import LocalStack
from tests.contract.servers import aws_client

VISIBILITY_SECONDS = 30
MAX_RECEIVES = 3
MOST_MESSAGES = 8
WAITS_SECONDS = (3.3, 11.7, 41.9, 133.1)
"""Neither they nor their likely sums end when a visibility timeout does, where a millisecond would decide."""
POSTPONED_SECONDS = (0, 10, 100)

_names = count(1)


class Emulator:
    """An emulator whose virtual time advances by `pass_time`, and by the little real time that passes."""

    def __init__(self, localstack: LocalStack, clock_file: Path) -> None:
        self.sqs = aws_client("sqs", localstack.endpoint_url)
        self._offset = SharedOffset(clock_file)
        self._control = EmulatorControl(localstack.endpoint_url)

    def pass_time(self, seconds: float) -> None:
        self._offset.write(self._offset.read() + seconds)
        self._control.settle()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._control.world()["now"], UTC)

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"a queue does not sleep, not even for {seconds} s")

    def close(self) -> None:
        self._control.close()


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    folder = tmp_path_factory.mktemp("world")
    clock_file = folder / "clock"
    SharedOffset(clock_file)
    extra_env = {CLOCK_VARIABLE: str(clock_file)}
    with LocalStack(folder / "state", folder / "localstack.log", extra_env=extra_env) as localstack:
        emulator = Emulator(localstack, clock_file)
        yield emulator
        emulator.close()


class SideBySide(RuleBasedStateMachine):
    """A jobs queue with its dead-letter queue, in memory and in the emulator."""

    emulator: Emulator

    def __init__(self) -> None:
        super().__init__()
        name = f"model-{next(_names)}"
        self.sqs: Any = self.emulator.sqs
        self.dead_url = self.sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        self.dead_arn = self._arn(self.dead_url)
        redrive = {"deadLetterTargetArn": self.dead_arn, "maxReceiveCount": MAX_RECEIVES}
        attributes = {"VisibilityTimeout": str(VISIBILITY_SECONDS), "RedrivePolicy": json.dumps(redrive)}
        self.jobs_url = self.sqs.create_queue(QueueName=f"{name}-jobs", Attributes=attributes)["QueueUrl"]
        self.dead = InMemoryQueue(self.emulator, VISIBILITY_SECONDS, name="dead")
        self.jobs = InMemoryQueue(
            self.emulator, VISIBILITY_SECONDS, dead_letters=self.dead, max_receive_count=MAX_RECEIVES
        )
        self.dead_letters = InMemoryDeadLetters(self.dead, self.jobs)
        self.handles: dict[str, tuple[str, str]] = {}
        """By message body: the latest receipt handles, in memory and from SQS."""
        self.bodies = count(1)
        self.sent = 0

    @precondition(lambda self: self.sent < MOST_MESSAGES)
    @rule()
    def send(self) -> None:
        body = f"message {next(self.bodies)}"
        self.sent += 1
        self.jobs.send(body)
        self.sqs.send_message(QueueUrl=self.jobs_url, MessageBody=body)

    @rule()
    def receive_all(self) -> None:
        real = self._received(self.jobs_url)
        model = {each.body: (each.receive_count, each.receipt_handle) for each in self.jobs.receive(10)}
        assert {body: times for body, (times, _) in model.items()} == {body: times for body, (times, _) in real.items()}
        for body in model:
            self.handles[body] = (model[body][1], real[body][1])

    @precondition(lambda self: self.handles)
    @rule(choice=data())
    def delete(self, choice: Any) -> None:
        model, real = self.handles.pop(choice.draw(sampled_from(sorted(self.handles))))
        self.jobs.delete(model)
        self.sqs.delete_message(QueueUrl=self.jobs_url, ReceiptHandle=real)

    @precondition(lambda self: self.handles)
    @rule(choice=data(), seconds=sampled_from(POSTPONED_SECONDS))
    def postpone(self, choice: Any, seconds: int) -> None:
        model, real = self.handles[choice.draw(sampled_from(sorted(self.handles)))]
        self.jobs.change_visibility(model, seconds)
        with suppress(self.sqs.exceptions.MessageNotInflight):
            self.sqs.change_message_visibility(QueueUrl=self.jobs_url, ReceiptHandle=real, VisibilityTimeout=seconds)

    @rule(seconds=sampled_from(WAITS_SECONDS))
    def wait(self, seconds: float) -> None:
        self.emulator.pass_time(seconds)

    @rule()
    def redrive(self) -> None:
        """Move one dead letter after the other, as a selective redrive does."""
        bodies = {dead_letter.body for dead_letter in self.dead_letters.peek(10)}
        received = self._received(self.dead_url, visibility_seconds=0)
        assert set(received) == bodies
        for dead_letter in self.dead_letters.peek(10):
            self.dead_letters.move(dead_letter)
            self.handles.pop(dead_letter.body, None)
        for body, (_, handle) in self._received(self.dead_url).items():
            self.sqs.send_message(QueueUrl=self.jobs_url, MessageBody=body)
            self.sqs.delete_message(QueueUrl=self.dead_url, ReceiptHandle=handle)

    @invariant()
    def both_hold_the_same_number(self) -> None:
        wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        for queue, url in ((self.jobs, self.jobs_url), (self.dead, self.dead_url)):
            counts = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]
            assert sum(int(each) for each in counts.values()) == len(queue.held)

    def teardown(self) -> None:
        for url in (self.jobs_url, self.dead_url):
            self.sqs.delete_queue(QueueUrl=url)

    def _arn(self, url: str) -> str:
        answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(answer["Attributes"]["QueueArn"])

    def _received(self, url: str, visibility_seconds: int | None = None) -> dict[str, tuple[int, str]]:
        extra = {} if visibility_seconds is None else {"VisibilityTimeout": visibility_seconds}
        answer = self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["ApproximateReceiveCount"], **extra
        )
        return {
            each["Body"]: (int(each["Attributes"]["ApproximateReceiveCount"]), each["ReceiptHandle"])
            for each in answer.get("Messages", [])
        }


def test_the_in_memory_queue_and_the_emulator_give_the_same_results(emulator: Emulator) -> None:
    SideBySide.emulator = emulator
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        SideBySide,
        settings=settings(
            max_examples=40,
            stateful_step_count=30,
            deadline=None,
            print_blob=True,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
