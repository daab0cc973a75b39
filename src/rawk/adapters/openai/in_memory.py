"""OpenAI in memory: answers by the audio's own bytes, so that each transcript provably belongs to its recording."""

from dataclasses import dataclass, field
from hashlib import sha256

from rawk.domain.memory import Analysis
from rawk.ports import AICall, Transcription


@dataclass
class InMemoryTranscriber:
    """Answers with a text made from the audio's digest, unless `troubles` holds errors to raise first."""

    troubles: list[Exception] = field(default_factory=list)
    calls: list[AICall] = field(default_factory=list)
    billed_seconds: float = 5.0

    def transcribe(self, audio: bytes, file_name: str, call: AICall) -> Transcription:  # noqa: ARG002
        self.calls.append(call)
        if self.troubles:
            raise self.troubles.pop(0)
        return Transcription(text=spoken_in(audio), billed_seconds=self.billed_seconds)


@dataclass
class InMemoryAnalyst:
    """Answers with a summary that quotes the transcript, unless `troubles` holds errors to raise first."""

    troubles: list[Exception] = field(default_factory=list)
    calls: list[AICall] = field(default_factory=list)

    def analyse(self, transcript: str, call: AICall) -> Analysis:
        self.calls.append(call)
        if self.troubles:
            raise self.troubles.pop(0)
        return Analysis(title=transcript[:40], summary=transcript, topics=("voice",), people=(), mood="neutral")


def spoken_in(audio: bytes) -> str:
    return f"words of recording {sha256(audio).hexdigest()[:12]}"
