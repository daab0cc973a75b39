"""Our emulator beside stock LocalStack 4.14 of the same environment, on the same machine, in the same run.

Stock LocalStack runs functions only in Docker. So the measurements of functions compare with LocalStack's own event
source mapping, polling and HTTP gateway, with the process executor as the only part of ours.
"""

import json
import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import psutil
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from benchmarks.figures import Figure
from sim.clock.clocks import RealClock
from sim.clock.durations import seconds
from sim.localstack.environment import prepare_environment
from sim.localstack.extension.rawk_emulator.features import FEATURES, WITHOUT_VARIABLE
from sim.localstack.functions import zip_of
from sim.localstack.server import EGRESS_GUARD, LocalStack

MESSAGES = 100
CONCURRENCY = 10
WARM_INVOKES = 200
GIVE_UP = seconds(180)
ROLE = "arn:aws:iam::000000000000:role/bench"

HANDLER = """
def handler(event, context):
    return {"batchItemFailures": []}
"""


class StockLocalStack(LocalStack):
    """LocalStack as published on PyPI. It cannot run functions here, so it is ready when its services answer."""

    def _environment(self) -> dict[str, str]:
        stock = super()._environment()
        for name in [name for name in stock if name.startswith("SIM_") or name == "LAMBDA_RUNTIME_EXECUTOR"]:
            del stock[name]
        return {**stock, "PYTHONPATH": str(EGRESS_GUARD)}

    def _check_readiness(self) -> str | None:
        clients = Clients(self.endpoint_url)
        if RealClock(poll_seconds=0.02).wait_until(clients.all_answer, GIVE_UP):
            return None
        return "its services do not answer"


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


def measure(folder: Path) -> list[Figure]:
    prepare_environment()
    ours_start, ours_megabytes, ours = _measure_one(LocalStack(folder / "ours", folder / "ours.log"))
    stock_start, stock_megabytes, _ = _measure_one(StockLocalStack(folder / "stock", folder / "stock.log"), work=False)
    bare = LocalStack(folder / "bare", folder / "bare.log", extra_env=EXECUTOR_ONLY)
    _, _, mapping = _measure_one(bare)
    own_parts = "its own mapping and gateway, our executor"
    return [
        Figure("start to ready", "s", 2.5, ours_start, stock_start, "stock, without functions"),
        Figure("memory with S3, SQS, Lambda, IAM", "MB", 250, ours_megabytes, stock_megabytes, "stock"),
        Figure(f"{MESSAGES} messages, SQS to Lambda", "s", 1.2, ours["drain"], mapping["drain"], own_parts),
        Figure("warm invoke, p50", "ms", 10, ours["invoke"], mapping["invoke"], own_parts),
    ]


EXECUTOR_ONLY: Mapping[str, str] = {
    WITHOUT_VARIABLE: ",".join(each.name for each in FEATURES if each.name not in ("process-executor", "memory-limit"))
}
"""Leaves out all features of our extension except the executor that runs a function as a process."""


def _measure_one(emulator: LocalStack, *, work: bool = True) -> tuple[float, float, dict[str, float]]:
    """Seconds until it is ready, megabytes once its services are loaded, and the measurements of its functions."""
    began = time.monotonic()
    with emulator:
        clients = Clients(emulator.endpoint_url)
        if not RealClock(poll_seconds=0.02).wait_until(clients.all_answer, GIVE_UP):
            raise RuntimeError("its services do not answer")
        ready_seconds = time.monotonic() - began
        megabytes = psutil.Process(emulator.pid).memory_info().rss / 1e6
        return ready_seconds, megabytes, _work(clients) if work else {}


TRUST = """{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
]}"""
EVERYTHING = """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}"""


def _work(clients: Clients) -> dict[str, float]:
    name = ROLE.rpartition("/")[2]
    clients.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    clients.iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=EVERYTHING)
    clients.lambda_.create_function(
        FunctionName="bench",
        Runtime="python3.13",
        Handler="bench.handler",
        Role=ROLE,
        Timeout=30,
        Code={"ZipFile": zip_of({"bench.py": HANDLER})},
    )
    clients.lambda_.get_waiter("function_active_v2").wait(FunctionName="bench", WaiterConfig={"Delay": 0.05})  # type: ignore[arg-type]
    return {"invoke": _warm_invoke_ms(clients), "drain": _drain_seconds(clients)}


def _warm_invoke_ms(clients: Clients) -> float:
    took = []
    for _ in range(WARM_INVOKES):
        began = time.perf_counter()
        clients.lambda_.invoke(FunctionName="bench", Payload=b"{}")["Payload"].read()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took[WARM_INVOKES // 4 :])


def _drain_seconds(clients: Clients) -> float:
    """Seconds from the first of a hundred messages sent until the queue is empty, with warm functions."""
    queue_url = clients.sqs.create_queue(QueueName="bench", Attributes={"VisibilityTimeout": "180"})["QueueUrl"]
    attributes = clients.sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]
    clients.lambda_.create_event_source_mapping(
        EventSourceArn=attributes["QueueArn"],
        FunctionName="bench",
        BatchSize=1,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        ScalingConfig={"MaximumConcurrency": CONCURRENCY},
    )
    _send_and_wait(clients, queue_url)
    return _send_and_wait(clients, queue_url)


def _send_and_wait(clients: Clients, queue_url: str) -> float:
    began = time.monotonic()
    for start in range(0, MESSAGES, 10):
        entries = [{"Id": str(n), "MessageBody": json.dumps({"n": n})} for n in range(start, start + 10)]
        clients.sqs.send_message_batch(QueueUrl=queue_url, Entries=entries)

    def is_empty() -> bool:
        counts = clients.sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["All"])["Attributes"]
        return counts["ApproximateNumberOfMessages"] == counts["ApproximateNumberOfMessagesNotVisible"] == "0"

    if not RealClock(poll_seconds=0.02).wait_until(is_empty, GIVE_UP):
        raise RuntimeError(f"the queue still holds messages after {GIVE_UP}")
    return time.monotonic() - began
