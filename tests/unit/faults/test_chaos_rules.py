"""Rules of the Chaos API: which calls they match, how their JSON selects calls, and which rules are refused."""

from typing import Any

import pytest

from sim.localstack.extension.rawk_emulator.chaos.parsing import read_latency_ms, read_rules
from sim.localstack.extension.rawk_emulator.chaos.rules import Call, ChaosRules, Refusal
from sim.localstack.extension.rawk_emulator.fault_rules.fields import InvalidRequest

SEND = Call("sqs", "SendMessage", "us-east-1", "client", ("http://127.0.0.1/000000000000/one-jobs",))


def rules_of(*given: dict[str, Any], at: float = 0.0) -> ChaosRules:
    rules = ChaosRules()
    rules.add(read_rules(list(given)), at)
    return rules


def triggering(rules: ChaosRules, call: Call = SEND, times: int = 1, at: float = 0.0) -> list[int]:
    """The numbers of the calls that triggered a rule, from 1."""
    return [number for number in range(1, times + 1) if rules.trigger(call, at)]


@pytest.mark.parametrize(
    ("rule", "matches"),
    [
        ({}, True),
        ({"service": "sqs"}, True),
        ({"service": "s3"}, False),
        ({"service": "sqs", "operation": "SendMessage"}, True),
        ({"service": "sqs", "operation": "ReceiveMessage"}, False),
        ({"operations": ["ReceiveMessage", "SendMessage"]}, True),
        ({"region": "us-east-1"}, True),
        ({"region": "eu-west-1"}, False),
        ({"probability": 0}, False),
        ({"resource": "one-jobs"}, True),
        ({"resource": "two-jobs"}, False),
        ({"resource": ["one", "jobs"]}, True),
        ({"resource": "one-jobs$"}, True),
        ({"resource": "one$"}, False),
        ({"resource": ["one", "two"]}, False),
        ({"callers": ["client"]}, True),
        ({"callers": ["http"]}, True),
        ({"callers": ["function", "mapping"]}, False),
        ({"callers": []}, True),
    ],
)
def test_a_rule_matches_the_calls_that_it_names(rule: dict[str, Any], matches: bool) -> None:
    assert bool(triggering(rules_of(rule))) is matches


def test_calls_of_a_mapping_match_only_where_the_rule_names_them() -> None:
    receive = Call("sqs", "ReceiveMessage", "us-east-1", "mapping", ("one-jobs",))

    assert not triggering(rules_of({"service": "sqs"}), receive)
    assert triggering(rules_of({"service": "sqs", "callers": ["mapping"]}), receive)
    assert triggering(rules_of({"service": "sqs", "callers": []}), receive)


def test_the_defaults_of_an_error_are_as_published() -> None:
    (plain, coded) = read_rules([{}, {"error": {"code": "SlowDown"}}])

    assert plain.refusal == Refusal(503, "ServiceUnavailable")
    assert coded.refusal == Refusal(503, "SlowDown")


def test_the_first_rule_that_is_triggered_decides() -> None:
    rules = rules_of({"id": "a", "service": "s3"}, {"id": "b", "first": 1}, {"id": "c"})

    names = [active.rule.id for _ in range(2) if (active := rules.trigger(SEND, 0))]

    assert names == ["b", "c"]


def test_a_rule_that_only_counts_leaves_the_call_to_the_next_one() -> None:
    rules = rules_of({"id": "counted", "effect": "count"}, {"id": "hit"})

    assert triggering(rules, times=3) == [1, 2, 3]
    assert [active.times_triggered for name in ("counted", "hit") if (active := rules.find(name))] == [3, 3]


def test_the_nth_and_the_first_calls() -> None:
    assert triggering(rules_of({"nth": 2}), times=4) == [2]
    assert triggering(rules_of({"first": 2}), times=4) == [1, 2]


def test_calls_that_do_not_match_are_not_counted() -> None:
    rules = rules_of({"id": "second", "nth": 2, "resource": "one"})
    other = Call("sqs", "SendMessage", "us-east-1", "client", ("two-jobs",))

    assert [bool(rules.trigger(call, 0)) for call in (SEND, other, SEND)] == [False, False, True]


def test_a_window_begins_when_the_rule_is_added() -> None:
    rules = rules_of({"window": {"after": 10, "for": 5}}, at=1_000)

    triggered = [second for second in range(1_000, 1_020) if rules.trigger(SEND, second)]

    assert triggered == [1_010, 1_011, 1_012, 1_013, 1_014]


def test_a_seed_alone_decides_which_calls_trigger_a_rule() -> None:
    first, same, other = (triggering(rules_of({"probability": 0.3, "seed": seed}), times=200) for seed in (7, 7, 8))

    assert first == same != other
    assert 30 < len(first) < 90


def test_removing_a_rule_releases_its_calls_and_keeps_its_count() -> None:
    rules = rules_of({"id": "held", "effect": "hold"})
    active = rules.trigger(SEND, 0)
    assert active is not None
    assert not active.removed.is_set()

    taken = rules.take("held")

    assert taken is active
    assert active.removed.is_set()
    assert taken.times_triggered == 1
    assert not triggering(rules)


def test_a_rule_is_removed_by_equal_json() -> None:
    rules = rules_of({"service": "sqs"}, {"service": "s3"})

    rules.remove(lambda rule: rule.given in [{"service": "sqs", "probability": 1}])
    assert len(rules.given()) == 2
    rules.remove(lambda rule: rule.given in [{"service": "sqs"}])
    assert rules.given() == [{"service": "s3"}]


def test_replacing_the_rules_releases_the_calls_of_all_others() -> None:
    rules = rules_of({"id": "old", "effect": "hold"})
    old = rules.find("old")

    rules.replace(read_rules([{"service": "s3"}]), 0)

    assert old is not None
    assert old.removed.is_set()
    assert rules.given() == [{"service": "s3"}]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "a list of rules"),
        (["sqs"], "must be a JSON object"),
        ([{"servce": "sqs"}], "has no field 'servce'"),
        ([{"service": 3}], "service must be a text"),
        ([{"probability": 2}], "from 0 to 1"),
        ([{"probability": "often"}], "must be a number"),
        ([{"probability": True}], "must be a number"),
        ([{"error": {"statusCode": 200}}], "from 400 to 599"),
        ([{"error": {"status": 500}}], "has no field 'status'; it has statusCode, code"),
        ([{"effect": "explode"}], "must be one of error, reset"),
        ([{"effect": "slow"}], "needs latency_ms"),
        ([{"latency_ms": -1}], "must be at least 0"),
        ([{"window": {"until": 3}}], "it has after, for"),
        ([{"window": {"after": 3, "for": 0}}], "ends before it begins"),
        ([{"nth": 0}], "must be at least 1"),
        ([{"seed": "seven"}], "seed must be a number"),
        ([{"seed": 0.5}], "seed must be a whole number"),
        ([{"callers": ["everybody"]}], "callers must be a list"),
        ([{"callers": "http"}], "callers must be a list"),
        ([{"resource": [1]}], "a list of texts"),
        ([{"effect": "hold", "then": "vanish"}], "go_on, reset"),
        ([{"effect": "answer"}], "needs answer"),
        ([{"effect": "hang", "answer": "html"}], "no other rule has one"),
        ([{"effect": "answer", "answer": "prose"}], "must be one of empty, html"),
        ([{"effect": "hang", "callers": []}], "a mapping makes no HTTP call"),
        ([{"effect": "answer", "answer": "html", "callers": ["mapping"]}], "a mapping makes no HTTP call"),
    ],
)
def test_an_invalid_rule_is_refused_in_one_sentence(given: Any, sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        read_rules(given)


def test_the_latency_of_every_call() -> None:
    assert read_latency_ms({"latency": 250}) == 250
    assert read_latency_ms({}) == 0
    with pytest.raises(InvalidRequest, match="latency"):
        read_latency_ms({"jitter": 3})
