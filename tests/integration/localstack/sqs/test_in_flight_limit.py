"""120,000 messages in flight: in LocalStack's own process, because calls for so many would take minutes."""

import json
import subprocess

import pytest

from sim.localstack.environment import EXTENSION, prepare_environment
from sim.platform.environment import isolated_environment
from sim.platform.locked_environment import python_of

SCRIPT = """
import json, sys
from localstack.aws.api import ServiceException
from localstack.services.sqs.models import FifoQueue, StandardQueue
from rawk_emulator.sqs import in_flight_limit

in_flight_limit.install()
fifo = sys.argv[1] == "fifo"
queue = (FifoQueue if fifo else StandardQueue)("q.fifo" if fifo else "q", "us-east-1", "000000000000")
for number in range(120_002):
    ids = {"message_group_id": "g", "message_deduplication_id": str(number)} if fifo else {}
    queue.put({"MessageId": str(number), "Body": "b", "Attributes": {}}, **ids)

def receive(wait_seconds, count=10):
    try:
        return queue.receive(count, wait_seconds, 600).receipt_handles
    except ServiceException as error:
        return error.code

first = receive(0, 120_002)
beyond = [receive(0), receive(1)]
queue.remove(first[0])
print(json.dumps([len(first), *beyond, len(receive(0))]))
"""


@pytest.mark.parametrize(
    ("kind", "short_poll", "after_a_deletion"),
    [("standard", "OverLimit", 1), ("fifo", [], 0)],
    ids=["standard", "FIFO"],
)
def test_no_more_than_120_000_messages_are_in_flight(kind: str, short_poll: object, after_a_deletion: int) -> None:
    answer = subprocess.run(
        [str(python_of(prepare_environment())), "-c", SCRIPT, kind],
        env={**isolated_environment(), "PYTHONPATH": str(EXTENSION)},
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )

    # The one group of the FIFO queue still has messages in flight, which hold it up.
    assert json.loads(answer.stdout.splitlines()[-1]) == [120_000, short_poll, [], after_a_deletion]
