"""The endpoint engine on MiniStack: scenarios pass, failed checks are reported, and nothing is left behind."""

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
from .scenario_runs import ROOT, command, run_scenarios

SOME_SCENARIOS = (
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


def test_some_scenarios_pass_and_leave_nothing(ministack: MiniStack, clients: Clients) -> None:
    run = run_scenarios(*on(ministack, *SOME_SCENARIOS, REDRIVEN), "-rs", env={"COLUMNS": "300"})

    assert run.returncode == 0, run.stdout
    assert "3 passed" in run.stdout, run.stdout
    # What MiniStack lacks is reported, and scenarios that need it are skipped.
    assert "check failed: redrive (" in run.stdout
    assert "engine endpoint cannot redrive a whole dead-letter queue there (" in run.stdout
    assert ours(clients) == {}


def test_an_interrupt_leaves_nothing(ministack: MiniStack, clients: Clients) -> None:
    scenario_run = begin(ministack, clients)
    os.killpg(scenario_run.pid, signal.SIGINT)
    scenario_run.communicate(timeout=120)

    assert ours(clients) == {}


def test_the_next_run_removes_what_a_killed_run_left(ministack: MiniStack, clients: Clients) -> None:
    clients.sqs.create_queue(QueueName="rawk-of-another-owner")
    scenario_run = begin(ministack, clients)
    assert sweep(clients) == []  # its owner still runs
    os.killpg(scenario_run.pid, signal.SIGKILL)
    scenario_run.communicate(timeout=60)
    assert "aws_lambda_function" in ours(clients)

    assert len(sweep(clients)) == 1
    assert ours(clients).keys() == {"aws_sqs_queue"}  # of another owner
    clients.sqs.delete_queue(QueueUrl=ours(clients)["aws_sqs_queue"][0]["url"])


def begin(ministack: MiniStack, clients: Clients) -> "subprocess.Popen[str]":
    """A run with a pipeline of its own at the endpoint."""
    scenario_run = subprocess.Popen(
        command(*on(ministack, SOME_SCENARIOS[0])),
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
        assert scenario_run.poll() is None, scenario_run.communicate()[0]
        assert time.monotonic() < give_up_at
        time.sleep(0.1)
    return scenario_run
