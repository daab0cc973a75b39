"""Healthy and broken lives of recordings, as events."""

from dataclasses import replace

from sim.conservation import (
    Accepted,
    AudioRemoved,
    AudioStored,
    Commit,
    DeadLettered,
    Deletion,
    Event,
    InvocationEnded,
    InvocationStarted,
    MessageReceived,
    MessageRemoved,
    MessageSent,
    MessageVisible,
    Paid,
    Row,
    State,
)


def row(subject: str, state: State, **more: object) -> Row:
    words = {State.UPLOADING: "uploading", State.UNFINISHED: "queued", State.FAILED: "failed"}
    words |= {State.READABLE: "transcript_only", State.COMPLETE: "complete"}
    first = Row(subject, "acme", state, words[state], f"audio/acme/{subject}", "acme")
    return replace(first, **more)  # type: ignore[arg-type]


def transcript_of(subject: str) -> str:
    return f"words of {subject}"


def accepted(subject: str = "r", at: float = 0.0, digest: str = "bytes", audio: str = "") -> list[Event]:
    """Stored, committed, sent, its outbox row removed, and answered."""
    return [
        AudioStored(at + 1, audio or f"audio/acme/{subject}", digest),
        Commit(at + 2, rows=(row(subject, State.UNFINISHED),), queued=(subject,)),
        MessageSent(at + 3, f"m-{subject}", subject),
        Commit(at + 4, sent=(subject,)),
        Accepted(at + 5, subject, "acme", digest, transcript_of(subject)),
    ]


def invoked(subject: str = "r", at: float = 0.0, number: int = 1) -> list[Event]:
    return [
        MessageReceived(at + 1, f"m-{subject}"),
        InvocationStarted(at + 1.1, f"i-{subject}-{number}", (f"m-{subject}",)),
        Commit(at + 2, rows=(row(subject, State.UNFINISHED, status="processing"),)),
    ]


def returned(subject: str = "r", at: float = 0.0, number: int = 1) -> list[Event]:
    return [
        InvocationEnded(at + 3, f"i-{subject}-{number}", (f"m-{subject}",)),
        MessageVisible(at + 4, f"m-{subject}"),
    ]


def finished(subject: str = "r", at: float = 0.0, number: int = 1) -> list[Event]:
    """Transcribed, analysed, acknowledged."""
    transcript = transcript_of(subject)
    return [
        Paid(at + 3, subject, 5.0),
        Commit(at + 4, rows=(row(subject, State.READABLE, transcript=transcript, billed_seconds=5.0),)),
        Commit(at + 5, rows=(row(subject, State.COMPLETE, transcript=transcript, billed_seconds=5.0),)),
        InvocationEnded(at + 6, f"i-{subject}-{number}", ()),
        MessageRemoved(at + 7, f"m-{subject}"),
    ]


def failed(subject: str = "r", at: float = 0.0, number: int = 1) -> list[Event]:
    """The last receive fails the memory, and its message is dead-lettered."""
    return [
        Commit(at + 3, rows=(row(subject, State.FAILED, reason="openai_unavailable"),)),
        InvocationEnded(at + 4, f"i-{subject}-{number}", (f"m-{subject}",)),
        DeadLettered(at + 5, f"m-{subject}"),
    ]


def redriven(subject: str = "r", at: float = 0.0) -> list[Event]:
    """SQS or `rawk dlq redrive` sends a new message and then removes the dead letter; it is finished."""
    new = f"n-{subject}"
    return [
        MessageReceived(at + 1, f"m-{subject}"),
        MessageSent(at + 2, new, subject),
        MessageRemoved(at + 3, f"m-{subject}"),
        MessageReceived(at + 4, new),
        *finished(subject, at + 2)[:3],
        MessageRemoved(at + 9, new),
    ]


def deleted(subject: str = "r", at: float = 0.0) -> list[Event]:
    return [
        Commit(at + 1, deleted=(Deletion(subject, by_owner=True),)),
        AudioRemoved(at + 2, f"audio/acme/{subject}"),
    ]


def complete(subject: str = "r", at: float = 0.0) -> list[Event]:
    return [*accepted(subject, at), *invoked(subject, at + 5), *finished(subject, at + 5)]


def retried(subject: str = "r", at: float = 0.0) -> list[Event]:
    """Complete after a second receive."""
    events = [*accepted(subject, at), *invoked(subject, at + 5), *returned(subject, at + 5)]
    return [*events, *invoked(subject, at + 10, 2), *finished(subject, at + 10, 2)]


def dead(subject: str = "r", at: float = 0.0) -> list[Event]:
    return [*accepted(subject, at), *invoked(subject, at + 5), *failed(subject, at + 5)]


def redriven_after_death(subject: str = "r", at: float = 0.0) -> list[Event]:
    return [*dead(subject, at), *redriven(subject, at + 10)]


def deleted_while_processing(subject: str = "r", at: float = 0.0) -> list[Event]:
    """The worker finds the memory deleted and acknowledges."""
    events = [*accepted(subject, at), *invoked(subject, at + 5), *deleted(subject, at + 7)]
    return [*events, InvocationEnded(at + 10, f"i-{subject}-1", ()), MessageRemoved(at + 11, f"m-{subject}")]


LIVES = (complete, retried, dead, redriven_after_death, deleted_while_processing)
