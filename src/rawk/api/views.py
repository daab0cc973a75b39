"""The API's responses as Pydantic models, which are also the schemas of the OpenAPI document."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from rawk.domain.memory import AnalysisState, FailureReason, Memory, MemorySummary, Status, StatusChange
from rawk.use_cases.direct_uploads import BegunUpload

_ID = "5f0c1d9e-6f0b-4b0e-9a55-3f2f9b1c7a10"


class AcceptedView(BaseModel):
    """The recording is accepted and will not be lost; poll its Location until its status is final."""

    id: str
    status: Status

    model_config = ConfigDict(json_schema_extra={"example": {"id": _ID, "status": "queued"}})


class UploadFormView(BaseModel):
    """POST to `url`, as multipart/form-data: each of `fields` unchanged, then the audio as the part `file`."""

    url: str
    fields: dict[str, str]
    expires_at: datetime


class UploadView(BaseModel):
    """Not accepted yet: upload the audio with the form, then submit the memory. Unsubmitted uploads are deleted."""

    id: str
    status: Status
    form: UploadFormView | None = Field(description="Null when this idempotency key's memory was submitted already.")

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": _ID,
                "status": "uploading",
                "form": {
                    "url": "https://memo-audio.s3.amazonaws.com/",
                    "fields": {"key": f"incoming/acme/{_ID}", "Content-Type": "audio/mp4", "policy": "…"},
                    "expires_at": "2026-11-20T18:45:00Z",
                },
            }
        }
    )

    @classmethod
    def of(cls, begun: BegunUpload) -> Self:
        form, expires_at = begun.form, begun.form_expires_at
        view = form and expires_at and UploadFormView(url=form.url, fields=dict(form.fields), expires_at=expires_at)
        return cls(id=begun.memory.id, status=begun.memory.status, form=view or None)


class AudioView(BaseModel):
    content_type: str = Field(
        description="Recognised by the leading bytes; while `uploading`, as the client gave it.", examples=["audio/mp4"]
    )
    bytes: int = Field(description="0 while `uploading`.", examples=[183_204])


class FailureView(BaseModel):
    """Why the memory failed; with status `transcript_only`, why its last analysis did."""

    reason: FailureReason
    detail: str | None


class AnalysisView(BaseModel):
    title: str
    summary: str
    topics: list[str]
    people: list[str]
    mood: str


class StatusChangeView(BaseModel):
    number: int = Field(description="Starts at 1.")
    status: Status
    at: datetime


class StatusEventView(BaseModel):
    """The data of one event."""

    id: str = Field(examples=[_ID])
    status: Status
    at: datetime
    analysis_state: AnalysisState | None = Field(description="`gave_up` when there will be no analysis.")
    failure: FailureView | None


class TimingsView(BaseModel):
    """Seconds from acceptance, null for what has not happened yet."""

    seconds_to_transcript: float | None
    seconds_to_complete: float | None


class MemorySummaryView(BaseModel):
    id: str = Field(examples=[_ID])
    status: Status
    title: str | None = Field(description="The client's title; the analysis has its own.")
    recorded_at: datetime | None
    created_at: datetime
    updated_at: datetime
    analysis_state: AnalysisState | None = Field(
        description="With `transcript_only`: whether the analysis is pending or was given up."
    )
    failure: FailureView | None
    audio: AudioView

    @classmethod
    def of(cls, memory: MemorySummary) -> Self:
        return cls.model_validate(_summary(memory))


class MemoryView(MemorySummaryView):
    transcript: str | None
    analysis: AnalysisView | None
    analysis_due_at: datetime | None = Field(description="When a pending analysis is tried again.")
    attempts: int = Field(description="How often a worker claimed it.")
    openai_calls: int
    billed_seconds: float = Field(description="Seconds of audio that OpenAI charged for it.")
    correlation_id: str
    timings: TimingsView
    history: list[StatusChangeView]

    @classmethod
    def whole(cls, memory: Memory, history: list[StatusChange]) -> Self:
        return cls.model_validate(
            _summary(memory.summary)
            | {
                "transcript": memory.transcript,
                "analysis": memory.analysis and _analysis(memory),
                "analysis_due_at": memory.analysis_due_at,
                "attempts": memory.attempts,
                "openai_calls": memory.openai_calls,
                "billed_seconds": memory.billed_seconds,
                "correlation_id": memory.correlation_id,
                "timings": TimingsView(
                    seconds_to_transcript=_seconds_until(memory, memory.transcribed_at),
                    seconds_to_complete=_seconds_until(memory, memory.completed_at),
                ),
                "history": [StatusChangeView(number=c.number, status=c.status, at=c.at) for c in history],
            }
        )


class MemoryPage(BaseModel):
    memories: list[MemorySummaryView]
    next_cursor: str | None = Field(description="Give it as `cursor` to get the next page; null on the last one.")


def _summary(memory: MemorySummary) -> dict[str, object]:
    reason = memory.failure_reason
    return {
        "id": memory.id,
        "status": memory.status,
        "title": memory.title,
        "recorded_at": memory.recorded_at,
        "created_at": memory.created_at,
        "updated_at": memory.updated_at,
        "analysis_state": memory.analysis_state,
        "failure": None if reason is None else FailureView(reason=reason, detail=memory.failure_detail),
        "audio": AudioView(content_type=memory.audio_content_type, bytes=memory.audio_bytes),
    }


def _analysis(memory: Memory) -> AnalysisView:
    assert memory.analysis is not None
    analysis = memory.analysis
    return AnalysisView(
        title=analysis.title,
        summary=analysis.summary,
        topics=list(analysis.topics),
        people=list(analysis.people),
        mood=analysis.mood,
    )


def _seconds_until(memory: Memory, moment: datetime | None) -> float | None:
    return None if moment is None else round((moment - memory.created_at).total_seconds(), 3)
