"""The two calls to OpenAI: transcription and analysis."""

from dataclasses import dataclass
from typing import Protocol

from rawk.domain.memory import Analysis


@dataclass(frozen=True, slots=True)
class Transcription:
    text: str
    billed_seconds: float


@dataclass(frozen=True, slots=True)
class AICall:
    """The memory that a call is for, and the longest time that the whole call may take."""

    memory_id: str
    correlation_id: str
    timeout_seconds: float


class Transcriber(Protocol):
    def transcribe(self, audio: bytes, file_name: str, call: AICall) -> Transcription:
        """One try. Raises AITransient, AIQuotaExhausted, AIMisconfigured or AIRejectedAudio."""


class Analyst(Protocol):
    def analyse(self, transcript: str, call: AICall) -> Analysis:
        """One try. Raises AITransient, AIQuotaExhausted, AIMisconfigured or AIBadAnalysis."""
