"""The parameters of `POST /v1/responses`."""

from collections.abc import Mapping

from sim.openai_simulator.parameters import reasons
from sim.openai_simulator.parameters.kinds import (
    Boolean,
    Choice,
    Either,
    Fields,
    Kind,
    ListOf,
    NotOffered,
    Nullable,
    Number,
    Text,
    Variants,
)
from sim.openai_simulator.parameters.shared import (
    ABOUT_THE_CALLER,
    CACHING,
    EFFORTS,
    LONGEST_TEXT_CHARACTERS,
    MODERATION,
    SAMPLING,
    SCHEMA,
    STREAMING,
    VERBOSITIES,
)

LEAST_OUTPUT_TOKENS = 16
LOGPROBS = "message.output_text.logprobs"
INCLUDABLE = (
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    LOGPROBS,
)
"""All but the log probabilities belong to items that the simulator never returns: there is nothing to include."""

TEXT = Text(LONGEST_TEXT_CHARACTERS)
_PART = Fields({"text": TEXT, "prompt_cache_breakpoint": NotOffered(reasons.CACHED)}, ("text",))
PART = Variants(
    "type",
    {
        "input_text": _PART,
        "output_text": Fields(
            {
                "text": TEXT,
                "annotations": NotOffered(reasons.TOOLS, ([],)),
                "logprobs": NotOffered(reasons.SAMPLING, ([],)),
            },
            ("text",),
        ),
        "refusal": Fields({"refusal": TEXT}, ("refusal",)),
        "input_image": NotOffered(reasons.TEXT_ALONE),
        "input_file": NotOffered(reasons.TEXT_ALONE),
    },
)
MESSAGE = Fields(
    {
        "role": Choice(("user", "assistant", "system", "developer")),
        "content": Either((TEXT, ListOf(PART))),
        "id": Text(),
        "phase": Nullable(Choice(("commentary", "final_answer"))),
        "status": Choice(("in_progress", "completed", "incomplete")),
    },
    ("role", "content"),
)
OTHER_ITEMS = (
    *("file_search_call", "computer_call", "computer_call_output", "web_search_call", "function_call"),
    *("function_call_output", "tool_search_call", "tool_search_output", "reasoning", "compaction"),
    *("image_generation_call", "code_interpreter_call", "local_shell_call", "local_shell_call_output", "shell_call"),
    *("shell_call_output", "apply_patch_call", "apply_patch_call_output", "mcp_list_tools", "mcp_approval_request"),
    *("mcp_approval_response", "mcp_call", "custom_tool_call_output", "custom_tool_call", "item_reference"),
    *("additional_tools", "compaction_trigger", "program", "program_output", "configuration_update"),
)
ITEM = Variants(
    "type", {"message": MESSAGE, **dict.fromkeys(OTHER_ITEMS, NotOffered(reasons.TOOLS))}, default="message"
)

TEXT_SETTINGS = Fields(
    {
        "format": Variants(
            "type", {"text": Fields({}), "json_object": Fields({}), "json_schema": Fields(SCHEMA, ("name", "schema"))}
        ),
        "verbosity": Nullable(Choice(VERBOSITIES)),
    }
)
REASONING = Fields(
    {
        "context": NotOffered(reasons.THOUGHT, (None, "auto")),
        "effort": Nullable(Choice(EFFORTS)),
        "generate_summary": NotOffered(reasons.THOUGHT, (None,)),
        "mode": NotOffered(reasons.THOUGHT, ("standard",)),
        "summary": NotOffered(reasons.THOUGHT, (None,)),
    }
)

PARAMETERS: Mapping[str, Kind] = {
    "input": Either((TEXT, ListOf(ITEM))),
    "model": Text(),
    **ABOUT_THE_CALLER,
    **CACHING,
    **MODERATION,
    **SAMPLING,
    **STREAMING,
    "access_programs": NotOffered(reasons.ACCOUNT),
    "background": NotOffered(reasons.STATE, (None, False)),
    "context_management": NotOffered(reasons.STATE, (None,)),
    "conversation": NotOffered(reasons.STATE, (None,)),
    "image": NotOffered(reasons.TEXT_ALONE),
    "include": Nullable(ListOf(Choice(INCLUDABLE))),
    "instructions": Nullable(TEXT),
    "max_output_tokens": Nullable(Number(LEAST_OUTPUT_TOKENS, whole=True)),
    "max_tool_calls": NotOffered(reasons.TOOLS, (None,)),
    "parallel_tool_calls": Nullable(Boolean()),
    "previous_response_id": NotOffered(reasons.STATE, (None,)),
    "prompt": NotOffered(reasons.STATE, (None,)),
    "reasoning": Nullable(REASONING),
    "service_tier": Nullable(Choice(("auto", "default", "flex", "scale", "priority", "fast", "ultrafast"))),
    "text": TEXT_SETTINGS,
    "tool_choice": NotOffered(reasons.TOOLS, ("auto", "none")),
    "tools": NotOffered(reasons.TOOLS, ([],)),
    "truncation": NotOffered(reasons.SHORTENING, (None, "disabled")),
}
