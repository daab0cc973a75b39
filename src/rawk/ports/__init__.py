"""What the use cases need of the outside world, and nothing about who provides it.

Each call of `MemoryStore` is one transaction: all of it happens, or nothing. Every port has a real adapter and an
in-memory one, and both pass the same contract tests (`tests/contract`). Time comes from `Clock` alone, never from
a database's `now()`, and random numbers and ids from `Randomness` alone.

    system          Clock, Randomness
    callers         CallerStore, PasswordHasher, TokenSigner
    audio           AudioStore
    queue           JobQueue, DeadLetters
    leases          the right to process one memory, and the answers to a claim
    memory_store    MemoryStore
    notifications   StatusNotifications
    openai          Transcriber, Analyst
    telemetry       Telemetry
    traces          Logs, TracedMemories: what an operator's trace of one recording reads
"""

from rawk.ports.audio import AudioForm, AudioHead, AudioStore, AudioUpload
from rawk.ports.callers import CallerStore, PasswordHasher, TokenSigner
from rawk.ports.leases import (
    AwaitingDeadLetter,
    Busy,
    Claim,
    Claimed,
    ClaimRequest,
    Deleted,
    Finished,
    Lease,
    Unknown,
)
from rawk.ports.memory_store import (
    Accepted,
    AnalysisFailure,
    Cursor,
    MemoryFailure,
    MemoryStore,
    NewTranscript,
    OutboxEntry,
    StoreFigures,
    SubmittedUpload,
)
from rawk.ports.notifications import StatusNotifications, Subscription
from rawk.ports.openai import AICall, Analyst, Transcriber, Transcription
from rawk.ports.queue import DeadLetter, DeadLetters, Delivery, JobQueue
from rawk.ports.system import Clock, Randomness
from rawk.ports.telemetry import OpenSpan, SpanKind, Telemetry
from rawk.ports.traces import LogLine, Logs, TracedMemories, TracedMemory

__all__ = [
    "AICall",
    "Accepted",
    "AnalysisFailure",
    "Analyst",
    "AudioForm",
    "AudioHead",
    "AudioStore",
    "AudioUpload",
    "AwaitingDeadLetter",
    "Busy",
    "CallerStore",
    "Claim",
    "ClaimRequest",
    "Claimed",
    "Clock",
    "Cursor",
    "DeadLetter",
    "DeadLetters",
    "Deleted",
    "Delivery",
    "Finished",
    "JobQueue",
    "Lease",
    "LogLine",
    "Logs",
    "MemoryFailure",
    "MemoryStore",
    "NewTranscript",
    "OpenSpan",
    "OutboxEntry",
    "PasswordHasher",
    "Randomness",
    "SpanKind",
    "StatusNotifications",
    "StoreFigures",
    "SubmittedUpload",
    "Subscription",
    "Telemetry",
    "TokenSigner",
    "TracedMemories",
    "TracedMemory",
    "Transcriber",
    "Transcription",
    "Unknown",
]
