"""A chat completion that OpenAI refuses, or that the simulator does not offer, is refused by the parameter's name."""

import pytest

from tests.unit.openai_simulator.asking import (
    MESSAGES,
    NOT_STRICT_ENOUGH,
    SCHEMA,
    STRICT,
    ask_chat,
    refused,
    said,
    user,
)


@pytest.mark.parametrize(
    ("body", "message", "code", "param"),
    [
        ({"thinking": True}, "Unrecognized request argument supplied: thinking", None, None),
        ({"a": 1, "b": 2}, "Unrecognized request arguments supplied: a, b", None, None),
        ({"model": ""}, "you must provide a model parameter", None, None),
        (
            {"model": 5},
            "Invalid type for 'model': expected a string, but got an integer instead.",
            "invalid_type",
            "model",
        ),
        (
            {"model": "gpt-99"},
            "The model `gpt-99` does not exist or you do not have access to it.",
            "model_not_found",
            None,
        ),
        (
            {"temperature": "hot"},
            "Invalid type for 'temperature': expected a decimal, but got a string instead.",
            "invalid_type",
            "temperature",
        ),
        (
            {"temperature": True},
            "Invalid type for 'temperature': expected a decimal, but got a boolean instead.",
            "invalid_type",
            "temperature",
        ),
        (
            {"temperature": 10**400},
            f"Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got {10**400} instead.",
            "decimal_above_max_value",
            "temperature",
        ),
        (
            {"temperature": 2.5},
            "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.",
            "decimal_above_max_value",
            "temperature",
        ),
        (
            {"temperature": -1},
            "Invalid 'temperature': decimal below minimum value. Expected a value >= 0, but got -1 instead.",
            "decimal_below_min_value",
            "temperature",
        ),
        (
            {"n": 0},
            "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead.",
            "integer_below_min_value",
            "n",
        ),
        (
            {"n": 129},
            "Invalid 'n': integer above maximum value. Expected a value <= 128, but got 129 instead.",
            "integer_above_max_value",
            "n",
        ),
        ({"n": 1.5}, "Invalid type for 'n': expected an integer, but got a decimal instead.", "invalid_type", "n"),
        (
            {"messages": []},
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            "empty_array",
            "messages",
        ),
        (
            {"messages": MESSAGES * 2049},
            "Invalid 'messages': array too long. Expected an array with maximum length 2048, but got an array with "
            "length 2049 instead.",
            "array_above_max_length",
            "messages",
        ),
        (
            {"messages": "Hello"},
            "Invalid type for 'messages': expected an array of objects, but got a string instead.",
            "invalid_type",
            "messages",
        ),
        (
            said({"role": "operator", "content": "x"}),
            "Invalid value: 'operator'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and "
            "'developer'.",
            "invalid_value",
            "messages[0].role",
        ),
        (
            said({"content": "x"}),
            "Missing required parameter: 'messages[0].role'.",
            "missing_required_parameter",
            "messages[0].role",
        ),
        (
            said({"role": "user"}),
            "Missing required parameter: 'messages[0].content'.",
            "missing_required_parameter",
            "messages[0].content",
        ),
        (
            user(None),
            "Invalid type for 'messages[0].content': expected one of a string or array of objects, but got null "
            "instead.",
            "invalid_type",
            "messages[0].content",
        ),
        (user("x", mood="glad"), "Unknown parameter: 'messages[0].mood'.", "unknown_parameter", "messages[0].mood"),
        (
            user([{"type": "text"}]),
            "Missing required parameter: 'messages[0].content[0].text'.",
            "missing_required_parameter",
            "messages[0].content[0].text",
        ),
        (
            user([{"type": "image_url", "image_url": {"url": "data:,"}}]),
            "The simulator does not support 'image_url' as 'messages[0].content[0].type'.",
            "unsupported_value",
            "messages[0].content[0].type",
        ),
        (
            user([{"type": "video"}]),
            "Invalid value: 'video'. Supported values are: 'text', 'image_url', 'input_audio', and 'file'.",
            "invalid_value",
            "messages[0].content[0].type",
        ),
        (
            user("x" * 10_485_761),
            "Invalid 'messages[0].content': string too long. Expected a string with maximum length 10485760, but got a "
            "string with length 10485761 instead.",
            "string_above_max_length",
            "messages[0].content",
        ),
        (
            said({"role": "tool", "content": "x", "tool_call_id": "y"}),
            "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
            "'tool_calls'.",
            None,
            "messages.[0].role",
        ),
        (
            {"model": "gpt-5", **said({"role": "function", "name": "f", "content": "x"})},
            "Unsupported value: 'messages[0].role' does not support 'function' with this model.",
            "unsupported_value",
            "messages[0].role",
        ),
        (
            said({"role": "function", "name": "f", "content": "x"}),
            "The simulator does not support 'messages[0].role'.",
            "unsupported_parameter",
            "messages[0].role",
        ),
        (
            {"stop": ["a", "b", "c", "d", "e"]},
            "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length 5 "
            "instead.",
            "array_above_max_length",
            "stop",
        ),
        (
            {"stop": 5},
            "Invalid type for 'stop': expected one of a string or array of strings, but got an integer instead.",
            "invalid_type",
            "stop",
        ),
        (
            {"stream_options": {"include_usage": True}},
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            None,
            "stream_options",
        ),
        (
            {"stream": True, "stream_options": {"usage": True}},
            "Unknown parameter: 'stream_options.usage'.",
            "unknown_parameter",
            "stream_options.usage",
        ),
        (
            {"top_logprobs": 2},
            "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.",
            None,
            "top_logprobs",
        ),
        (
            {"metadata": {"a": "b"}},
            "The 'metadata' parameter is only allowed when 'store' is enabled.",
            None,
            "metadata",
        ),
        (
            {"logprobs": True, "top_logprobs": 21},
            "Invalid 'top_logprobs': integer above maximum value. Expected a value <= 20, but got 21 instead.",
            "integer_above_max_value",
            "top_logprobs",
        ),
        (
            {"response_format": "json_object"},
            "Invalid type for 'response_format': expected an object, but got a string instead.",
            "invalid_type",
            "response_format",
        ),
        (
            {"response_format": {"type": "xml"}},
            "Invalid value: 'xml'. Supported values are: 'text', 'json_object', and 'json_schema'.",
            "invalid_value",
            "response_format.type",
        ),
        (
            {"response_format": {"type": "text", "strict": True}},
            "Unknown parameter: 'response_format.strict'.",
            "unknown_parameter",
            "response_format.strict",
        ),
        (
            {"response_format": {"type": "json_schema"}},
            "Missing required parameter: 'response_format.json_schema'.",
            "missing_required_parameter",
            "response_format.json_schema",
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"schema": SCHEMA}}},
            "Missing required parameter: 'response_format.json_schema.name'.",
            "missing_required_parameter",
            "response_format.json_schema.name",
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a b", "schema": SCHEMA}}},
            "Invalid 'response_format.json_schema.name': string does not match pattern. Expected a string that matches "
            "the pattern '^[a-zA-Z0-9_-]+$'.",
            "invalid_value",
            "response_format.json_schema.name",
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": NOT_STRICT_ENOUGH}},
            "Invalid schema for response_format 'X': In context=(), 'additionalProperties' is required to be supplied "
            "and to be false.",
            None,
            "response_format",
        ),
        (
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {**STRICT, "schema": {"if": {}}, "strict": False},
                }
            },
            "The simulator does not support the schema in 'response_format': it has the keyword 'if'.",
            "unsupported_value",
            "response_format",
        ),
        (
            {"response_format": {"type": "json_object"}},
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
            None,
            "messages",
        ),
        (
            {"max_tokens": 40_000},
            "max_tokens is too large: 40000. This model supports at most 32768 completion tokens, whereas you provided "
            "40000.",
            "invalid_value",
            "max_tokens",
        ),
        (
            {"max_tokens": 5, "max_completion_tokens": 5},
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
            "invalid_parameter_combination",
            "max_tokens",
        ),
        (
            {"max_completion_tokens": 0},
            "Invalid 'max_completion_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
            "integer_below_min_value",
            "max_completion_tokens",
        ),
        (
            {"model": "gpt-5", "max_tokens": 5},
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' "
            "instead.",
            "unsupported_parameter",
            "max_tokens",
        ),
        (
            {"model": "gpt-5", "temperature": 0.2},
            "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is "
            "supported.",
            "unsupported_value",
            "temperature",
        ),
        *(
            (
                {"model": "gpt-5.4", name: value},
                f"Unsupported parameter: '{name}' is not supported with this model.",
                "unsupported_parameter",
                name,
            )
            for name, value in [
                ("top_p", 0.5),
                ("top_p", 0),
                ("presence_penalty", 1),
                ("frequency_penalty", -2),
                ("stop", "."),
                ("logprobs", True),
            ]
        ),
        (
            {"model": "gpt-5.4", "reasoning_effort": "minimal"},
            "Unsupported value: 'reasoning_effort' does not support 'minimal' with this model. Supported values are: "
            "'none', 'low', 'medium', 'high', and 'xhigh'.",
            "unsupported_value",
            "reasoning_effort",
        ),
        (
            {"reasoning_effort": "low"},
            "Unrecognized request argument supplied: reasoning_effort",
            None,
            None,
        ),
        (
            {"verbosity": "low"},
            "Unsupported value: 'verbosity' does not support 'low' with this model. Supported values are: 'medium'.",
            "unsupported_value",
            "verbosity",
        ),
        (
            {"model": "gpt-4o", **user("word " * 110_000)},
            "This model's maximum context length is 128000 tokens. However, your messages resulted in 137500 tokens. "
            "Please reduce the length of the messages.",
            "context_length_exceeded",
            "messages",
        ),
        (
            {"model": "gpt-4o", "max_tokens": 16_000, **user("word " * 100_000)},
            "This model's maximum context length is 128000 tokens. However, you requested 141000 tokens (125000 in the "
            "messages, 16000 in the completion). Please reduce the length of the messages or completion.",
            "context_length_exceeded",
            "messages",
        ),
        (
            {"store": True, "metadata": {str(number): "x" for number in range(17)}},
            "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object "
            "with 17 instead.",
            "object_above_max_properties",
            "metadata",
        ),
        (
            {"store": True, "metadata": {"a": 1}},
            "Invalid type for 'metadata.a': expected a string, but got an integer instead.",
            "invalid_type",
            "metadata.a",
        ),
        (
            {"safety_identifier": "x" * 65},
            "Invalid 'safety_identifier': string too long. Expected a string with maximum length 64, but got a string "
            "with length 65 instead.",
            "string_above_max_length",
            "safety_identifier",
        ),
        ({"user": None}, "Invalid type for 'user': expected a string, but got null instead.", "invalid_type", "user"),
        (
            {"service_tier": "slow"},
            "Invalid value: 'slow'. Supported values are: 'auto', 'default', 'flex', 'scale', 'priority', and 'fast'.",
            "invalid_value",
            "service_tier",
        ),
        *(
            ({name: value}, f"The simulator does not support '{name}'.", "unsupported_parameter", name)
            for name, value in [
                ("audio", {"format": "wav", "voice": "alloy"}),
                ("function_call", "none"),
                ("functions", []),
                ("logit_bias", {"50256": -100}),
                ("modalities", ["text", "audio"]),
                ("moderation", {"model": "x"}),
                ("parallel_tool_calls", True),
                ("prediction", {"type": "content", "content": "x"}),
                ("prompt_cache_options", {"mode": "implicit"}),
                ("tool_choice", "auto"),
                ("tools", [{"type": "function", "function": {"name": "f"}}]),
                ("web_search_options", {}),
            ]
        ),
        (
            said({"role": "assistant", "content": "x", "tool_calls": []}),
            "The simulator does not support 'messages[0].tool_calls'.",
            "unsupported_parameter",
            "messages[0].tool_calls",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_chat_completion_is_refused(body, message, code, param):
    assert refused(ask_chat, body) == (message, code, param)
