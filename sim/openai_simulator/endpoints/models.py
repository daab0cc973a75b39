"""The models of the simulator, and what each can do.

From https://platform.openai.com/docs/models and the SDK's own documentation of the endpoints (openai 3.52,
`types/audio/transcription_create_params.py`).
"""

from dataclasses import dataclass
from typing import Literal

Purpose = Literal["transcription", "chat"]
CREATED = 1_735_689_600


@dataclass(frozen=True)
class Model:
    """One model; `reasoning` ones refuse `max_tokens` and temperatures, `verbose` ones return segments."""

    name: str
    purpose: Purpose
    reasoning: bool = False
    verbose: bool = False

    def as_json(self) -> dict[str, object]:
        return {"id": self.name, "object": "model", "created": CREATED, "owned_by": "system"}


MODELS = {
    model.name: model
    for model in (
        Model("gpt-transcribe", "transcription"),
        Model("gpt-4o-transcribe", "transcription"),
        Model("gpt-4o-mini-transcribe", "transcription"),
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
