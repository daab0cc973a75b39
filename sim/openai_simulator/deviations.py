"""What the simulator answers differently from OpenAI, and why that stays.

`docs/reference/openai-simulator.md` lists them. `tests/integration/openai_simulator/test_deviations.py` sends each
request, and finds what is declared: a deviation that is gone turns it red, like one that changes. Parameters that are
not offered stand in the tables of `parameters`, with their reasons.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

OBVIOUS = ("model", "messages", "input")
SENTENCE = "It rains. Bring a coat."


@dataclass(frozen=True)
class Deviation:
    """A request, and the place in its answer where the deviation shows."""

    call: str
    path: str
    """Of the address, behind the space."""
    body: Mapping[str, Any] | None
    """None for a GET; of a transcription, the form beside the recording `standup-notes`."""
    shown_at: str
    """The keys that lead to the value, with dots between."""
    ours: Any
    openai: str
    reason: str
    answer: str = ""
    """`ours` in words, where the value says little."""

    asked: str = ""
    """The request in words, where the names of its parameters say little."""

    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1
    """How often the request is sent until the deviation shows."""

    @property
    def asked_for(self) -> str:
        if self.asked:
            return self.asked
        options = [name for name in self.body or {} if name not in OBVIOUS]
        return ", ".join(f"`{name}`" for name in options) or "anything"


CHAT, RESPONSES, AUDIO = "chat completions", "responses", "transcriptions"


def _chat(
    shown_at: str, ours: Any, openai: str, reason: str, answer: str = "", asked: str = "", **options: Any
) -> Deviation:
    body = {"model": "gpt-4.1", "messages": [{"role": "user", "content": SENTENCE}], **options}
    return Deviation(CHAT, "/v1/chat/completions", body, shown_at, ours, openai, reason, answer, asked)


def _respond(
    shown_at: str, ours: Any, openai: str, reason: str, answer: str = "", asked: str = "", **options: Any
) -> Deviation:
    body = {"model": "gpt-5.4", "input": SENTENCE, **options}
    return Deviation(RESPONSES, "/v1/responses", body, shown_at, ours, openai, reason, answer, asked)


def _transcribe(
    shown_at: str, ours: Any, openai: str, reason: str, answer: str = "", asked: str = "", **options: Any
) -> Deviation:
    body = {"model": "whisper-1", **options}
    return Deviation(AUDIO, "/v1/audio/transcriptions", body, shown_at, ours, openai, reason, answer, asked)


DEVIATIONS = (
    _chat(
        "choices.0.message.content",
        SENTENCE,
        "writes what the instructions ask for",
        "The analyses of the recordings are known; those of other texts follow from simple rules, the same each time.",
        answer="gives the first two sentences of the last message of the user, whatever the instructions",
    ),
    _chat(
        "choices.1.message.content",
        SENTENCE,
        "samples each choice",
        "An answer that differs at each call cannot be compared.",
        answer="gives the same text in every choice, at every `temperature` and `seed`",
        n=2,
        temperature=2,
    ),
    _chat(
        "usage.prompt_tokens",
        6,
        "counts the tokens of the model's own tokenizer, and some for each message",
        "OpenAI's estimate of four characters is good enough for limits and bills that a test can compute.",
        answer="counts four bytes of text as a token",
    ),
    _chat(
        "choices.0.logprobs.content.0.logprob",
        -0.01,
        "gives the model's log probabilities",
        "There is no model. The shape is OpenAI's.",
        answer="gives -0.01 to every token, and -9999 to its alternatives",
        logprobs=True,
    ),
    _chat(
        "usage.completion_tokens_details.reasoning_tokens",
        0,
        "bills the tokens of its reasoning",
        "No model thinks.",
        answer="takes `reasoning_effort` and `verbosity`, and answers as without them",
        model="gpt-5",
        reasoning_effort="high",
    ),
    _chat(
        "usage.prompt_tokens_details.cached_tokens",
        0,
        "caches prompts of 1,024 tokens and more",
        "Whether a prompt is in the cache depends on the service's load.",
        answer="takes `prompt_cache_key`, and never finds a prompt in the cache",
        messages=[{"role": "user", "content": "word " * 5_000}],
        prompt_cache_key="k",
    ),
    _chat(
        "error.message",
        "The simulator does not support the schema in 'response_format': no simple value fits it.",
        "writes a value for every schema that it accepts",
        "The simulator generates simple values. One that does not fit its schema is never returned.",
        asked="a schema with a `pattern`",
        response_format={
            "type": "json_schema",
            "json_schema": {
                "name": "Code",
                "strict": True,
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["code"],
                    "properties": {"code": {"type": "string", "pattern": "^[A-Z]{3}[0-9]+$"}},
                },
            },
        },
    ),
    _chat(
        "error.message",
        "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object "
        "with 17 instead.",
        "refuses them, too",
        "No public source quotes OpenAI's words; ours follow those for arrays. The parameter's name is the same.",
        asked="17 `metadata`",
        store=True,
        metadata={str(number): "x" for number in range(17)},
    ),
    _respond(
        "error.message",
        "Unsupported parameter: 'top_p' is not supported with this model.",
        "takes it from some models whose default effort is `none`",
        "Users of GPT-5.4 report refusals without an effort. The stricter answer stays.",
        top_p=0.5,
    ),
    Deviation(
        RESPONSES,
        "/v1/responses/resp_sim00000001",
        None,
        "error.message",
        "The simulator does not offer GET /v1/responses/resp_sim00000001.",
        "keeps responses and chat completions with `store`",
        "The product keeps what it needs itself.",
        answer="takes `store`, and offers no call that reads, lists, cancels or deletes",
        asked="`store`",
    ),
    _transcribe(
        "text",
        "Unknown recording 99e6cb1721fecb03.",
        "transcribes any speech",
        "There is no speech recognition: recordings of the harness are known by their digest.",
        answer="knows the words of `sim/recordings`, and names the digest of any other audio",
        asked="audio of one's own",
        model="gpt-transcribe",
        prompt="unknown",
    ),
    _transcribe(
        "error.message",
        "The simulator does not support 'language'.",
        "takes any language",
        "Every recording is English; OpenAI may answer in the language of the hint.",
        language="de",
    ),
    _transcribe(
        "error.message",
        "The simulator does not support 'languages'.",
        "takes any languages",
        "Every recording is English.",
        asked="`languages` without `en`",
        model="gpt-transcribe",
        **{"languages[]": "de"},
    ),
    _transcribe(
        "error.message",
        "The simulator streams no plain text.",
        "does not document it",
        "No source shows such a stream.",
        asked="a stream of `text`",
        model="gpt-4o-transcribe",
        response_format="text",
        stream="true",
    ),
    _transcribe(
        "segments.0.tokens",
        [],
        "gives the tokens of each segment, and its scores",
        "There is no model. The scores are the same for every segment.",
        response_format="verbose_json",
    ),
    _transcribe(
        "words.0.end",
        0.36,
        "hears when a word is spoken",
        "Words and segments share the audio by their lengths.",
        response_format="verbose_json",
        **{"timestamp_granularities[]": "word"},
    ),
    _transcribe(
        "segments.0.speaker",
        "A",
        "distinguishes speakers",
        "Every recording has one speaker.",
        model="gpt-4o-transcribe-diarize",
        chunking_strategy="auto",
        response_format="diarized_json",
    ),
    _transcribe(
        "error.message",
        "Invalid 'model': it was sent 2 times.",
        "does not document it",
        "Which of the two would count is not known.",
        asked="two models",
        model=["whisper-1", "gpt-transcribe"],
    ),
    Deviation(
        "models",
        "/v1/models/gpt-5.4",
        None,
        "created",
        1_735_689_600,
        "gives the moment at which each model was made",
        "Nothing depends on it.",
        answer="gives the first moment of 2025 for every model",
    ),
    Deviation(
        "every call",
        "/v1/models/gpt-5.4",
        None,
        "id",
        "gpt-5.4",
        "limits the requests and tokens of each minute",
        "Load depends on the machine. A limit is a fault: `rate_limited`.",
        answer="counts requests in `x-ratelimit-remaining-requests`, and refuses none",
        times=501,
        asked="more than 500 requests a minute",
    ),
    Deviation(
        "every call",
        "/v1/models/gpt-5.4",
        None,
        "id",
        "gpt-5.4",
        "refuses organisations and projects that the key is not of",
        "Accounts are not simulated.",
        answer="does not read them",
        headers={"openai-organization": "org-another", "openai-project": "proj-another"},
        asked="`OpenAI-Organization`, `OpenAI-Project`",
    ),
    Deviation(
        "every call",
        "/v1/embeddings",
        {},
        "error.code",
        "unsupported_endpoint",
        "has more than a hundred other calls",
        "The pipeline makes three calls.",
        answer="refuses them with 404 and the code `unsupported_endpoint`; unknown addresses in OpenAI's words",
        asked="another call",
    ),
)
