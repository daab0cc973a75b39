"""Which requests trigger a rule of the OpenAI simulator, and which rules are refused."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.localstack.extension.rawk_emulator.fault_rules.fields import InvalidRequest
from sim.openai_simulator.faults.effects import ENDPOINTS, KINDS
from sim.openai_simulator.faults.rules import ActiveFault, Call, FaultRules, as_json, parse_rule

NOW = 1_000.0
DOWN = {"kind": "status", "status": 503}


@dataclass(frozen=True)
class Request:
    call: Call
    at_seconds: float


def rules_of(effect=None, **match) -> FaultRules:
    rules = FaultRules()
    rules.add([parse_rule("r", {"match": match, "effect": effect or DOWN})], NOW)
    return rules


def request(endpoint="chat", now=NOW, attempt=1, memory_id=None, audio_sha256=None) -> Request:
    return Request(Call(endpoint, attempt, memory_id, audio_sha256), now)


def triggered(rules: FaultRules, *requests: Request) -> list[bool]:
    return [bool(rules.trigger(each.call, each.at_seconds)) for each in requests]


def the_rule(rules: FaultRules) -> ActiveFault:
    (active,) = rules.active()
    return active


def test_a_rule_without_a_match_is_triggered_by_every_request_and_counts_them():
    rules = rules_of()

    assert triggered(rules, *(request(endpoint) for endpoint in ENDPOINTS)) == [True] * 4
    assert (the_rule(rules).calls, the_rule(rules).times_triggered) == (4, 4)


def test_a_rule_for_one_endpoint_ignores_the_others():
    rules = rules_of(endpoint="chat")

    assert triggered(rules, request("chat"), request("transcription")) == [True, False]
    assert (the_rule(rules).calls, the_rule(rules).times_triggered) == (1, 1)


def test_an_effect_applies_only_at_the_endpoints_where_it_makes_sense():
    assert triggered(
        rules_of({"kind": "refusal"}), request("transcription"), request("chat"), request("responses")
    ) == [False, True, True]
    assert triggered(rules_of({"kind": "bad_audio"}), request("transcription"), request("chat")) == [True, False]


def test_the_nth_call_and_the_first_calls():
    assert triggered(rules_of(nth_call=2), *[request()] * 4) == [False, True, False, False]
    assert triggered(rules_of(first_calls=2), *[request()] * 4) == [True, True, False, False]


def test_only_matching_requests_are_counted():
    rules = rules_of(nth_call=2, memory_id="m1")

    assert triggered(rules, request(memory_id="m1"), request(memory_id="m2"), request(memory_id="m1")) == [
        False,
        False,
        True,
    ]


def test_rules_for_one_recording_and_for_one_memory():
    assert triggered(rules_of(audio_sha256="aa"), request("transcription", audio_sha256="bb")) == [False]
    assert triggered(rules_of(audio_sha256="aa"), request("transcription", audio_sha256="aa")) == [True]
    assert triggered(rules_of(memory_id="m1"), request(memory_id=None), request(memory_id="m1")) == [False, True]


def test_a_window_begins_when_the_rule_is_added():
    rules = rules_of(after_seconds=60, for_seconds=30)

    assert triggered(rules, *(request(now=NOW + age) for age in (0, 59.9, 60, 89.9, 90))) == [
        False,
        False,
        True,
        True,
        False,
    ]
    assert the_rule(rules).calls == 2


def test_a_seeded_probability_does_not_depend_on_the_order_of_requests():
    calls = [request(memory_id=f"m{number}", attempt=attempt) for number in range(200) for attempt in (1, 2)]
    forwards = triggered(rules_of(probability=0.3, seed=7), *calls)
    backwards = triggered(rules_of(probability=0.3, seed=7), *reversed(calls))

    assert forwards == backwards[::-1]
    assert forwards != triggered(rules_of(probability=0.3, seed=8), *calls)
    assert 0.2 < sum(forwards) / len(forwards) < 0.4


def test_probabilities_of_one_and_zero():
    calls = [request(memory_id=f"m{number}") for number in range(50)]

    assert all(triggered(rules_of(probability=1), *calls))
    assert not any(triggered(rules_of(probability=0), *calls))


def rules_in_order(**given) -> FaultRules:
    rules = FaultRules()
    rules.add([parse_rule(rule_id, value) for rule_id, value in given.items()], NOW)
    return rules


def id_of(active: ActiveFault | None) -> str | None:
    return active.rule.id if active else None


def test_the_first_rule_that_is_triggered_decides():
    rules = rules_in_order(
        first={"match": {"endpoint": "chat"}, "effect": DOWN}, second={"effect": {"kind": "quota_exhausted"}}
    )

    assert id_of(rules.trigger_on_body(request("chat").call, NOW)) == "first"
    assert id_of(rules.trigger_on_body(request("transcription").call, NOW)) == "second"
    assert [active.calls for active in rules.active()] == [1, 1]


def test_a_connection_is_refused_before_the_body_is_read_and_every_other_effect_comes_after():
    rules = rules_in_order(refusing={"effect": {"kind": "refuse"}}, failing={"effect": DOWN})

    assert id_of(rules.trigger_on_head(request().call, NOW)) == "refusing"
    assert id_of(rules.trigger_on_body(request().call, NOW)) == "failing"


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ([], "a fault must be a JSON object, not a list"),
        ({"effects": {}}, "a fault has no field 'effects'; it has match, effect"),
        ({}, "effect must be a JSON object, not null"),
        ({"effect": {"kind": "explode"}}, "effect has no kind 'explode'; the kinds are " + ", ".join(KINDS)),
        ({"effect": {"kind": "status"}}, "effect status needs status"),
        ({"effect": {"kind": "status", "status": 200}}, "status must be from 400 to 599, not 200"),
        ({"effect": {"kind": "status", "status": 500.5}}, "status must be a whole number, not 500.5"),
        ({"effect": {"kind": "slow", "seconds": "long"}}, "seconds must be a number, not a text"),
        ({"effect": {"kind": "slow", "seconds": True}}, "seconds must be a number, not a boolean"),
        ({"effect": {"kind": "slow", "seconds": -1}}, "seconds must be at least 0, not -1"),
        ({"effect": {"kind": "slow", "minutes": 1}}, "effect slow has no field 'minutes'; it has kind, seconds"),
    ],
)
def test_a_bad_rule_is_refused_in_one_sentence(value, sentence):
    with pytest.raises(InvalidRequest) as refused:
        parse_rule("r", value)

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("match", "effect", "sentence"),
    [
        ({"probability": 1.5}, DOWN, "probability must be from 0 to 1, not 1.5"),
        (
            {"endpoint": "speech"},
            DOWN,
            "endpoint must be one of any, transcription, chat, responses, models, not 'speech'",
        ),
        ({"nth_call": 0}, DOWN, "nth_call must be at least 1, not 0"),
        ({"nth_call": 1, "first_calls": 1}, DOWN, "nth_call and first_calls exclude each other"),
        ({"memory_id": 7}, DOWN, "memory_id must be a text, not a number"),
        (
            {"endpoint": "transcription"},
            {"kind": "refusal"},
            "refusal can only happen to chat or responses, not to transcription",
        ),
        ({"endpoint": "chat", "audio_sha256": "aa"}, DOWN, "audio_sha256 only matches the transcription endpoint"),
        (
            {"audio_sha256": "aa"},
            {"kind": "refuse"},
            "a connection is refused before its recording is known: match by memory_id instead",
        ),
    ],
)
def test_a_bad_match_is_refused_in_one_sentence(match, effect, sentence):
    with pytest.raises(InvalidRequest) as refused:
        parse_rule("r", {"match": match, "effect": effect})

    assert str(refused.value) == sentence


def test_an_unknown_match_field_is_named_beside_the_known_ones():
    with pytest.raises(InvalidRequest, match=r"match has no field 'nth'; it has endpoint, memory_id, audio_sha256, "):
        rules_of(nth=1)


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(sorted(KINDS)))
def test_the_json_of_every_kind_of_rule_can_be_read_again(kind):
    required = {name: 500 for name, setting in KINDS[kind].settings.items() if setting.required}
    active = the_rule(rules_of({"kind": kind, **required}))

    again = parse_rule("again", {key: as_json(active)[key] for key in ("match", "effect")})

    assert (again.match, again.effect) == (active.rule.match, active.rule.effect)
