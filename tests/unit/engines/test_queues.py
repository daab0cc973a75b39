"""Reading the dead letters of a pipeline without taking them."""

from typing import Any

import pytest

from sim.engines.base.queues import Queues


class OneQueue:
    """SQS as the harness reads it: a receive gives the oldest visible messages, ten at most."""

    def __init__(self, count: int) -> None:
        self.hidden = dict.fromkeys(map(str, range(count)), 0)
        self.polls: list[int] = []

    def receive_message(self, **request: Any) -> dict[str, Any]:
        self.polls.append(request["WaitTimeSeconds"])
        visible = [name for name, seconds in self.hidden.items() if not seconds]
        given = visible[: request["MaxNumberOfMessages"]]
        self.hidden |= dict.fromkeys(given, request["VisibilityTimeout"])
        return {"Messages": [{"MessageId": name, "Body": f"body {name}", "ReceiptHandle": name} for name in given]}

    def change_message_visibility(self, **request: Any) -> None:
        self.hidden[request["ReceiptHandle"]] = request["VisibilityTimeout"]

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        visible = sum(not seconds for seconds in self.hidden.values())
        return {
            "Attributes": {
                "ApproximateNumberOfMessages": str(visible),
                "ApproximateNumberOfMessagesNotVisible": str(len(self.hidden) - visible),
                "ApproximateNumberOfMessagesDelayed": "0",
            }
        }


class APipeline:
    jobs_queue_url = "jobs"
    dead_letter_queue_url = "dead"


@pytest.mark.parametrize("count", [0, 1, 10, 11, 35])
def test_all_dead_letters_are_read_by_long_polls_and_stay_visible(count: int) -> None:
    sqs: Any = OneQueue(count)
    pipeline: Any = APipeline()

    bodies = Queues(sqs, pipeline).dead_letter_bodies()

    assert sorted(bodies) == sorted(f"body {number}" for number in range(count))
    assert set(sqs.hidden.values()) <= {0}
    assert all(sqs.polls)
