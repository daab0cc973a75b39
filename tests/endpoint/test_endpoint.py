"""The endpoint engine on MiniStack: scenarios hold, what does not hold there is said, and nothing is left behind."""

import os
import signal
import subprocess
import time

import boto3
import pytest

from sim.engines.endpoint.owned_resources import sweep
from sim.provisioning.clients import Clients
from sim.provisioning.resources import RESOURCE_TYPES

from .ministack import MiniStack
from .playing import ROOT, command, play

HANDFUL = (
    "everyday/test_one_recording.py",
    "clients/test_two_tenants.py",
    "database/test_slow_database.py",
)
REDRIVEN = "operations/test_redrive_twice.py"


def on(ministack: MiniStack, *scenarios: str) -> list[str]:
    chosen = [f"scenarios/{scenario}" for scenario in scenarios]
    return [*chosen, "--engine", "endpoint", "--endpoint-url", ministack.endpoint_url]


@pytest.fixture
def clients(ministack: MiniStack) -> Clients:
    return Clients.of(boto3.Session("test", "test", region_name="us-east-1"), ministack.endpoint_url)


def ours(clients: Clients) -> dict[str, list[dict[str, str]]]:
    found = {name: list(each.find(clients, "rawk-")) for name, each in RESOURCE_TYPES.items() if each.find}
    return {name: each for name, each in found.items() if each}


def test_a_handful_holds_and_leaves_nothing(ministack: MiniStack, clients: Clients) -> None:
    played = play(*on(ministack, *HANDFUL, REDRIVEN), "-rs", env={"COLUMNS": "300"})

    assert played.returncode == 0, played.stdout
    assert "3 passed" in played.stdout, played.stdout
    # What MiniStack lacks is said, and skips who needs it.
    assert "does not hold there: a dead-letter queue is redriven" in played.stdout
    assert "engine endpoint can not redrive a whole dead-letter queue there (" in played.stdout
    assert ours(clients) == {}


def test_an_interrupt_leaves_nothing(ministack: MiniStack, clients: Clients) -> None:
    playing = begin(ministack, clients)
    os.killpg(playing.pid, signal.SIGINT)
    playing.communicate(timeout=120)

    assert ours(clients) == {}


def test_what_a_killed_run_left_goes_with_the_next(ministack: MiniStack, clients: Clients) -> None:
    clients.sqs.create_queue(QueueName="rawk-somebody-elses")
    playing = begin(ministack, clients)
    assert sweep(clients) == []  # it lives
    os.killpg(playing.pid, signal.SIGKILL)
    playing.communicate(timeout=60)
    assert "aws_lambda_function" in ours(clients)

    assert len(sweep(clients)) == 1
    assert ours(clients).keys() == {"aws_sqs_queue"}  # somebody else's
    clients.sqs.delete_queue(QueueUrl=ours(clients)["aws_sqs_queue"][0]["url"])


def begin(ministack: MiniStack, clients: Clients) -> "subprocess.Popen[str]":
    """A run with a pipeline of its own at the endpoint."""
    playing = subprocess.Popen(
        command(*on(ministack, HANDFUL[0])),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    give_up_at = time.monotonic() + 120
    find_functions = RESOURCE_TYPES["aws_lambda_function"].find
    assert find_functions is not None
    while not any("steady" in each["id"] for each in find_functions(clients, "rawk-")):
        assert playing.poll() is None, playing.communicate()[0]
        assert time.monotonic() < give_up_at
        time.sleep(0.1)
    return playing
