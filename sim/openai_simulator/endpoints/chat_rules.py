"""What OpenAI refuses of a chat completion whose parameters are each of their kind: by model, and together.

In the words that users quote: github.com/TheR1D/shell_gpt/issues/717 (roles), github.com/openai/openai-go/issues/43
(tool messages), github.com/BerriAI/litellm/issues/5803 (stream options), github.com/tailcallhq/forgecode/issues/1185
(tokens), github.com/ChatGPTNextWeb/NextChat/issues/3195 (context).
"""

from collections.abc import Mapping
from typing import Any

from sim.openai_simulator import errors
from sim.openai_simulator.endpoints.models import Writing
from sim.openai_simulator.endpoints.writing_rules import check_effort, check_reasoning, check_verbosity
from sim.openai_simulator.errors import Refusal
from sim.openai_simulator.parameters.kinds import not_offered

LIMITS = ("max_tokens", "max_completion_tokens")
ALLOWED_WITH = {"stream_options": "stream", "top_logprobs": "logprobs", "metadata": "store"}
"""Parameters that OpenAI allows only beside another."""


def check_options(body: Mapping[str, Any], writing: Writing) -> None:
    """Raises Refusal: parameters contradict each other, or are none of this model's."""
    for name, other in ALLOWED_WITH.items():
        if body.get(name) is not None and not body.get(other):
            message = f"The '{name}' parameter is only allowed when '{other}' is enabled."
            raise Refusal(errors.invalid(message, None, name))
    effort = body.get("reasoning_effort")
    if effort is not None and not writing.reasons:
        raise Refusal(errors.unrecognised(["reasoning_effort"]))
    check_effort(effort, writing, "reasoning_effort")
    check_verbosity(body.get("verbosity"), writing, "verbosity")
    check_reasoning(body, writing, effort)
    if writing.reasons and effort != "none" and body.get("temperature") not in (None, 1):
        hint = "Only the default (1) value is supported."
        raise Refusal(errors.unsupported_value("temperature", body["temperature"], hint))
    _check_limits(body, writing)


def _check_limits(body: Mapping[str, Any], writing: Writing) -> None:
    given = [name for name in LIMITS if body.get(name) is not None]
    if writing.reasons and "max_tokens" in given:
        raise Refusal(errors.unsupported_parameter("max_tokens", "Use 'max_completion_tokens' instead."))
    if len(given) > 1:
        message = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
        raise Refusal(errors.invalid(message, "invalid_parameter_combination", "max_tokens"))
    for name in given:
        if body[name] > writing.most_output_tokens:
            most = f"This model supports at most {writing.most_output_tokens} completion tokens"
            message = f"{name} is too large: {body[name]}. {most}, whereas you provided {body[name]}."
            raise Refusal(errors.invalid(message, "invalid_value", name))


def check_messages(body: Mapping[str, Any], writing: Writing) -> None:
    """Raises Refusal: a role does not fit, or JSON is wanted and no message says so."""
    for number, message in enumerate(body["messages"]):
        match message["role"]:
            case "tool":
                text = "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
                param = f"messages.[{number}].role"
                raise Refusal(errors.invalid(f"Invalid parameter: {text}", None, param))
            case "function" if writing.reasons:
                raise Refusal(errors.unsupported_value(f"messages[{number}].role", "'function'"))
            case "function":
                raise not_offered(f"messages[{number}].role")
    wants_object = body.get("response_format", {}).get("type") == "json_object"
    if wants_object and "json" not in str([message["content"] for message in body["messages"]]).lower():
        words = "in some form, to use 'response_format' of type 'json_object'."
        raise Refusal(errors.invalid(f"'messages' must contain the word 'json' {words}", None, "messages"))


def check_context(prompt_tokens: int, most_tokens: int | None, writing: Writing) -> None:
    """Raises Refusal: the prompt, or the prompt and the wanted answer, are longer than the model's context."""
    maximum = f"This model's maximum context length is {writing.context_tokens} tokens. However,"
    both = prompt_tokens + (most_tokens or 0)
    if prompt_tokens > writing.context_tokens:
        advice = "Please reduce the length of the messages."
        message = f"{maximum} your messages resulted in {prompt_tokens} tokens. {advice}"
    elif both > writing.context_tokens:
        parts = f"({prompt_tokens} in the messages, {most_tokens} in the completion)"
        message = (
            f"{maximum} you requested {both} tokens {parts}. Please reduce the length of the messages or completion."
        )
    else:
        return
    raise Refusal(errors.invalid(message, "context_length_exceeded", "messages"))
