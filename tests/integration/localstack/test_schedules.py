"""Schedules in virtual time: a rule fires at its due moments while it exists, is enabled and has a target, and at no
others.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sim.clock.clocks import VirtualClock

from .conftest import ROLE, Client, package

WRITES_ITS_TIME = """
def handler(event, context):
    with open({notebook!r}, "a") as notebook:
        notebook.write(event["source"] + " " + event["time"] + "\\n")
"""

MINUTES = 5


@pytest.fixture
def target(travelling_client: Client, notebook: Path) -> Iterator[str]:
    """The ARN of a function that records each event."""
    functions = travelling_client("lambda")
    made = functions.create_function(
        FunctionName="scheduled",
        Runtime="python3.13",
        Handler="module.handler",
        Role=ROLE,
        Timeout=20,
        Code={"ZipFile": package(WRITES_ITS_TIME.format(notebook=str(notebook)))},
    )
    functions.add_permission(
        FunctionName="scheduled",
        StatementId="schedules",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
    )
    yield made["FunctionArn"]
    functions.delete_function(FunctionName="scheduled")


@pytest.fixture
def rules(travelling_client: Client) -> Iterator[Any]:
    events = travelling_client("events")
    yield events
    with suppress(ClientError):
        remove(events)


@pytest.fixture
def fired(notebook: Path, clock: VirtualClock) -> Callable[[], int]:
    """How often it fired in the next minutes."""

    def count() -> int:
        before = len(notebook.read_text().splitlines())
        clock.wait_until(lambda: False, timedelta(minutes=MINUTES))
        return len(notebook.read_text().splitlines()) - before

    return count


def make(events: Any, target: str, schedule: str = "rate(1 minute)", state: str = "ENABLED") -> None:
    events.put_rule(Name="every-minute", ScheduleExpression=schedule, State=state)
    events.put_targets(Rule="every-minute", Targets=[{"Id": "function", "Arn": target}])


def remove(events: Any) -> None:
    events.remove_targets(Rule="every-minute", Ids=["function"])
    events.delete_rule(Name="every-minute")


def test_a_rule_fires_at_each_due_moment(rules: Any, target: str, fired: Callable[[], int], notebook: Path) -> None:
    make(rules, target)

    assert fired() == MINUTES
    for line in notebook.read_text().splitlines():
        assert line.startswith("aws.events ")
        assert line.endswith(":00Z")


def test_a_disabled_rule_does_not_fire_until_it_is_enabled(rules: Any, target: str, fired: Callable[[], int]) -> None:
    make(rules, target)
    rules.disable_rule(Name="every-minute")
    assert fired() == 0

    rules.enable_rule(Name="every-minute")
    assert fired() == MINUTES


def test_a_rule_created_disabled_fires_once_it_is_enabled(rules: Any, target: str, fired: Callable[[], int]) -> None:
    make(rules, target, state="DISABLED")
    assert fired() == 0

    rules.enable_rule(Name="every-minute")
    assert fired() == MINUTES


def test_a_changed_schedule_replaces_the_first(rules: Any, target: str, fired: Callable[[], int]) -> None:
    make(rules, target)
    make(rules, target, schedule="rate(7 days)")

    assert fired() == 0


def test_targets_that_are_put_twice_get_one_event(
    rules: Any, target: str, fired: Callable[[], int], notebook: Path
) -> None:
    make(rules, target)
    make(rules, target)
    function_target = {"Id": "function", "Arn": target, "Input": json.dumps({"source": "s", "time": "t"})}
    rules.put_targets(Rule="every-minute", Targets=[function_target])

    assert fired() == MINUTES
    assert set(notebook.read_text().splitlines()) == {"s t"}


def test_time_does_not_stop_for_disabled_or_deleted_rules(rules: Any, target: str, clock: VirtualClock) -> None:
    def stops(duration: timedelta) -> int:
        """The number of moments at which time stopped."""
        seen: list[object] = []
        clock.wait_until(lambda: bool(seen.append(None)), duration)
        return len(seen)

    make(rules, target)
    assert stops(timedelta(hours=1)) >= 60
    rules.disable_rule(Name="every-minute")
    assert stops(timedelta(hours=1)) < 5
    rules.enable_rule(Name="every-minute")
    remove(rules)
    assert stops(timedelta(hours=1)) < 5
