"""Every OpenAI fault is a rule that the simulator accepts, and a sentence that a report can print."""

import pytest

from sim import faults, recordings
from sim.clock.durations import minutes, seconds
from sim.openai_simulator.faults.effects import KINDS
from sim.openai_simulator.faults.rules import parse_rule
from sim.openai_simulator.refusals import REFUSALS

EVERY = [
    faults.openai.down(),
    faults.openai.errors(),
    faults.openai.rate_limited(),
    faults.openai.rate_limited(retry_after_seconds=seconds(5)),
    faults.openai.quota_exhausted(),
    faults.openai.wrong_key(),
    faults.openai.forbidden(),
    faults.openai.retired_model(),
    faults.openai.slow(30),
    faults.openai.hanging(),
    faults.openai.dripping(),
    faults.openai.refused(),
    faults.openai.resets(),
    faults.openai.truncated(),
    faults.openai.html_page(),
    faults.openai.empty_object(),
    faults.openai.redirects(),
    faults.openai.oversized(),
    faults.openai.decompression_bomb(),
    *(faults.openai.refuses(why) for why in REFUSALS),
    *(faults.openai.bad_analysis(kind) for kind in faults.openai.BAD_ANALYSES),
    faults.openai.unreadable_audio(),
    faults.openai.audio_too_large(),
    faults.openai.empty_transcript(),
]


@pytest.mark.parametrize("fault", EVERY, ids=lambda fault: fault.kind)
def test_a_fault_is_a_rule_that_the_simulator_accepts(fault):
    rule = parse_rule("r", fault.to_rule())

    assert rule.effect.kind == fault.kind
    assert rule.match.endpoint == fault.endpoint


def test_there_is_a_fault_for_every_effect():
    assert {fault.kind for fault in EVERY} == set(KINDS)


def test_the_descriptions():
    assert faults.openai.down(endpoint="chat").describe() == "OpenAI answers 503 on chat completions"
    assert faults.openai.errors(502, times=2).describe() == "OpenAI answers 502 (the first 2 calls)"
    assert faults.openai.slow(minutes(2)).describe() == "OpenAI answers after 2 min"
    wait = faults.openai.rate_limited(retry_after_seconds=5, endpoint="transcription")
    assert wait.describe() == "OpenAI answers 429 with Retry-After 5 s on transcriptions"
    some = faults.openai.down().with_probability(0.3, seed=7).during(minutes(10), after=seconds(5))
    assert some.describe() == "OpenAI answers 503 (30% of the calls, for 10 min after 5 s)"
    assert len({fault.describe() for fault in EVERY if fault.endpoint == "any"}) > 10


def test_a_narrowed_fault_is_a_new_value():
    fault = faults.openai.down()
    soup = recordings.by_name("lentil-soup")

    narrowed = fault.for_endpoint("transcription").for_recording(soup).for_memory("m1").only_call(3)

    assert fault.to_rule()["match"] == {"endpoint": "any"}
    assert narrowed.to_rule()["match"] == {
        "endpoint": "transcription",
        "audio_sha256": soup.sha256,
        "memory_id": "m1",
        "nth_call": 3,
    }


def test_an_unknown_bad_analysis_is_refused():
    with pytest.raises(ValueError, match=r"there is no kind 'rude' of bad analysis; the kinds are malformed, "):
        faults.openai.bad_analysis("rude")


def test_an_unknown_refusal_is_refused():
    with pytest.raises(ValueError, match=r"there is no refusal 'mood'; the refusals are audio_too_long, "):
        faults.openai.refuses("mood")


@pytest.mark.parametrize(("retry", "said"), [(True, 1), (False, 0)])
def test_advice_on_retries(retry, said):
    fault = faults.openai.errors(503).advising(retry=retry)

    assert fault.to_rule()["effect"] == {"kind": "status", "status": 503, "should_retry": said}
    assert fault.describe() == f"OpenAI answers 503 (x-should-retry: {str(retry).lower()})"


def test_advice_is_refused_where_the_answer_is_not_an_error():
    with pytest.raises(ValueError, match="should_retry"):
        faults.openai.slow(3).advising(retry=True)


class FakeSpace:
    """Keeps rules as the simulator does."""

    def __init__(self):
        self.rules = {}

    def add_fault(self, rule, fault_id):
        self.rules[fault_id] = {"rule": rule, "times_triggered": 0}
        return fault_id

    def fault(self, fault_id):
        return self.rules[fault_id]

    def remove_fault(self, fault_id):
        return self.rules.pop(fault_id)


class World:
    def __init__(self):
        self.openai = FakeSpace()


def test_a_fault_is_active_until_it_is_stopped_and_keeps_its_count():
    world, fault = World(), faults.openai.down()

    active = fault.start(world)
    (rule_id,) = world.openai.rules
    world.openai.rules[rule_id]["times_triggered"] = 3

    assert active.times_triggered == 3
    active.stop()
    active.stop()
    assert world.openai.rules == {}
    assert active.times_triggered == 3


def test_the_same_fault_may_be_active_twice():
    world, fault = World(), faults.openai.down()

    first, second = fault.start(world), fault.start(world)
    first.stop()

    assert len(world.openai.rules) == 1
    second.stop()
    assert world.openai.rules == {}
