"""Rules for the Chaos API: ours say all of it, LocalStack's as much as its keys can."""

import pytest

from sim import faults, minutes
from sim.emulator.extension.rawk_emulator.chaos_reading import read_rule
from sim.export.chaos_rules import PUBLISHED, ours_in, published, rule_of, why_no_rule
from sim.export.expressions import MadeFault
from sim.export.reading import Switched
from tests.unit.export.making import every_key, made, place

NOTHING = minutes(0)
RULED = {
    *("storage.down", "storage.get_fails", "storage.object_gone", "storage.put_answer_lost", "storage.put_fails"),
    *("storage.resets", "storage.slow", "queue.delivered_twice", "queue.down", "queue.down_for_all"),
    *("queue.postponing_fails", "queue.send_answer_lost", "queue.throttled", "permissions.missing"),
}


def switched(fault: MadeFault, starts: float = 0, lasts: float = 0) -> Switched:
    return Switched(1, 9, "", fault, minutes(starts), minutes(lasts))


def test_what_aws_calls_run_into_has_a_rule_and_nothing_else():
    assert {key for key in every_key() if rule_of(switched(made(key)), place())} == RULED


@pytest.mark.parametrize("key", sorted(RULED))
def test_the_emulator_takes_every_rule(key):
    rule = rule_of(switched(made(key), starts=3, lasts=10), place())

    assert rule is not None
    assert read_rule(rule).id == f"1-{key}"
    assert rule["window"] == {"after": 180, "for": 600}
    for each in published(rule):
        assert set(each) <= set(PUBLISHED)
        read_rule(each)


def test_a_rule_names_the_pipelines_own_resources():
    in_account = place("ecs", account="123456789012")

    assert (rule_of(switched(made("storage.down")), place()) or {})["resource"] == "rawk-audio-000000000000$"
    assert (rule_of(switched(made("storage.down")), in_account) or {})["resource"] == "rawk-audio-123456789012$"
    assert (rule_of(switched(made("queue.throttled")), place()) or {})["resource"] == "rawk-jobs$"
    one = MadeFault("storage.down", faults.storage.down().for_object("memory"))
    assert (rule_of(switched(one), place()) or {})["resource"] == ["rawk-audio-000000000000$", "memory$"]


def test_a_fault_that_nothing_waits_for_stays_on():
    assert "window" not in (rule_of(switched(made("storage.down")), place()) or {})


def test_our_additions_are_told_apart():
    rule = rule_of(switched(made("queue.throttled")), place()) or {}

    assert ours_in(rule) == ["id", "operations", "resource"]
    error = {"statusCode": 403, "code": "RequestThrottled"}
    assert published(rule) == [
        {"service": "sqs", "error": error, "operation": "SendMessage"},
        {"service": "sqs", "error": error, "operation": "SendMessageBatch"},
    ]


@pytest.mark.parametrize("key", ["storage.slow", "storage.resets", "queue.send_answer_lost", "queue.down"])
def test_what_is_no_error_localstack_can_not_say(key):
    assert published(rule_of(switched(made(key)), place()) or {}) == []


def test_a_missing_permission_is_a_refusal_of_that_call():
    rule = rule_of(
        switched(MadeFault("permissions.missing", faults.permissions.missing("api", "s3:PutObject"))), place()
    )

    assert rule == {
        "id": "1-permissions.missing",
        "service": "s3",
        "operation": "PutObject",
        "callers": ["client"],
        "error": {"statusCode": 403, "code": "AccessDenied"},
    }


def test_the_others_say_why_not():
    assert "a call is held" in why_no_rule(switched(made("worker.timed_out")))
    assert "no AWS call" in why_no_rule(switched(made("openai.down")))
    assert why_no_rule(Switched(1, 9, "x", None, NOTHING, NOTHING, "only while it runs")) == "only while it runs"
