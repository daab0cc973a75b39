"""What a model that writes refuses, the same for chat completions and responses.

In the words that users quote: github.com/FlowiseAI/Flowise/issues/5046 (stop), github.com/vercel/ai/issues/10932 (which
parameters GPT-5.1 and later take without reasoning), github.com/HIllya51/LunaTranslator/issues/1842 (top_p).
"""

from collections.abc import Mapping
from typing import Any

from sim.openai_simulator import errors
from sim.openai_simulator.endpoints.models import Writing
from sim.openai_simulator.errors import Refusal
from sim.openai_simulator.parameters.kinds import listed

NEVER_WITH_REASONING: Mapping[str, Any] = {"presence_penalty": 0, "frequency_penalty": 0, "stop": None}
NOT_WHILE_REASONING: Mapping[str, Any] = {"top_p": 1, "logprobs": False, "top_logprobs": 0}
"""Parameters that a model that reasons takes with this value alone."""


def check_reasoning(body: Mapping[str, Any], writing: Writing, effort: str | None) -> None:
    """Refuse what a model that reasons does not take; without any effort it takes more.

    Raises:
        Refusal: a parameter is none of this model's.
    """
    if not writing.reasons:
        return
    refused = {**NEVER_WITH_REASONING, **({} if effort == "none" else NOT_WHILE_REASONING)}
    for name, default in refused.items():
        if body.get(name) is not None and body[name] != default:
            raise Refusal(errors.unsupported_parameter(name))


def check_effort(effort: str | None, writing: Writing, param: str) -> None:
    """Raises Refusal: the model reasons, and not with this effort."""
    if effort is not None and writing.reasons and effort not in writing.efforts:
        hint = f"Supported values are: {listed(writing.efforts)}."
        raise Refusal(errors.unsupported_value(param, f"'{effort}'", hint))


def check_verbosity(verbosity: str | None, writing: Writing, param: str) -> None:
    """Raises Refusal: the model has one verbosity alone."""
    if verbosity not in (None, "medium") and not writing.reasons:
        hint = "Supported values are: 'medium'."
        raise Refusal(errors.unsupported_value(param, f"'{verbosity}'", hint))
