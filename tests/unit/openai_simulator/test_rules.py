"""Which calls meet a rule, and which rules are refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.openai_simulator.faults.effects import ENDPOINTS, KINDS
from sim.openai_simulator.faults.fields import BadField
from sim.openai_simulator.faults.rules import Call, Rule, Rules, parse_rule

NOW = 1_000.0
DOWN = {"kind": "status", "status": 503}


def rule(effect=None, **match) -> Rule:
    return parse_rule("r", {"match": match, "effect": effect or DOWN}, NOW)


def call(endpoint="chat", now=NOW, attempt=1, memory_id=None, audio_sha256=None) -> Call:
    return Call(endpoint, now, attempt, memory_id, audio_sha256)


def met(one: Rule, *calls: Call) -> list[bool]:
    return [one.meets(each) for each in calls]


def test_a_rule_without_a_match_meets_every_call_and_counts_them():
    one = rule()

    assert met(one, *(call(endpoint) for endpoint in ENDPOINTS)) == [True] * 4
    assert (one.calls, one.times_triggered) == (4, 4)


def test_an_endpoint_keeps_other_endpoints_out():
    one = rule(endpoint="chat")

    assert met(one, call("chat"), call("transcription")) == [True, False]
    assert (one.calls, one.times_triggered) == (1, 1)


def test_an_effect_only_meets_the_endpoints_where_it_makes_sense():
    assert met(rule({"kind": "refusal"}), call("transcription"), call("chat"), call("responses")) == [False, True, True]
    assert met(rule({"kind": "bad_audio"}), call("transcription"), call("chat")) == [True, False]


def test_the_nth_call_and_the_first_calls():
    assert met(rule(nth_call=2), *[call()] * 4) == [False, True, False, False]
    assert met(rule(first_calls=2), *[call()] * 4) == [True, True, False, False]


def test_counts_are_of_the_calls_that_fit():
    one = rule(nth_call=2, memory_id="m1")

    assert met(one, call(memory_id="m1"), call(memory_id="m2"), call(memory_id="m1")) == [False, False, True]


def test_one_recording_and_one_memory():
    assert met(rule(audio_sha256="aa"), call("transcription", audio_sha256="bb")) == [False]
    assert met(rule(audio_sha256="aa"), call("transcription", audio_sha256="aa")) == [True]
    assert met(rule(memory_id="m1"), call(memory_id=None), call(memory_id="m1")) == [False, True]


def test_a_window_counts_from_when_the_rule_was_put_in_place():
    one = rule(after_seconds=60, for_seconds=30)

    assert met(one, *(call(now=NOW + age) for age in (0, 59.9, 60, 89.9, 90))) == [False, False, True, True, False]
    assert one.calls == 2


def test_chance_is_decided_by_the_seed_whatever_the_order():
    calls = [call(memory_id=f"m{number}", attempt=attempt) for number in range(200) for attempt in (1, 2)]
    forwards = met(rule(probability=0.3, seed=7), *calls)
    backwards = met(rule(probability=0.3, seed=7), *reversed(calls))

    assert forwards == backwards[::-1]
    assert forwards != met(rule(probability=0.3, seed=8), *calls)
    assert 0.2 < sum(forwards) / len(forwards) < 0.4


def test_certainty_and_impossibility():
    calls = [call(memory_id=f"m{number}") for number in range(50)]

    assert all(met(rule(probability=1), *calls))
    assert not any(met(rule(probability=0), *calls))


def test_the_first_rule_that_is_met_decides():
    first, second = rule(endpoint="chat"), rule({"kind": "quota_exhausted"})
    rules = Rules({"first": first, "second": second})

    assert rules.meet(call("chat"), body_read=True) is first
    assert rules.meet(call("transcription"), body_read=True) is second
    assert second.calls == 1


def test_a_refused_connection_is_decided_before_the_body_and_everything_else_after():
    refusing, failing = rule({"kind": "refuse"}), rule()
    rules = Rules({"refusing": refusing, "failing": failing})

    assert rules.meet(call(), body_read=False) is refusing
    assert rules.meet(call(), body_read=True) is failing


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
        ({"effect": {"kind": "slow", "seconds": True}}, "seconds must be a number, not a truth value"),
        ({"effect": {"kind": "slow", "seconds": -1}}, "seconds must be at least 0, not -1"),
        ({"effect": {"kind": "slow", "minutes": 1}}, "effect slow has no field 'minutes'; it has kind, seconds"),
    ],
)
def test_a_bad_rule_is_refused_in_one_sentence(value, sentence):
    with pytest.raises(BadField) as refused:
        parse_rule("r", value, NOW)

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
        ({"endpoint": "chat", "audio_sha256": "aa"}, DOWN, "audio_sha256 only fits the transcription endpoint"),
        (
            {"audio_sha256": "aa"},
            {"kind": "refuse"},
            "a refused connection can not know its recording: match by memory_id instead",
        ),
    ],
)
def test_a_bad_match_is_refused_in_one_sentence(match, effect, sentence):
    with pytest.raises(BadField) as refused:
        parse_rule("r", {"match": match, "effect": effect}, NOW)

    assert str(refused.value) == sentence


def test_an_unknown_match_field_is_named_beside_the_known_ones():
    with pytest.raises(BadField, match=r"match has no field 'nth'; it has endpoint, memory_id, audio_sha256, nth_call"):
        rule(nth=1)


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(sorted(KINDS)))
def test_every_kind_can_be_put_in_place_and_shown_again(kind):
    required = {name: 500 for name, setting in KINDS[kind].settings.items() if setting.required}
    one = rule({"kind": kind, **required})

    again = parse_rule("again", {key: one.as_json()[key] for key in ("match", "effect")}, NOW)

    assert (again.match, again.effect) == (one.match, one.effect)
