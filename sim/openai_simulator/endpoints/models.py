"""The models of the simulator, what each can do and what it takes.

From https://platform.openai.com/docs/models, the SDK's own documentation of the endpoints (openai 3.52,
`types/audio/transcription_create_params.py`), and what users quote of the service's refusals.
"""

from dataclasses import dataclass
from math import inf

from sim.openai_simulator.parameters.shared import EFFORTS

CREATED = 1_735_689_600
GPT_LONGEST_SECONDS = 1_400.0
SUBTITLES = ("srt", "verbose_json", "vtt")


@dataclass(frozen=True)
class Hearing:
    """What a model of transcriptions can do.

    `longest_seconds` of audio: 1,400 for the GPT-4o family, unlimited for Whisper, which only the file's size limits
    (github.com/rishikanthc/Scriberr/issues/477). No source says it of `gpt-transcribe`: it is assumed to be as strict.
    """

    formats: tuple[str, ...] = ("json", "text")
    longest_seconds: float = GPT_LONGEST_SECONDS
    streams: bool = True
    logprobs: bool = False
    billed_by_tokens: bool = True
    detects_languages: bool = False
    diarizes: bool = False


@dataclass(frozen=True)
class Writing:
    """What a model of text can do. One with efforts reasons: it refuses `max_tokens`, temperatures and penalties."""

    context_tokens: int
    most_output_tokens: int
    efforts: tuple[str, ...] = ()

    @property
    def reasons(self) -> bool:
        return bool(self.efforts)


@dataclass(frozen=True)
class Model:
    """One model: it hears, or it writes."""

    name: str
    hearing: Hearing | None = None
    writing: Writing | None = None

    def as_json(self) -> dict[str, object]:
        return {"id": self.name, "object": "model", "created": CREATED, "owned_by": "system"}


WHISPER = Hearing(("json", "text", *SUBTITLES), inf, streams=False, billed_by_tokens=False)
GPT_4O_TRANSCRIBE = Hearing(logprobs=True)
DIARIZE = Hearing(("json", "text", "diarized_json"), diarizes=True)
GPT_TRANSCRIBE = Hearing(billed_by_tokens=False, detects_languages=True)

LATEST = Writing(400_000, 128_000, EFFORTS)
"""No source says what the newest models take: as much as the smaller ones of GPT-5.4."""
GPT_5_4 = Writing(1_050_000, 128_000, ("none", "low", "medium", "high", "xhigh"))
GPT_5_4_SMALL = Writing(400_000, 128_000, GPT_5_4.efforts)
GPT_5 = Writing(400_000, 128_000, ("minimal", "low", "medium", "high"))
GPT_4_1 = Writing(1_047_576, 32_768)
GPT_4O = Writing(128_000, 16_384)

HEARING = {
    "gpt-transcribe": GPT_TRANSCRIBE,
    "gpt-4o-transcribe": GPT_4O_TRANSCRIBE,
    "gpt-4o-mini-transcribe": GPT_4O_TRANSCRIBE,
    "gpt-4o-mini-transcribe-2025-12-15": GPT_4O_TRANSCRIBE,
    "gpt-4o-transcribe-diarize": DIARIZE,
    "whisper-1": WHISPER,
}
WRITING = {
    "gpt-6-luna": LATEST,
    "gpt-5.6-luna": LATEST,
    "gpt-5.4": GPT_5_4,
    "gpt-5.4-mini": GPT_5_4_SMALL,
    "gpt-5.4-nano": GPT_5_4_SMALL,
    "gpt-5": GPT_5,
    "gpt-5-mini": GPT_5,
    "gpt-5-nano": GPT_5,
    "gpt-4.1": GPT_4_1,
    "gpt-4.1-mini": GPT_4_1,
    "gpt-4o": GPT_4O,
    "gpt-4o-mini": GPT_4O,
}
MODELS = {
    **{name: Model(name, hearing=hearing) for name, hearing in HEARING.items()},
    **{name: Model(name, writing=writing) for name, writing in WRITING.items()},
}
