"""The models of the simulator, and what each can do.

From https://platform.openai.com/docs/models and the SDK's own documentation of the endpoints (openai 3.52,
`types/audio/transcription_create_params.py`).
"""

from dataclasses import dataclass
from math import inf
from typing import Literal

Purpose = Literal["transcription", "chat"]
CREATED = 1_735_689_600
GPT_LONGEST_SECONDS = 1_400.0


@dataclass(frozen=True)
class Model:
    """One model; `reasoning` ones refuse `max_tokens` and temperatures, `verbose` ones return segments.

    `longest_seconds` of audio: 1,400 for the GPT-4o family, unlimited for Whisper, which only the file's size limits
    (github.com/rishikanthc/Scriberr/issues/477). No source says it of `gpt-transcribe`: it is assumed to be as strict.
    """

    name: str
    purpose: Purpose
    reasoning: bool = False
    verbose: bool = False
    longest_seconds: float = inf

    def as_json(self) -> dict[str, object]:
        return {"id": self.name, "object": "model", "created": CREATED, "owned_by": "system"}


MODELS = {
    model.name: model
    for model in (
        Model("gpt-transcribe", "transcription", longest_seconds=GPT_LONGEST_SECONDS),
        Model("gpt-4o-transcribe", "transcription", longest_seconds=GPT_LONGEST_SECONDS),
        Model("gpt-4o-mini-transcribe", "transcription", longest_seconds=GPT_LONGEST_SECONDS),
        Model("whisper-1", "transcription", verbose=True),
        Model("gpt-6-luna", "chat", reasoning=True),
        Model("gpt-5.6-luna", "chat", reasoning=True),
        Model("gpt-5.4", "chat", reasoning=True),
        Model("gpt-5.4-mini", "chat", reasoning=True),
        Model("gpt-5.4-nano", "chat", reasoning=True),
        Model("gpt-5", "chat", reasoning=True),
        Model("gpt-5-mini", "chat", reasoning=True),
        Model("gpt-5-nano", "chat", reasoning=True),
        Model("gpt-4.1", "chat"),
        Model("gpt-4.1-mini", "chat"),
        Model("gpt-4o", "chat"),
        Model("gpt-4o-mini", "chat"),
    )
}
