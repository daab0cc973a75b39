"""OpenAI in memory: the transcript is made from the audio's bytes, so that a test can match the two."""

from dataclasses import dataclass, field
from hashlib import sha256

from rawk.domain.memory import Analysis
from rawk.ports import AICall, Transcription


@dataclass
class InMemoryTranscriber:
    """Answers with a text made from the audio's digest; raises the errors in `failures` first."""

    failures: list[Exception] = field(default_factory=list)
    calls: list[AICall] = field(default_factory=list)
    billed_seconds: float = 5.0

    def transcribe(self, audio: bytes, file_name: str, call: AICall) -> Transcription:  # noqa: ARG002
        self.calls.append(call)
        if self.failures:
            raise self.failures.pop(0)
        return Transcription(text=transcript_of(audio), billed_seconds=self.billed_seconds)


@dataclass
class InMemoryAnalyst:
    """Answers with a summary that quotes the transcript; raises the errors in `failures` first."""

    failures: list[Exception] = field(default_factory=list)
    calls: list[AICall] = field(default_factory=list)

    def analyse(self, transcript: str, call: AICall) -> Analysis:
        self.calls.append(call)
        if self.failures:
            raise self.failures.pop(0)
        return Analysis(title=transcript[:40], summary=transcript, topics=("voice",), people=(), mood="neutral")


def transcript_of(audio: bytes) -> str:
    return f"words of recording {sha256(audio).hexdigest()[:12]}"
