"""The drift test's comparison works: the simulator equals itself, and a change is found."""

import openai
import pytest

from tests.drift.comparison import compare_answers, compare_refusals
from tests.drift.requests import ANSWERS, REFUSALS, chat
from tests.drift.shapes import differences, shape_of
from tests.integration.openai_simulator.helpers import client_of


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_given_and_equals_itself(client, name):
    assert compare_answers(ANSWERS[name], client, client) == []


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_is_one_and_equals_itself(client, name):
    assert compare_refusals(REFUSALS[name], client, client) == []
    with pytest.raises(openai.APIStatusError):
        REFUSALS[name](client)


def test_other_services_differ(client, simulator):
    other = simulator.server.space("other-answers")
    other.add_fault({"effect": {"kind": "status", "status": 503}})
    with client_of(other) as different:
        assert compare_refusals(chat(n=0), client, different)
        assert compare_refusals(chat(), client, different)


@pytest.mark.parametrize(
    ("real", "ours", "found"),
    [
        ({"a": 1}, {"a": 2.5}, []),
        ({"a": 1}, {}, ["answer.a: OpenAI alone"]),
        ({}, {"a": 1}, ["answer.a: the simulator alone"]),
        ({"a": 1}, {"a": "x"}, ["answer.a: number from OpenAI, str from the simulator"]),
        ({"a": True}, {"a": 1}, ["answer.a: bool from OpenAI, number from the simulator"]),
        ({"a": None}, {"a": 1}, []),
        ({"a": []}, {"a": [{"b": 1}]}, []),
        ({"a": [{"b": 1}, {"c": 1}]}, {"a": [{"b": 1}]}, ["answer.a[].c: OpenAI alone"]),
        ({"a": [None, {"b": 1}]}, {"a": [{}]}, ["answer.a[].b: OpenAI alone"]),
        ([1], {"a": 1}, ["answer: ['number'] from OpenAI, {'a': 'number'} from the simulator"]),
    ],
)
def test_shapes_that_differ(real, ours, found):
    assert differences(shape_of(real), shape_of(ours)) == found
