"""What is measured of an emulator: a function behind a queue, and the queue alone."""

import json
import time
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sim.clock.clocks import RealClock
from sim.clock.durations import seconds
from sim.localstack.functions import zip_of

CONCURRENCY = 10
WARM_INVOKES = 200
COLD_INVOKES = 5
GIVE_UP = seconds(180)
ROLE = "arn:aws:iam::000000000000:role/bench"
FUNCTION = "bench"

HANDLER = """
def handler(event, context):
    return {"batchItemFailures": []}
"""
TRUST = """{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
]}"""
EVERYTHING = """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}"""


class Clients:
    """Clients of the four services that every pipeline needs."""

    def __init__(self, endpoint_url: str) -> None:
        config = Config(retries={"total_max_attempts": 1}, read_timeout=60, max_pool_connections=20, proxies={})
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")

        def client(service: str) -> Any:
            return session.client(service, endpoint_url=endpoint_url, config=config)  # type: ignore[call-overload]

        self.s3, self.sqs, self.lambda_, self.iam = (client(name) for name in ("s3", "sqs", "lambda", "iam"))

    def all_answer(self) -> bool:
        try:
            self.s3.list_buckets()
            self.sqs.list_queues()
            self.lambda_.list_functions()
            self.iam.list_roles()
        except (BotoCoreError, ClientError):
            return False
        return True

    def queues_answer(self) -> bool:
        try:
            self.sqs.list_queues()
        except (BotoCoreError, ClientError):
            return False
        return True

    def create_function(self) -> None:
        name = ROLE.rpartition("/")[2]
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
        self.iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=EVERYTHING)
        self.lambda_.create_function(
            FunctionName=FUNCTION,
            Runtime="python3.13",
            Handler="bench.handler",
            Role=ROLE,
            Timeout=30,
            Code={"ZipFile": zip_of({"bench.py": HANDLER})},
        )
        waiter = self.lambda_.get_waiter("function_active_v2")
        waiter.wait(FunctionName=FUNCTION, WaiterConfig={"Delay": 0.05})

    def cold_invokes_ms(self) -> list[float]:
        """A changed configuration ends the function's processes."""
        took = []
        for number in range(COLD_INVOKES):
            self.lambda_.update_function_configuration(
                FunctionName=FUNCTION, Environment={"Variables": {"NUMBER": str(number)}}
            )
            self.lambda_.get_waiter("function_updated_v2").wait(FunctionName=FUNCTION, WaiterConfig={"Delay": 0.05})
            took.append(self._invoke_ms())
        return took

    def warm_invokes_ms(self) -> list[float]:
        return [self._invoke_ms() for _ in range(WARM_INVOKES)][WARM_INVOKES // 4 :]

    def _invoke_ms(self) -> float:
        began = time.perf_counter()
        answer = self.lambda_.invoke(FunctionName=FUNCTION, Payload=b"{}")
        answer["Payload"].read()
        if answer.get("FunctionError"):
            raise RuntimeError("the function failed")
        return (time.perf_counter() - began) * 1000

    def map_queue(self) -> str:
        """A queue whose messages the function gets; returns its URL."""
        queue_url: str = self.sqs.create_queue(QueueName="bench", Attributes={"VisibilityTimeout": "180"})["QueueUrl"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]
        self.lambda_.create_event_source_mapping(
            EventSourceArn=attributes["QueueArn"],
            FunctionName=FUNCTION,
            BatchSize=1,
            FunctionResponseTypes=["ReportBatchItemFailures"],
            ScalingConfig={"MaximumConcurrency": CONCURRENCY},
        )
        return queue_url

    def drain_seconds(self, queue_url: str, messages: int) -> float:
        """Seconds from the first message sent until the queue is empty."""
        began = time.monotonic()
        self._send(queue_url, messages)

        def is_empty() -> bool:
            counts = self.sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["All"])["Attributes"]
            return bool(counts["ApproximateNumberOfMessages"] == counts["ApproximateNumberOfMessagesNotVisible"] == "0")

        if not RealClock(poll_seconds=0.02).wait_until(is_empty, GIVE_UP):
            raise RuntimeError(f"the queue still holds messages after {GIVE_UP}")
        return time.monotonic() - began

    def queue_seconds(self, messages: int) -> float:
        """Seconds until this client has sent, received and deleted them, ten at a time."""
        queue_url = self.sqs.create_queue(QueueName=f"alone-{time.monotonic_ns()}")["QueueUrl"]
        began = time.monotonic()
        self._send(queue_url, messages)
        left = messages
        while left and time.monotonic() - began < GIVE_UP.total_seconds():
            received = self.sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages", [])
            if received:
                entries = [{"Id": str(n), "ReceiptHandle": it["ReceiptHandle"]} for n, it in enumerate(received)]
                self.sqs.delete_message_batch(QueueUrl=queue_url, Entries=entries)
            left -= len(received)
        if left:
            raise RuntimeError(f"{left} messages were never received")
        return time.monotonic() - began

    def _send(self, queue_url: str, messages: int) -> None:
        for start in range(0, messages, 10):
            entries = [{"Id": str(n), "MessageBody": json.dumps({"n": n})} for n in range(start, start + 10)]
            self.sqs.send_message_batch(QueueUrl=queue_url, Entries=entries)
