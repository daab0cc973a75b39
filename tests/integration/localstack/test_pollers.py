"""What mappings do to the messages of a throttled or failing function, and how many batches they process at once."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from sim.clock.clocks import VirtualClock

from .conftest import ROLE, Client, package

MakeMapped = Callable[..., "Mapped"]

WORK = """
    import json, time

    def handler(event, context):
        began = time.time()
        time.sleep({seconds})
        with open({notebook!r}, "a", encoding="utf-8") as file:
            for record in event["Records"]:
                count = int(record["attributes"]["ApproximateReceiveCount"])
                received = int(record["attributes"]["ApproximateFirstReceiveTimestamp"]) / 1000
                note = {{"began": began, "ended": time.time(), "count": count, "id": record["messageId"]}}
                note["received"] = received
                file.write(json.dumps(note) + "\\n")
        {end}
"""

SUCCEED = "return None"
RAISE = "raise ValueError(event)"
RETURN_ALL = 'return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in event["Records"]]}'


class Mapped:
    """A queue with a dead-letter queue, mapped to a function that notes when it ran."""

    def __init__(self, client: Client, clock: VirtualClock, notebook: Path, **how: Any) -> None:
        self._client, self._clock, self._notebook = client, clock, notebook
        self._sqs, self._lambda = client("sqs"), client("lambda")
        self.name = f"pollers-{uuid4().hex[:8]}"
        self._seconds: float = how.get("seconds", 0)
        self.dead_url = self._sqs.create_queue(QueueName=f"{self.name}-dead")["QueueUrl"]
        self.url = self._make_queue(how.get("visibility_seconds", 30), how.get("receives", 3))
        self._make_function(how.get("end", SUCCEED))
        if "reserved" in how:
            self.reserve(how["reserved"])
        self.uuid = self._map(how.get("mapping", {}))

    def _make_queue(self, visibility_seconds: int, receives: int) -> str:
        redrive = json.dumps({"deadLetterTargetArn": self._arn(self.dead_url), "maxReceiveCount": receives})
        attributes = {"VisibilityTimeout": str(visibility_seconds), "RedrivePolicy": redrive}
        return str(self._sqs.create_queue(QueueName=self.name, Attributes=attributes)["QueueUrl"])

    def _make_function(self, end: str) -> None:
        source = WORK.format(notebook=str(self._notebook), seconds=self._seconds, end=end)
        self._lambda.create_function(
            FunctionName=self.name,
            Runtime="python3.13",
            Handler="module.handler",
            Role=ROLE,
            Timeout=20,
            Code={"ZipFile": package(source)},
        )
        self._lambda.get_waiter("function_active_v2").wait(FunctionName=self.name)

    def _map(self, settings: dict[str, Any]) -> str:
        made = self._lambda.create_event_source_mapping(
            EventSourceArn=self._arn(self.url), FunctionName=self.name, **{"BatchSize": 1, **settings}
        )
        uuid: str = made["UUID"]
        self.wait_until(lambda: self._lambda.get_event_source_mapping(UUID=uuid)["State"] == "Enabled", 60)
        return uuid

    def reserve(self, concurrency: int) -> None:
        self._lambda.put_function_concurrency(FunctionName=self.name, ReservedConcurrentExecutions=concurrency)

    def release(self) -> None:
        self._lambda.delete_function_concurrency(FunctionName=self.name)

    def send(self, number: int) -> None:
        for _ in range(number):
            self._sqs.send_message(QueueUrl=self.url, MessageBody="m")

    def wait_until(self, condition: Callable[[], bool], seconds: float) -> None:
        assert self._clock.wait_until(condition, timedelta(seconds=seconds)), f"not within {seconds} s"

    def let_pass(self, seconds: float) -> None:
        self._clock.wait_until(lambda: False, timedelta(seconds=seconds))

    def now(self) -> float:
        return self._clock.now().timestamp()

    def dead_letters(self) -> int:
        return self._count(self.dead_url, "ApproximateNumberOfMessages")

    def in_flight(self) -> int:
        return self._count(self.url, "ApproximateNumberOfMessagesNotVisible")

    def runs(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._notebook.read_text(encoding="utf-8").splitlines()]

    def at_once(self) -> int:
        """The highest number of runs at the same time."""
        runs = self.runs()
        return max(sum(other["began"] <= run["began"] < other["ended"] for other in runs) for run in runs)

    def remove(self) -> None:
        with suppress(ClientError):
            self._lambda.delete_event_source_mapping(UUID=self.uuid)
            self._lambda.delete_function(FunctionName=self.name)
        for url in (self.url, self.dead_url):
            with suppress(ClientError):
                self._sqs.delete_queue(QueueUrl=url)

    def _count(self, url: str, name: str) -> int:
        return int(self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])

    def _arn(self, url: str) -> str:
        return str(self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])


@pytest.fixture
def mapped(travelling_client: Client, clock: VirtualClock, notebook: Path) -> Iterator[MakeMapped]:
    made: list[Mapped] = []

    def make(**how: Any) -> Mapped:
        made.append(Mapped(travelling_client, clock, notebook, **how))
        return made[-1]

    yield make
    for each in made:
        each.remove()


@pytest.mark.parametrize("messages", [1, 5])
@pytest.mark.parametrize("scaling", [{}, {"ScalingConfig": {"MaximumConcurrency": 10}}], ids=["default", "maximum"])
def test_messages_of_a_throttled_function_become_dead_letters(
    mapped: MakeMapped, messages: int, scaling: dict[str, Any]
) -> None:
    queue = mapped(reserved=0, visibility_seconds=30, receives=3, mapping=scaling)
    began = queue.now()
    queue.send(messages)
    queue.wait_until(lambda: queue.dead_letters() == messages, 300)

    assert 90 <= queue.now() - began < 100
    assert not queue.runs()


def test_a_throttled_batch_is_tried_again_while_it_is_in_flight(mapped: MakeMapped) -> None:
    queue = mapped(reserved=0, visibility_seconds=300, receives=1)
    began = queue.now()
    queue.send(3)
    queue.wait_until(lambda: queue.in_flight() == 3, 10)
    queue.let_pass(20)
    queue.release()
    queue.wait_until(lambda: len(queue.runs()) == 3, 280)

    assert [run["count"] for run in queue.runs()] == [1, 1, 1]
    assert 20 <= min(run["began"] for run in queue.runs()) - began < 60
    assert queue.dead_letters() == 0


def test_more_messages_are_received_than_the_reserved_concurrency_takes(mapped: MakeMapped) -> None:
    queue = mapped(reserved=1, seconds=15, visibility_seconds=20, receives=1)
    queue.send(5)
    queue.wait_until(lambda: queue.dead_letters() + len(queue.runs()) == 5, 300)

    assert queue.dead_letters() >= 2
    assert queue.at_once() == 1


def test_a_maximum_concurrency_within_the_reserved_one_prevents_throttles(mapped: MakeMapped) -> None:
    mapping = {"ScalingConfig": {"MaximumConcurrency": 2}}
    queue = mapped(reserved=2, seconds=15, visibility_seconds=20, receives=1, mapping=mapping)
    queue.send(6)
    queue.wait_until(lambda: len(queue.runs()) == 6, 300)

    assert queue.dead_letters() == 0
    assert queue.at_once() == 2


def test_five_batches_begin_at_once_and_five_more_each_second(mapped: MakeMapped) -> None:
    queue = mapped(seconds=15, visibility_seconds=60)
    queue.send(15)
    queue.wait_until(lambda: len(queue.runs()) == 15, 120)
    # When the mapping received them: on a busy machine functions start late, and not in this order.
    received = sorted(run["received"] for run in queue.runs())

    after = [each - received[0] for each in received]
    assert after[5] - after[4] > 0.1, after  # the growth
    assert 1.5 < after[14] < 12, after


def test_pollers_do_not_grow_above_the_maximum(mapped: MakeMapped) -> None:
    queue = mapped(seconds=15, visibility_seconds=60, mapping={"ScalingConfig": {"MaximumConcurrency": 7}})
    queue.send(14)
    queue.wait_until(lambda: len(queue.runs()) == 14, 120)

    assert queue.at_once() == 7


@pytest.mark.parametrize(
    ("end", "reports", "at_once"),
    [(RAISE, False, 2), (RAISE, True, 8), (RETURN_ALL, True, 8)],
    ids=["raises", "raises-but-reports", "reports"],
)
def test_errors_of_the_function_make_pollers_fewer_except_with_partial_batch_responses(
    mapped: MakeMapped, end: str, reports: bool, at_once: int
) -> None:
    responses = ["ReportBatchItemFailures"] if reports else []
    mapping = {"FunctionResponseTypes": responses, "ScalingConfig": {"MaximumConcurrency": 8}}
    queue = mapped(seconds=5, visibility_seconds=60, receives=2, end=end, mapping=mapping)
    queue.send(16)
    queue.wait_until(lambda: sum(run["count"] == 2 for run in queue.runs()) >= 8, 300)

    seconds = [run for run in queue.runs() if run["count"] == 2]
    together = max(sum(other["began"] <= run["began"] < other["ended"] for other in seconds) for run in seconds)
    assert together == at_once


def test_pollers_grow_again_after_a_success(mapped: MakeMapped) -> None:
    queue = mapped(reserved=0, seconds=5, visibility_seconds=300)
    queue.send(5)
    queue.wait_until(lambda: queue.in_flight() == 5, 10)
    queue.let_pass(10)
    queue.release()
    queue.wait_until(lambda: len(queue.runs()) == 5, 280)
    queue.send(12)
    queue.wait_until(lambda: len(queue.runs()) == 17, 60)

    assert queue.at_once() > 5


def test_an_idle_mapping_is_back_at_five(mapped: MakeMapped) -> None:
    queue = mapped(seconds=10, visibility_seconds=60)
    queue.send(12)
    queue.wait_until(lambda: len(queue.runs()) == 12, 60)
    queue.let_pass(70)
    before = len(queue.runs())
    queue.send(6)
    queue.wait_until(lambda: len(queue.runs()) == before + 6, 60)

    began = sorted(run["began"] for run in queue.runs()[before:])
    assert began[5] - began[4] > 0.1


def test_disabling_a_mapping_ends_the_retries_of_a_throttled_batch(
    mapped: MakeMapped, travelling_client: Client
) -> None:
    queue = mapped(reserved=0, visibility_seconds=600)
    queue.send(1)
    queue.wait_until(lambda: queue.in_flight() == 1, 10)
    functions = travelling_client("lambda")
    assert functions.update_event_source_mapping(UUID=queue.uuid, Enabled=False)["State"] == "Disabling"
    queue.wait_until(lambda: functions.get_event_source_mapping(UUID=queue.uuid)["State"] == "Disabled", 60)


def test_a_mapping_is_disabled_when_its_batches_have_ended(mapped: MakeMapped, travelling_client: Client) -> None:
    queue = mapped(seconds=15, visibility_seconds=60)
    queue.send(2)
    queue.wait_until(lambda: queue.in_flight() == 2, 10)
    functions = travelling_client("lambda")
    assert functions.update_event_source_mapping(UUID=queue.uuid, Enabled=False)["State"] == "Disabling"
    queue.send(1)  # stays in the queue
    queue.let_pass(5)
    assert functions.get_event_source_mapping(UUID=queue.uuid)["State"] == "Disabling"
    assert not queue.runs()

    queue.wait_until(lambda: functions.get_event_source_mapping(UUID=queue.uuid)["State"] == "Disabled", 60)
    assert len(queue.runs()) == 2
    assert queue.in_flight() == 0


def test_a_mapping_that_is_changed_while_a_batch_runs_stays_enabled(
    mapped: MakeMapped, travelling_client: Client
) -> None:
    queue = mapped(seconds=15, visibility_seconds=60)
    queue.send(1)
    queue.wait_until(lambda: queue.in_flight() == 1, 10)
    functions = travelling_client("lambda")
    functions.update_event_source_mapping(UUID=queue.uuid, BatchSize=2)
    queue.wait_until(lambda: len(queue.runs()) == 1, 60)
    queue.let_pass(5)
    assert functions.get_event_source_mapping(UUID=queue.uuid)["State"] == "Enabled"
    queue.send(1)
    queue.wait_until(lambda: len(queue.runs()) == 2, 60)


@pytest.mark.parametrize("enabled", [True, False])
def test_a_mapping_is_deleted_when_its_batches_have_ended(
    mapped: MakeMapped, travelling_client: Client, enabled: bool
) -> None:
    queue = mapped(seconds=15, visibility_seconds=60)
    queue.send(1)
    queue.wait_until(lambda: queue.in_flight() == 1, 10)
    functions = travelling_client("lambda")
    if not enabled:
        functions.update_event_source_mapping(UUID=queue.uuid, Enabled=False)
    assert functions.delete_event_source_mapping(UUID=queue.uuid)["State"] == "Deleting"

    def is_gone() -> bool:
        listed = functions.list_event_source_mappings(FunctionName=queue.name)["EventSourceMappings"]
        return queue.uuid not in [each["UUID"] for each in listed]

    queue.wait_until(lambda: len(queue.runs()) == 1, 60)
    queue.wait_until(is_gone, 60)
