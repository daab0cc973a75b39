"""Chat completions and responses with parameters that are offered."""

import json

import pytest

from tests.unit.openai_simulator.asking import MESSAGES, ask_chat, ask_responses, item, said


@pytest.mark.parametrize(
    "body",
    [
        {"temperature": 2, "top_p": 0, "presence_penalty": -2, "frequency_penalty": 2.0, "seed": -5},
        {"temperature": None, "n": None, "stop": None, "stream": None, "logprobs": None, "store": None},
        {"model": "gpt-5", "temperature": 1, "top_p": 1, "presence_penalty": 0, "logprobs": False},
        {"model": "gpt-5.4", "reasoning_effort": "none", "temperature": 0, "top_p": 0.5},
        {"model": "gpt-5", "reasoning_effort": "minimal", "verbosity": "high", "max_completion_tokens": 128_000},
        {"reasoning_effort": None, "verbosity": "medium"},
        {"store": True, "metadata": {"a": "b"}, "user": "u", "safety_identifier": "s", "prompt_cache_key": "k"},
        {"modalities": ["text"], "logit_bias": {}, "audio": None, "prediction": None, "prompt_cache_retention": "24h"},
        {"response_format": {"type": "text"}},
        said({"role": "developer", "content": "Be brief.", "name": "d"}, *MESSAGES),
        said({"role": "system", "content": [{"type": "text", "text": "Be brief."}]}, *MESSAGES),
        said(*MESSAGES, {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}, *MESSAGES),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_chat_completion_is_answered(body):
    (choice,) = ask_chat(**body)["choices"]

    assert (choice["message"]["content"], choice["finish_reason"]) == ("It rains. Bring a coat.", "stop")


@pytest.mark.parametrize(
    "body",
    [
        {"temperature": 2, "top_p": 0, "store": False, "truncation": "disabled", "background": False},
        {"model": "gpt-5.4", "reasoning": {"effort": "none"}, "temperature": 0, "text": {"verbosity": "low"}},
        {"instructions": "Be brief.", "metadata": {"a": "b"}, "tools": [], "tool_choice": "auto"},
        {"include": ["file_search_call.results", "reasoning.encrypted_content"], "parallel_tool_calls": False},
        {"text": {"format": {"type": "text"}}, "reasoning": None, "prompt_cache_key": "k"},
        item("It rains. Bring a coat.", type="message"),
        item([{"type": "input_text", "text": "It rains. Bring a coat."}]),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_response_is_given(body):
    response = ask_responses(**body)

    assert response["output"][0]["content"][0]["text"] == "It rains. Bring a coat."
    repeated = {name: value for name, value in body.items() if name in response and value is not None}
    assert {name: response[name] for name in repeated if name not in ("text", "reasoning")} == {
        name: value for name, value in repeated.items() if name not in ("text", "reasoning")
    }


@pytest.mark.parametrize(
    "body",
    [
        {"stop": ["1", "2", "3", "4"], "n": 128, "logprobs": True, "top_logprobs": 20},
        {"safety_identifier": "s" * 64, "max_tokens": 32_768},
        {"store": True, "metadata": {str(number): "x" * 512 for number in range(16)}},
        {"messages": [{"role": "system", "content": "Be brief."}] * 2_047 + MESSAGES},
        {
            "model": "gpt-4o",
            "max_tokens": 16_000,
            "messages": [{"role": "system", "content": "x" * 447_974}, *MESSAGES],
        },
    ],
    ids=lambda value: str(value)[:60],
)
def test_the_most_that_is_taken(body):
    assert ask_chat(**body)["choices"][0]["message"]["content"] == "It rains. Bring a coat."


def test_the_longest_input_of_a_response():
    longest = "It rains. Bring a coat. ".ljust(128_000 * 4 - 1, "x")

    assert ask_responses(model="gpt-4o", input=longest)["usage"]["input_tokens"] == 128_000


def test_choices():
    answer = ask_chat(n=3)

    assert [choice["index"] for choice in answer["choices"]] == [0, 1, 2]
    assert answer["usage"]["completion_tokens"] == 3 * ask_chat()["usage"]["completion_tokens"]


def test_log_probabilities_of_every_token():
    answer = ask_chat(logprobs=True, top_logprobs=20)

    content = answer["choices"][0]["logprobs"]["content"]
    assert "".join(each["token"] for each in content) == "It rains. Bring a coat."
    assert len(content) == answer["usage"]["completion_tokens"]
    assert all(bytes(each["bytes"]).decode() == each["token"] for each in content)
    assert {len(each["top_logprobs"]) for each in content} == {20}
    assert all(each["top_logprobs"][0]["token"] == each["token"] for each in content)
    assert all(len({top["token"] for top in each["top_logprobs"]}) == 20 for each in content)


def test_no_log_probabilities_unless_they_are_asked_for():
    assert ask_chat()["choices"][0]["logprobs"] is None
    assert ask_responses(top_logprobs=2)["output"][0]["content"][0]["logprobs"] == []


def test_log_probabilities_of_a_response():
    include = ["message.output_text.logprobs"]

    part = ask_responses(include=include, top_logprobs=1)["output"][0]["content"][0]

    assert "".join(each["token"] for each in part["logprobs"]) == part["text"]
    assert {len(each["top_logprobs"]) for each in part["logprobs"]} == {1}


@pytest.mark.parametrize(
    ("stop", "text"), [("rain", "It "), (["coat", "."], "It rains"), ("snow", "It rains. Bring a coat.")]
)
def test_an_answer_ends_before_a_stop_sequence(stop, text):
    answer = ask_chat(stop=stop)

    assert (answer["choices"][0]["message"]["content"], answer["choices"][0]["finish_reason"]) == (text, "stop")


def test_a_json_object_is_one():
    answer = ask_chat(response_format={"type": "json_object"}, messages=[{"role": "user", "content": "Rain, as JSON."}])

    assert json.loads(answer["choices"][0]["message"]["content"])["title"] == "Rain, as JSON"
    given = ask_responses(text={"format": {"type": "json_object"}}, input="Rain, as JSON.")
    assert json.loads(given["output"][0]["content"][0]["text"])["title"] == "Rain, as JSON"


@pytest.mark.parametrize(("tier", "served"), [("auto", "default"), ("fast", "priority"), ("flex", "flex")])
def test_the_tier_that_served(tier, served):
    assert ask_chat(service_tier=tier)["service_tier"] == served == ask_responses(service_tier=tier)["service_tier"]
