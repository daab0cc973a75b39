"""The cause of a refused call: which part of the pipeline OpenAI's words blame.

A status alone says little: OpenAI answers 400 to audio that is too long, to a parameter of ours, to a model that is
gone and to a filtered prompt. So `code`, `type`, `param` and the wording decide, in this order: the quota, the filter,
the recording or transcript, the configuration. Where the words name none of them, or blame OpenAI itself, the cause is
`UNKNOWN`.

Wordings as users quote them:
- audio too long, with the code `invalid_value` and no param: github.com/murtaza-nasir/speakr/issues/168 and
  github.com/rishikanthc/Scriberr/issues/477
- unreadable audio: github.com/supershaneski/openai-whisper-api/issues/5 (no code at all),
  github.com/open-webui/open-webui/issues/13636, github.com/adamcohenhillel/ADeus/issues/60,
  github.com/openai/openai-python/issues/2477 (code `unsupported_format`, param `messages`)
- filtered: github.com/BeehiveInnovations/pal-mcp-server/issues/178 (`invalid_prompt`),
  github.com/openai/openai-python/issues/331 (Azure's `content_filter`)
- too long for the model: github.com/VectorlyApp/bluebox/issues/31 (`string_above_max_length`),
  github.com/webtimemachine/wtm2/issues/579
- quota: github.com/LiLittleCat/ChatGPT/issues/10 (type `insufficient_quota`, code null)
"""

import re
from enum import Enum, auto

from rawk.adapters.openai.error_bodies import Statement


class Cause(Enum):
    QUOTA = auto()
    FILTERED = auto()
    TOO_LONG = auto()
    TOO_SHORT = auto()
    TOO_LARGE = auto()
    UNREADABLE = auto()
    CONFIGURATION = auto()
    UNKNOWN = auto()


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


QUOTA_NAMES = _any(
    r"^insufficient_(quota|funds|balance|credits?)$",
    r"^quota_exceeded$",
    r"^billing_",
    r"spend(ing)?_(limit|cap)",
    r"(hard|usage|credit|budget)_limit",
    r"^(payment_required|out_of_credits?|budget_exceeded|credit_balance_too_low)$",
)
QUOTA_WORDS = _any(
    r"exceeded your current quota",
    r"check your (plan and )?billing",
    r"billing hard limit",
    r"spend(ing)? (limit|cap)",
    r"(monthly|hard|project|organization) (budget|usage limit)",
    r"(out of|insufficient|no (more|remaining)|run out of|not enough) (credits?|funds|balance)",
    r"credit (balance|limit)",
)
RATE_NAMES = _any(r"^rate_limit", r"too_many_requests", r"^(requests|tokens)$")
"""What a rate limit calls itself; its message may advise to pay for a higher one."""

FILTER_NAMES = _any(
    r"^invalid_prompt$", r"content_?(filter|policy|management)", r"moderation", r"responsible_ai", r"policy_violation"
)
FILTER_WORDS = _any(
    r"flagged as potentially violating",
    r"content (management policy|filter)",
    r"safety (system|reasons)",
    r"violat\w* (our|the|openai's) (usage|content) polic",
    r"content policy",
)

OUTAGE_NAMES = _any(r"overloaded", r"(service|temporarily)_unavailable", r"^(request_)?time(d_)?out$")
SERVER_NAMES = _any(r"^(internal_)?server_error$", r"^internal(_error)?$")
SERVER_WORDS = _any(
    r"server (had|encountered) an error",
    r"internal (server )?error",
    r"temporar(y|ily)",
    r"overloaded",
    r"service (is )?unavailable",
    r"timed out",
    r"try again later",
    r"please retry",
)
"""OpenAI blames itself. The type `server_error` also comes with codes that name another cause, so codes have priority,
but words such as "error processing your audio file" do not blame the audio then."""

LONG_INPUT_NAMES = _any(r"context_length", r"context_window", r"above_max_length", r"^input_too_l")
LONG_REQUEST_NAMES = _any(LONG_INPUT_NAMES.pattern, r"^(prompt|request)_too_l", r"too_many_tokens")
LONG_INPUT_WORDS = _any(
    r"maximum context length",
    r"context window",
    r"string too long",
    r"too many (input |audio )?tokens",
    r"tokens? exceeds?\b|exceeds? .{0,40}\btokens",
    r"(input|prompt|messages?|transcript)\b.{0,40}\btoo (long|large)",
    r"reduce the (length|size) of",
)
LONG_AUDIO_NAMES = _any(r"(audio|file|recording|input)_too_long", r"duration", r"too_long")
LONG_AUDIO_WORDS = _any(
    r"duration\b.{0,80}\b(longer|exceeds?|exceeded|above|over|greater|beyond|too (long|large)|maximum|limit)",
    r"(maximum|max|longest|allowed) (audio |file |recording |supported )*(duration|length)",
    r"(audio|file|recording|input|speech)\b.{0,60}\btoo long",
    r"too long\b.{0,40}\b(audio|file|recording)",
    r"(longer than|less than|shorter than|up to|at most|exceeds?|limit of|maximum of) (the )?[\d.,]+[ -]?"
    r"(s|secs?|seconds?|mins?|minutes?|h|hrs?|hours?)\b",
    r"audio is too large for this model",
)
LONG_AUDIO_FOR_SURE = _any(r"(audio|recording|file)('s)? duration\b.{0,60}\b(longer|exceeds?|exceeded|greater|above)\b")
"""Decides alone, whatever code or param comes with it."""

SHORT_AUDIO = _any(
    r"too[ _]short", r"(minimum|shortest) (audio |file )?(length|duration)", r"at least [\d.]+ ?(s|ms|sec\w*)\b"
)
LARGE_FILE = _any(
    r"(file|audio|upload|body|payload|content|entity|request)[ _]?(is |was )?too[ _](large|big)",
    r"(maximum|max) (content|file|upload|body|payload) size",
    r"(file|audio|upload|content)[ _]size\b.{0,40}(exceed|limit|large)",
    r"(larger than|exceeds?|limit of|maximum of).{0,30}\b[\d.]+ ?([km]i?b|bytes)\b",
)
UNREADABLE_NAMES = _any(
    r"^unsupported_(format|file|audio|media)",
    r"^invalid_(audio|file)",
    r"(file|audio)_format",
    r"(audio|file|media)_(.+_)?(corrupt|decod)",
    r"(corrupt|decod)\w*_(audio|file|media)",
)
"""Requests, too, are decoded and damaged (`json_decode_error`): the code has to name the audio."""

UNREADABLE_WORDS = _any(
    r"(audio|file|media|recording)\b.{0,60}\bcorrupt",
    r"corrupt\w* .{0,30}(audio|file|media|recording)",
    r"(audio|file|media)\b.{0,60}\bdecode",
    r"decod\w+ .{0,30}(audio|file|media)",
    r"(could not|cannot|can't|failed to|unable to|error) (read|process|open|load|parse)\w* .{0,30}(audio|file|media)",
    r"(invalid|unsupported|unrecognized|unknown) (audio|media|file)",
    r"not (a )?(valid|supported|recognized) (audio|media)",
    r"(file|audio|its) format\b.{0,40}not supported",
    r"support the format",
    r"(no audio|audio (stream|track) (was )?not found|(audio|file) (file )?is empty|empty (audio|file))",
)

CONFIGURATION_NAMES = _any(
    r"(^|_)model(_|$)",
    r"parameter",
    r"^invalid_type$|^empty_array$",
    r"api_key",
    r"authenti",
    r"organi[sz]ation|project",
    r"country|region|territory|^ip_",
    r"deployment|operation_not|api_version|deprecat",
    r"permission|unauthori[sz]ed|forbidden|access_denied|account",
    r"schema",
    r"invalid_url",
)
CONFIGURATION_WORDS = _any(
    r"\bmodels?\b.{0,120}(not exist|deprecat|not found|not available|not supported|no longer|retired|access|shut)",
    r"(access to|invalid|unknown|unsupported|provide a|required) (the |this )?model",
    r"model\b.{0,80}does not support",
    r"(not|in)compatible with (this )?model",
    r"\b(parameter|argument)s?\b",
    r"api[ -](key|version)|content[ -]type",
    r"unsupported value",
    r"response_format|schema|chunking_strategy|max_(completion_|output_)?tokens",
    r"invalid url",
    r"(country|region|territory|organization|deployment)\b",
    r"pars\w+ (the )?(json|multipart|form)",
)

REQUIRED_WORDS = _any(r"missing required", r"(parameter|strategy|field)\W* is required", r"is required (for|when)")

AUDIO_PARAM = re.compile(r"(^|[.\[/])(file|audio|input_audio|input)\b")
TEXT_PARAM = re.compile(r"^(messages|input|prompt)(\[\d+\](\.content(\[\d+\](\.text)?)?)?)?$")
NO_PARAM = re.compile(r"^(messages|body|request|input|prompt)$")
"""Params that OpenAI names for a transcription although we send no such parameter: they blame nothing."""


def is_quota(said: Statement) -> bool:
    """Whether the words say that no credit is left. The type counts as much as the code."""
    if said.names_one_of(QUOTA_NAMES):
        return True
    return QUOTA_WORDS.search(said.text) is not None and not said.names_one_of(RATE_NAMES)


def is_filtered(said: Statement) -> bool:
    return said.names_one_of(FILTER_NAMES) or FILTER_WORDS.search(said.text) is not None


def blames_itself(said: Statement) -> bool:
    return said.names_one_of(SERVER_NAMES) or SERVER_WORDS.search(said.text) is not None


def of_transcription(said: Statement) -> Cause:
    """Why OpenAI refused a transcription."""
    if is_quota(said):
        return Cause.QUOTA
    if is_filtered(said):
        return Cause.FILTERED
    if said.names_one_of(OUTAGE_NAMES):
        return Cause.UNKNOWN
    words_count = not blames_itself(said)
    audio_is_blamed = any(AUDIO_PARAM.search(param) for param in said.params)
    ours = {param for param in said.params if not AUDIO_PARAM.search(param) and not NO_PARAM.search(param)}
    if LONG_AUDIO_FOR_SURE.search(said.text):
        return Cause.TOO_LONG
    if REQUIRED_WORDS.search(said.text):
        return Cause.CONFIGURATION
    for cause, names, words in AUDIO_CAUSES:
        # "Longer than the maximum for this model" may name the model as its param, and is about the audio all the same.
        blamed = ours - {"model"} if cause is Cause.TOO_LONG else ours
        if said.names_one_of(names):
            return cause
        if words_count and words.search(said.text) and (audio_is_blamed or not _is_ours(said, blamed)):
            return cause
    if _is_ours(said, ours):
        return Cause.CONFIGURATION
    if not words_count:
        return Cause.UNKNOWN
    if audio_is_blamed:
        return Cause.UNREADABLE
    return Cause.CONFIGURATION if CONFIGURATION_WORDS.search(said.text) else Cause.UNKNOWN


def of_analysis(said: Statement) -> Cause:
    """Why OpenAI refused an analysis."""
    if is_quota(said):
        return Cause.QUOTA
    if is_filtered(said):
        return Cause.FILTERED
    if said.names_one_of(OUTAGE_NAMES):
        return Cause.UNKNOWN
    ours = {param for param in said.params if not TEXT_PARAM.search(param)}
    if said.names_one_of(LONG_REQUEST_NAMES) and not ours:
        return Cause.TOO_LONG
    if _is_ours(said, ours):
        return Cause.CONFIGURATION
    if blames_itself(said):
        return Cause.UNKNOWN
    if LONG_INPUT_WORDS.search(said.text):
        return Cause.TOO_LONG
    return Cause.CONFIGURATION if CONFIGURATION_WORDS.search(said.text) else Cause.UNKNOWN


def _is_ours(said: Statement, our_params: set[str]) -> bool:
    return bool(our_params) or said.names_one_of(CONFIGURATION_NAMES)


AUDIO_CAUSES = (
    (Cause.TOO_SHORT, SHORT_AUDIO, SHORT_AUDIO),
    (
        Cause.TOO_LONG,
        _any(LONG_AUDIO_NAMES.pattern, LONG_INPUT_NAMES.pattern),
        _any(LONG_AUDIO_WORDS.pattern, LONG_INPUT_WORDS.pattern),
    ),
    (Cause.TOO_LARGE, LARGE_FILE, LARGE_FILE),
    (Cause.UNREADABLE, UNREADABLE_NAMES, UNREADABLE_WORDS),
)
"""Each cause with the codes and the wordings that name it, in the order in which they are asked."""
