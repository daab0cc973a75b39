"""SQS as far as the product's adapters use it: a client with the methods of boto3's, on two in-memory queues.

Source: Amazon SQS API Reference. A receive may give fewer messages than there are, a batch may fail in part, and a
message move task goes on after the call that started it. Every method is one call that `PortCalls` intercepts.
"""

from hashlib import md5
from typing import TYPE_CHECKING

from rawk.adapters.sqs.in_memory import InMemoryQueue
from sim.explorer.world.s3 import Arguments, aws_error

if TYPE_CHECKING:
    from sim.explorer.world.world import World

JOBS_URL, DEAD_URL = "sqs:///jobs", "sqs:///dead"
MOVE_MS = 200
"""Between two messages that a move task moves."""
MOVE_AGAIN_MS = 5_000
"""Until a move task looks again at a message that was not visible."""


class SqsService:
    """Both queues of one world. The methods have boto3's arguments as one dictionary and give boto3's answers."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._queues: dict[str, InMemoryQueue] = {JOBS_URL: world.jobs, DEAD_URL: world.dead_queue}
        self._to_move: list[str] = []
        self.moving = False
        """Whether a move task is running."""

    def send_message(self, arguments: Arguments) -> Arguments:
        message_id = self._queues[arguments["QueueUrl"]].send(arguments["MessageBody"])
        return {"MessageId": message_id, "MD5OfMessageBody": _md5(arguments["MessageBody"])}

    def receive_message(self, arguments: Arguments, partial: bool = False) -> Arguments:
        queue = self._queues[arguments["QueueUrl"]]
        most = min(arguments["MaxNumberOfMessages"], self._world.plan.page)
        if partial:
            most = min(most, len(queue.held)) // 2
        taken = queue.take(most, arguments["VisibilityTimeout"]) if most else []
        messages = [
            {
                "MessageId": message.message_id,
                "ReceiptHandle": message.receipt_handle,
                "Body": message.body,
                "Attributes": {
                    "ApproximateReceiveCount": str(message.receive_count),
                    "SentTimestamp": str(int(message.sent_at.timestamp() * 1000)),
                },
            }
            for message in taken
        ]
        return {"Messages": messages} if messages else {}

    def delete_message(self, arguments: Arguments) -> Arguments:
        self._queues[arguments["QueueUrl"]].delete(arguments["ReceiptHandle"])
        return {}

    def change_message_visibility(self, arguments: Arguments) -> Arguments:
        queue = self._queues[arguments["QueueUrl"]]
        queue.change_visibility(arguments["ReceiptHandle"], arguments["VisibilityTimeout"])
        return {}

    def change_message_visibility_batch(self, arguments: Arguments, partial: bool = False) -> Arguments:
        entries = arguments["Entries"]
        failing = entries[::2] if partial else []
        for entry in entries:
            if entry not in failing:
                self.change_message_visibility({**entry, "QueueUrl": arguments["QueueUrl"]})
        failed = [{"Id": entry["Id"], "Code": "InternalError", "SenderFault": False} for entry in failing]
        return {"Successful": [{"Id": entry["Id"]} for entry in entries if entry not in failing], "Failed": failed}

    def get_queue_attributes(self, arguments: Arguments) -> Arguments:
        url = arguments["QueueUrl"]
        if "QueueArn" in arguments["AttributeNames"]:
            return {"Attributes": {"QueueArn": f"arn:{url}"}}
        counts = dict.fromkeys(arguments["AttributeNames"], "0")
        return {"Attributes": {**counts, "ApproximateNumberOfMessages": str(len(self._queues[url].held))}}

    def start_message_move_task(self, arguments: Arguments) -> Arguments:
        del arguments
        if self.moving:
            raise aws_error("UnsupportedOperation", 400)
        self.moving = True
        # A message that is dead-lettered again while the task runs is left for the next task.
        self._to_move = list(self._world.dead_queue.held)
        self._schedule_next(MOVE_MS)
        return {"TaskHandle": "task"}

    def list_message_move_tasks(self, arguments: Arguments) -> Arguments:
        del arguments
        return {"Results": [{"Status": "RUNNING" if self.moving else "COMPLETED"}]}

    def _schedule_next(self, after_ms: int) -> None:
        scheduler = self._world.scheduler
        scheduler.call_at(scheduler.now_ms + after_ms, self._move_one)

    def _move_one(self) -> None:
        world = self._world
        if not self._to_move:
            self.moving = False
            return
        message_id = self._to_move.pop(0)
        delivery = world.dead_queue.receive_this(message_id, 60)
        if delivery is None:
            if message_id in world.dead_queue.held:
                self._to_move.append(message_id)
            self._schedule_next(MOVE_AGAIN_MS)
            return
        world.message_moved(world.jobs.send(delivery.body), message_id, delivery.body)
        world.dead_queue.delete(delivery.receipt_handle)
        self._schedule_next(MOVE_MS)


def _md5(body: str) -> str:
    return md5(body.encode(), usedforsecurity=False).hexdigest()
