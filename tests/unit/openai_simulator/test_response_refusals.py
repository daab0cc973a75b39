"""A response that OpenAI refuses, or that the simulator does not offer, is refused by the parameter's name."""

import pytest

from tests.unit.openai_simulator.asking import MESSAGES, NOT_STRICT_ENOUGH, ask_responses, item, refused


@pytest.mark.parametrize(
    ("body", "message", "code", "param"),
    [
        ({"thinking": True}, "Unknown parameter: 'thinking'.", "unknown_parameter", "thinking"),
        ({"messages": MESSAGES}, "Unknown parameter: 'messages'.", "unknown_parameter", "messages"),
        ({"model": ""}, "Missing required parameter: 'model'.", "missing_required_parameter", "model"),
        ({"input": []}, "Missing required parameter: 'input'.", "missing_required_parameter", "input"),
        (
            {"input": {"role": "user"}},
            "Invalid type for 'input': expected one of a string or array of objects, but got an object instead.",
            "invalid_type",
            "input",
        ),
        (
            {"max_output_tokens": 15},
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 15 instead.",
            "integer_below_min_value",
            "max_output_tokens",
        ),
        (
            {"max_output_tokens": 40_000},
            "Invalid 'max_output_tokens': integer above maximum value. Expected a value <= 32768, but got 40000 "
            "instead.",
            "integer_above_max_value",
            "max_output_tokens",
        ),
        ({"n": 2}, "Unknown parameter: 'n'.", "unknown_parameter", "n"),
        (
            {"response_format": {"type": "text"}},
            "Unknown parameter: 'response_format'.",
            "unknown_parameter",
            "response_format",
        ),
        (
            {"text": {"format": {"type": "json_object"}}},
            "Response input messages must contain the word 'json' in some form to use 'text.format' of type "
            "'json_object'.",
            None,
            "input",
        ),
        (
            {"text": {"format": {"type": "json_schema", "name": "X"}}},
            "Missing required parameter: 'text.format.schema'.",
            "missing_required_parameter",
            "text.format.schema",
        ),
        (
            {"text": {"format": {"type": "json_schema", **NOT_STRICT_ENOUGH}}},
            "Invalid schema for response_format 'X': In context=(), 'additionalProperties' is required to be supplied "
            "and to be false.",
            None,
            "text.format.schema",
        ),
        (
            {"text": {"verbosity": "low"}},
            "Unsupported value: 'text.verbosity' does not support 'low' with this model. Supported values are: "
            "'medium'.",
            "unsupported_value",
            "text.verbosity",
        ),
        (
            {"reasoning": {"effort": "low"}},
            "Unsupported parameter: 'reasoning.effort' is not supported with this model.",
            "unsupported_parameter",
            "reasoning.effort",
        ),
        (
            {"model": "gpt-5", "reasoning": {"max_tokens": 5}},
            "Unknown parameter: 'reasoning.max_tokens'.",
            "unknown_parameter",
            "reasoning.max_tokens",
        ),
        (
            {"model": "gpt-5", "reasoning": {"effort": "none"}},
            "Unsupported value: 'reasoning.effort' does not support 'none' with this model. Supported values are: "
            "'minimal', 'low', 'medium', and 'high'.",
            "unsupported_value",
            "reasoning.effort",
        ),
        (
            {"model": "gpt-5", "temperature": 0.2},
            "Unsupported parameter: 'temperature' is not supported with this model.",
            "unsupported_parameter",
            "temperature",
        ),
        (
            {"model": "gpt-5", "top_p": 0.2},
            "Unsupported parameter: 'top_p' is not supported with this model.",
            "unsupported_parameter",
            "top_p",
        ),
        (
            {"model": "gpt-5", "include": ["message.output_text.logprobs"]},
            "logprobs are not supported with reasoning models.",
            "unsupported_parameter",
            "include",
        ),
        (
            {"include": ["everything"]},
            "Invalid value: 'everything'. Supported values are: 'file_search_call.results', 'web_search_call.results', "
            "'web_search_call.action.sources', 'message.input_image.image_url', "
            "'computer_call_output.output.image_url', 'code_interpreter_call.outputs', 'reasoning.encrypted_content', "
            "and 'message.output_text.logprobs'.",
            "invalid_value",
            "include[0]",
        ),
        (
            item("x", role="tool"),
            "Invalid value: 'tool'. Supported values are: 'user', 'assistant', 'system', and 'developer'.",
            "invalid_value",
            "input[0].role",
        ),
        (item("x", mood="glad"), "Unknown parameter: 'input[0].mood'.", "unknown_parameter", "input[0].mood"),
        (
            item([{"type": "text", "text": "x"}]),
            "Invalid value: 'text'. Supported values are: 'input_text', 'output_text', 'refusal', 'input_image', and "
            "'input_file'.",
            "invalid_value",
            "input[0].content[0].type",
        ),
        (
            item([{"type": "input_image"}]),
            "The simulator does not support 'input_image' as 'input[0].content[0].type'.",
            "unsupported_value",
            "input[0].content[0].type",
        ),
        (
            {"input": [{"type": "function_call_output", "call_id": "x", "output": "y"}]},
            "The simulator does not support 'function_call_output' as 'input[0].type'.",
            "unsupported_value",
            "input[0].type",
        ),
        (
            {"model": "gpt-4o", "input": "word " * 110_000},
            "Your input exceeds the context window of this model. Please adjust your input and try again.",
            "context_length_exceeded",
            "input",
        ),
        (
            {"stream_options": {"include_obfuscation": False}},
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            None,
            "stream_options",
        ),
        *(
            ({name: value}, f"The simulator does not support '{name}'.", "unsupported_parameter", name)
            for name, value in [
                ("background", True),
                ("context_management", [{"type": "compaction"}]),
                ("conversation", "conv_1"),
                ("max_tool_calls", 1),
                ("moderation", {"model": "x"}),
                ("previous_response_id", "resp_1"),
                ("prompt", {"id": "pmpt_1"}),
                ("tool_choice", "required"),
                ("tools", [{"type": "web_search"}]),
                ("truncation", "auto"),
            ]
        ),
        (
            {"reasoning": {"summary": "auto"}},
            "The simulator does not support 'reasoning.summary'.",
            "unsupported_parameter",
            "reasoning.summary",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_response_is_refused(body, message, code, param):
    assert refused(ask_responses, body) == (message, code, param)
