"""Every fault has a decision in every topology: actions that AWS has, or a reason."""

from typing import Any

import pytest

from sim import faults, minutes
from sim.export.actions import ACTIONS
from sim.export.decisions import DECISIONS, decide
from sim.export.parts import Decision
from tests.unit.export.making import EVERYWHERE, every_key, fault_of, place

PRIVATE = ("ecs", "apprunner-private", "lambda")


def decided(key: str, topology: str = "ecs", fault: Any = None, **known: Any) -> Decision:
    return decide(key, fault or fault_of(key), place(topology, **known))


def actions(decision: Decision) -> list[str]:
    return [part.action for part in decision.parts]


def test_every_fault_is_decided_about_and_nothing_else():
    """A new fault: decide in sim/export/decisions.py what FIS can do of it, and tell it in docs/fis.md."""
    assert set(DECISIONS) == set(every_key())


@pytest.mark.parametrize("key", sorted(DECISIONS))
def test_a_decision_is_actions_or_a_reason(key):
    for where in EVERYWHERE:
        decision = decide(key, fault_of(key), where)

        assert decision.is_expressed != bool(decision.why_not), where
        for part in decision.parts:
            assert part.action in ACTIONS
            assert part.target.resource_type == ACTIONS[part.action].resource_type
            assert not (part.target.arns and part.target.tags), "AWS takes one of them"
            assert part.target.arns or part.target.tags or part.target.parameters


@pytest.mark.parametrize(
    ("step", "moment", "runs"),
    [("claim", "before", False), ("fetch", "after", False), ("analysis", "after", True), ("return", "before", True)],
)
def test_a_killed_worker_is_failed_before_its_work_or_after_it(step, moment, runs):
    kill = {"before": faults.worker.killed_before, "after": faults.worker.killed_after}[moment]
    (part,) = decided(f"worker.killed_{moment}", fault=kill(step)).parts

    assert part.parameters == {"preventExecution": "false" if runs else "true"}


def test_a_worker_that_times_out_is_delayed_past_its_timeout():
    (part,) = decided("worker.timed_out").parts

    assert part.action == "aws:lambda:invocation-add-delay"
    assert part.parameters == {"startupDelayMilliseconds": str(301 * 1000)}


def test_a_function_is_named_by_arn_as_its_relay_has_the_same_tags():
    (part,) = decided("worker.timed_out", account="123456789012", region="eu-central-1").parts

    assert part.target.arns == ("arn:aws:lambda:eu-central-1:123456789012:function:rawk-worker",)


@pytest.mark.parametrize("topology", PRIVATE)
def test_a_private_database_is_cut_off_with_its_subnets(topology):
    decision = decided("network.blackhole", topology)

    assert [part.target.tags["Name"] for part in decision.parts] == ["rawk-private-0", "rawk-private-1"]
    assert {part.parameters["scope"] for part in decision.parts} == {"all"}
    assert "S3, SQS and OpenAI" in decision.differs


def test_a_database_alone_in_its_subnets_is_cut_off_cleanly():
    assert decided("network.blackhole", "apprunner").differs == ""
    assert "vanish" in decided("network.down", "apprunner").differs


def test_a_database_beside_its_api_is_restarted_and_never_cut_off():
    assert actions(decided("database.down", "ec2")) == ["aws:rds:reboot-db-instances"]
    assert not decided("network.down", "ec2").is_expressed


def test_s3_is_cut_off_where_those_run_whom_the_fault_hits():
    subnets = {
        topology: [part.target.name for part in decided("storage.get_fails", topology).parts]
        for topology in ("core", "apprunner", "ec2", "ecs", "lambda")
    }
    private = ["private-0", "private-1"]

    assert subnets == {"core": [], "apprunner": [], "ec2": [], "ecs": private, "lambda": private}
    assert "the worker runs outside" in decided("storage.down", "ec2").differs
    assert "the API is hit as well" in decided("storage.get_fails", "lambda").differs


def test_sqs_is_cut_off_only_at_an_endpoint_that_is_told_of():
    assert "--vpc-endpoints" in decided("queue.down", "lambda").instead
    (part,) = decided("queue.down", "lambda", vpc_endpoints=True).parts
    assert part.target.tags == {"Project": "rawk", "Pipeline": "rawk", "Name": "rawk-sqs"}
    assert not decided("queue.down", "apprunner", vpc_endpoints=True).is_expressed


@pytest.mark.parametrize(
    ("topology", "action"),
    [
        ("ecs", ["aws:ecs:stop-task"]),
        ("ec2", ["aws:ec2:reboot-instances"]),
        ("lambda", ["aws:lambda:invocation-error"]),
        ("apprunner", []),
        ("core", []),
    ],
)
def test_an_api_is_ended_as_its_topology_has_it(topology, action):
    assert actions(decided("api.killed_before", topology)) == action


def test_only_ecs_asks_an_api_to_stop():
    asked = {topology: actions(decided("api.redeployed_before", topology)) for topology in ("ecs", "ec2", "lambda")}

    assert asked == {"ecs": ["aws:ecs:stop-task"], "ec2": [], "lambda": []}


def test_what_terraform_tells_of_the_api_is_used():
    machine = decided("api.killed_before", "ec2", api={"instance_id": "i-0abc"}).parts[0].target
    tasks = decided("api.killed_before", "ecs", api={"cluster": "c", "service": "s"}).parts[0].target

    assert machine.arns == ("arn:aws:ec2:REGION:ACCOUNT_ID:instance/i-0abc",)
    assert tasks.parameters == {"cluster": "c", "service": "s"}


def test_chance_becomes_a_percentage_where_the_action_has_one():
    sometimes = decided("openai.slow", fault=faults.openai.slow(30).sometimes(0.3, seed=7))
    of_s3 = decided("storage.down", fault=faults.storage.down().sometimes(0.3, seed=7))

    assert sometimes.parts[0].parameters["invocationPercentage"] == "30"
    assert "all of the calls, not 30 %" in of_s3.differs


def test_what_fis_can_not_narrow_down_is_told():
    assert "not the first few" in decided("openai.slow", fault=faults.openai.slow(30).first(2)).differs
    assert "not one recording's" in decided("openai.slow", fault=faults.openai.slow(30).for_memory("m")).differs
    assert "not one alone" in decided("storage.slow", fault=faults.storage.slow(5).for_object("m")).differs


def test_a_delay_is_never_longer_than_aws_takes():
    (part,) = decided("openai.slow", fault=faults.openai.slow(minutes(20))).parts

    assert part.parameters["startupDelayMilliseconds"] == "900000"
