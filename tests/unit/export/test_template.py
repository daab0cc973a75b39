"""A template is one that AWS takes; whatever AWS would refuse is found before."""

import copy
from datetime import timedelta
from typing import Any

import pytest

from sim import hours, minutes
from sim.export.actions import ACTIONS
from sim.export.decisions import DECISIONS, decide
from sim.export.experiment import Experiment, experiment
from sim.export.place import Place
from sim.export.reading import Switched, Variant
from sim.export.template import BadTemplate, Story, alarms, check, iso
from tests.unit.export.making import EVERYWHERE, made, place, read

STORY = Story("worker_trouble/test_it.py", "test_it", "", "nothing is lost.", expects_dead_letters=False)
LETTERS = Story("worker_trouble/test_it.py", "test_it", "", "nothing is lost.", expects_dead_letters=True)


def exported(body: str, at: Place | None = None, story: Story = STORY) -> Experiment:
    (variant,) = read(body, at=at)
    return experiment(story, variant, at or place())


def template(body: str, at: Place | None = None) -> dict[str, Any]:
    found = exported(body, at).template
    assert found is not None
    return dict(found)


OUTAGE = "with sim.fault(faults.database.down()):\n    sim.run_for(minutes(20))"
LATER = "sim.run_for(hours(3) + minutes(10))\nwith sim.fault(faults.worker.timed_out()):\n    sim.run_for(hours(30))"


@pytest.mark.parametrize("key", sorted(DECISIONS))
def test_every_fault_everywhere_makes_a_template_that_aws_takes_or_none(key):
    switched = Switched(1, 9, key, made(key), minutes(3), hours(2))
    for where in EVERYWHERE:
        found = experiment(STORY, Variant("", (switched,)), where)

        assert (found.template is not None) == decide(key, switched.made.fault, where).is_expressed  # type: ignore[union-attr]
        if found.template:
            check(found.template)


def test_an_outage_of_the_database_is_as_long_as_the_story_waits():
    found = template(OUTAGE)

    assert list(found["actions"]) == ["1-database-down-private-0", "1-database-down-private-1"]
    assert found["actions"]["1-database-down-private-0"]["parameters"] == {"scope": "all", "duration": "PT20M"}
    assert found["targets"]["private-0"]["resourceTags"] == {
        "Project": "rawk",
        "Pipeline": "rawk",
        "Name": "rawk-private-0",
    }
    assert found["description"] == "nothing is lost."


def test_what_comes_later_waits_and_ends_with_the_experiment():
    found = exported(LATER)
    actions = found.template["actions"] if found.template else {}

    assert {name: each["parameters"]["duration"] for name, each in actions.items()} == {
        "1-worker-timed-out-wait": "PT3H10M",
        "1-worker-timed-out": "PT8H50M",
    }
    assert actions["1-worker-timed-out"]["startAfter"] == ["1-worker-timed-out-wait"]
    assert "it lasts 30 h, and an experiment ends after 12 hours" in found.faults[0].decision.differs


def test_what_comes_after_twelve_hours_is_told_and_left_out():
    found = exported("sim.run_for(hours(12))\nwith sim.fault(faults.worker.timed_out()): pass")

    assert found.template is None
    assert found.faults[0].decision.why_not == "it begins after 12 h, and an experiment ends after 12 hours"


def test_nothing_is_shorter_than_fis_takes():
    shortest = template("with sim.fault(faults.network.down()): pass")["actions"]["1-network-down-private-0"]
    of_functions = template("with sim.fault(faults.worker.timed_out()): pass")["actions"]["1-worker-timed-out"]

    assert shortest["parameters"]["duration"] == "PT1M"
    assert of_functions["parameters"]["duration"] == "PT2M", "the extension looks once a minute"


@pytest.mark.parametrize(("minutes", "text"), [(1, "PT1M"), (60, "PT1H"), (185, "PT3H5M"), (720, "PT12H")])
def test_durations_are_iso_8601(minutes, text):
    assert iso(minutes) == text


def test_it_stops_for_what_the_story_does_not_expect():
    in_account = place("ecs", account="123456789012", region="eu-central-1")
    prefix = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:"

    assert alarms(STORY, in_account) == [f"{prefix}rawk-jobs-dead-letters", f"{prefix}rawk-oldest-job"]
    assert alarms(LETTERS, in_account) == [f"{prefix}rawk-api-5xx"]
    assert alarms(STORY, place("core")) == [place("core").alarm("jobs-dead-letters")]
    in_core = exported("with sim.fault(faults.worker.timed_out()): pass", place("core"), LETTERS).template
    assert in_core
    assert in_core["stopConditions"] == [{"source": "none"}]


def test_role_and_alarms_can_be_said():
    (variant,) = read(OUTAGE)
    arns = {
        "role_arn": "arn:aws:iam::123456789012:role/chaos",
        "stop_alarms": ["arn:aws:cloudwatch:eu-west-1:1:alarm:a"],
    }
    found = experiment(STORY, variant, place(), **arns).template  # type: ignore[arg-type]

    assert found
    assert found["roleArn"] == "arn:aws:iam::123456789012:role/chaos"
    assert found["stopConditions"] == [
        {"source": "aws:cloudwatch:alarm", "value": "arn:aws:cloudwatch:eu-west-1:1:alarm:a"}
    ]


def test_two_faults_of_one_function_share_a_target():
    both = "with sim.fault(faults.worker.timed_out()), sim.fault(faults.queue.delivered_twice()):"
    found = template(f"{both}\n    sim.run_for(hours(1))")

    assert list(found["targets"]) == ["worker"]
    assert list(found["actions"]) == ["1-worker-timed-out", "2-queue-delivered-twice"]


def test_a_claim_of_any_length_is_a_description():
    (variant,) = read(OUTAGE)
    story = Story("a.py", "test_it", "", "very " * 200, expects_dead_letters=False)
    found = experiment(story, variant, place()).template

    assert found
    assert len(found["description"]) == 512


ACTION = "1-database-down-private-0"


def broken(change: Any) -> dict[str, Any]:
    found = copy.deepcopy(template(OUTAGE))
    change(found)
    return found


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda made: made.pop("roleArn"), 'Missing required parameter in input: "roleArn"'),
        (lambda made: made.update(rollArn="x"), 'Unknown parameter in input: "rollArn"'),
        (lambda made: made.update(description="a" * 513), "template.description has a length of 513"),
        (lambda made: made.update(roleArn="too-short"), "Invalid length for parameter roleArn"),
        (lambda made: made.update(roleArn="arn:aws:iam::1:role/with a space"), "does not fit [\\S]+"),
        (
            lambda made: made["experimentOptions"].update(accountTargeting="all"),
            "it may be single-account, multi-account",
        ),
        (
            lambda made: made["targets"]["private-0"].update(resourceArns=["arn:aws:ec2:eu-west-1:1:subnet/s"] * 6),
            "template.targets.private-0.resourceArns has a length of 6",
        ),
        (
            lambda made: made.update(stopConditions=[{"source": "none"}] * 6),
            "has 6 stopConditions",
        ),
        (lambda made: made["actions"].update({f"a{n}": made["actions"][ACTION] for n in range(19)}), "has 21 actions"),
        (lambda made: made["actions"][ACTION].update(actionId="aws:rds:stop"), "there is no action aws:rds:stop"),
        (lambda made: made["actions"][ACTION]["parameters"].pop("scope"), "needs scope"),
        (lambda made: made["actions"][ACTION]["parameters"].update(percentage="5"), "takes no percentage"),
        (lambda made: made["actions"][ACTION].update(targets={"Subnet": "private-0"}), "is done to Subnets"),
        (lambda made: made["targets"]["private-0"].update(resourceType="aws:rds:db"), "of type aws:ec2:subnet"),
        (lambda made: made["targets"].pop("private-0"), "of type aws:ec2:subnet"),
    ],
)
def test_what_aws_would_refuse_is_refused_here(change, complaint):
    with pytest.raises(BadTemplate) as refused:
        check(broken(change))

    assert complaint in str(refused.value)


def test_the_table_of_actions_knows_where_it_has_them_from():
    for name, action in ACTIONS.items():
        assert action.anchor == name.rpartition(":")[2]
        assert action.source.startswith("https://docs.aws.amazon.com/fis/latest/userguide/")
        assert (action.resource_type is None) == (action.target_key is None) == (name == "aws:fis:wait")


def test_a_role_is_told_what_it_needs():
    found = exported(OUTAGE)

    assert found.permissions == sorted(
        {"cloudwatch:DescribeAlarms", *ACTIONS["aws:network:disrupt-connectivity"].permissions}
    )
    assert timedelta(minutes=20) == found.faults[0].switched.lasts
