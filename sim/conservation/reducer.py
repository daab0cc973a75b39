"""The reducer: events in, the place of every recording and the violations out. No input, no output, no clock."""

from collections.abc import Callable, Iterable
from typing import Any

from sim.conservation.events import (
    Accepted,
    AudioRemoved,
    AudioStored,
    AudioTakenAway,
    Commit,
    DeadLettered,
    Event,
    InvocationEnded,
    InvocationStarted,
    MessageReceived,
    MessageRemoved,
    MessageSent,
    MessageVisible,
    Missing,
    Paid,
    Purge,
    Row,
    State,
)
from sim.conservation.places import Kind, Part, Place, Verdict, Violation
from sim.conservation.recording import PLACE_OF_HELD, Held, Recording

AUDIO, PAYMENTS, QUEUE, DATABASE = "audio", "payments", "queue", "database"
ALL_SOURCES = frozenset({AUDIO, PAYMENTS, QUEUE, DATABASE})
"""What may be observed. Facts of a source that is not observed are not judged."""

_ROUNDING_SECONDS = 0.01
"""Sums of billed seconds are compared with this tolerance."""


class Conservation:
    """The state after the events so far. Apply them in the order of time."""

    def __init__(self, observed: Iterable[str] = ALL_SOURCES) -> None:
        """`observed` names the sources whose events are complete unless a `Missing` says otherwise."""
        self.observed = frozenset(observed)
        self.violations: list[Violation] = []
        self.missing: list[str] = []
        """Why the verdict cannot be *conserved*: one text for each gap or contradiction."""
        self.counts: dict[Place, int] = {}
        """How many recordings are in each place; places without one are absent."""
        self.accepted = 0
        """How many recordings were accepted."""
        self.moved: dict[str, Place | None] = {}
        """The recordings whose place the last event changed, with their new place."""
        self._recordings: dict[str, Recording] = {}
        self._subject_of_message: dict[str, str | None] = {}
        self._holder: dict[str, str] = {}
        """Message → the invocation that has it."""
        self._objects: dict[str, str | None] = {}
        self._knows_all_objects = AUDIO in self.observed
        self._by_audio: dict[str, Recording] = {}
        self._gaps = 0
        self._purges = 0
        self._last_at = float("-inf")
        self._found: list[Violation] = []

    # what it says

    @property
    def verdict(self) -> Verdict:
        if self.violations:
            return Verdict.VIOLATED
        return Verdict.NOT_KNOWN if self.missing else Verdict.CONSERVED

    def place_of(self, subject: str) -> Place | None:
        """None for a recording that does not count: unknown, or an upload that was given up."""
        recording = self._recordings.get(subject)
        return recording.place if recording is not None else None

    def holder_of(self, subject: str) -> str | None:
        """The invocation that a recording in flight is with; None where that is not known."""
        recording = self._recordings.get(subject)
        messages = recording.messages if recording is not None else {}
        return next((self._holder[message] for message in messages if message in self._holder), None)

    def places(self) -> dict[str, Place]:
        """The place of every recording that counts."""
        return {each.subject: each.place for each in self._recordings.values() if each.place is not None}

    # what happens

    def apply(self, event: Event) -> list[Violation]:
        """Take the next event; returns the violations that it caused."""
        found: list[Violation] = []
        self._found = found
        self.moved = {}
        if event.at < self._last_at:
            self._note(f"an event of {event.at:.3f} s came after one of {self._last_at:.3f} s")
            for each in self._recordings.values():
                each.uncertain = True
        else:
            self._last_at = event.at
        _HANDLERS[type(event)](self, event)
        if found:
            self.violations += found
        return found

    def _commit(self, event: Commit) -> None:
        touched: dict[str, tuple[Recording, str]] = {}
        for subject in event.sent:
            recording = self._of(subject)
            if not recording.in_outbox:
                self._contradict(recording, "an outbox row was removed that was never written")
            recording.in_outbox = False
            touched[subject] = recording, "left the outbox before its job was sent"
        for subject in event.queued:
            recording = self._of(subject)
            recording.in_outbox = True
            touched[subject] = recording, ""
        for deletion in event.deleted:
            touched[deletion.subject] = self._delete(deletion.subject, deletion.by_owner)
        for row in event.rows:
            recording = self._of(row.subject)
            touched[row.subject] = recording, self._change(event.at, recording, row)
        for recording, cause in touched.values():
            self._settle(event.at, recording, cause)

    def _delete(self, subject: str, by_owner: bool) -> tuple[Recording, str]:
        recording = self._of(subject)
        if recording.row is None:
            self._contradict(recording, "a row was deleted that was never written")
        elif self._by_audio.get(recording.row.audio) is recording:
            del self._by_audio[recording.row.audio]
        recording.row = None
        recording.in_outbox = False
        recording.deleted = by_owner
        return recording, "was deleted from the database, although its owner did not ask for it"

    def _change(self, at: float, recording: Recording, row: Row) -> str:
        """Take a new version of the row; returns what to say if nobody holds the recording after it."""
        before, recording.row = recording.row, row
        if recording.deleted:
            self._violate(
                Kind.REPLACED, at, recording, "is in the database again after its owner deleted it", Part.DELETION
            )
            recording.deleted = False
        if before is None or before.audio != row.audio:
            if before is not None and self._by_audio.get(before.audio) is recording:
                del self._by_audio[before.audio]
            self._by_audio[row.audio] = recording
        if row.state is not State.UPLOADING:
            if not recording.accepted:
                self._accept(recording)
            if before is None or before.audio != row.audio or before.state is State.UPLOADING:
                self._judge_audio(at, recording)
        if recording.tenant is None:
            recording.tenant = row.tenant
        self._judge_tenant(at, recording, row)
        self._judge_transcript(at, recording, before, row)
        if PAYMENTS in self.observed and row.billed_seconds > recording.paid_seconds + _ROUNDING_SECONDS:
            text = f"counts {row.billed_seconds:g} s as paid, but OpenAI charged {recording.paid_seconds:g} s"
            self._violate(Kind.DUPLICATED, at, recording, text, Part.PAYMENT)
        if row.state is State.FAILED and row.reason is None:
            return "failed without a reason"
        return "became {status}, and neither an outbox row nor a message names it"

    def _accepted(self, event: Accepted) -> None:
        recording = self._of(event.subject)
        if recording.deleted:
            return
        if not recording.accepted:
            self._accept(recording)
        if event.tenant is not None and recording.tenant not in (None, event.tenant):
            text = f"was accepted for {event.tenant}, and its memory belongs to {recording.tenant}"
            self._violate(Kind.REPLACED, event.at, recording, text, Part.TENANT)
        recording.tenant = recording.tenant or event.tenant
        if event.audio is not None:
            if recording.audio is not None and recording.audio != event.audio:
                text = "was stored with other audio than its client sent"
                self._violate(Kind.REPLACED, event.at, recording, text, Part.AUDIO)
            recording.audio = recording.audio or event.audio
        if event.transcript is not None and recording.transcript is None:
            recording.transcript = event.transcript
            if recording.row is not None:
                self._judge_transcript(event.at, recording, None, recording.row)
        self._settle(event.at, recording, "was accepted (202), and no memory was written for it")

    def _sent(self, event: MessageSent) -> None:
        self._subject_of_message[event.message] = event.subject
        self._hold(event.at, event.message, Held.WAITING, is_new=True)

    def _visible(self, event: MessageVisible) -> None:
        self._holder.pop(event.message, None)
        self._hold(event.at, event.message, Held.WAITING)

    def _received(self, event: MessageReceived) -> None:
        self._hold(event.at, event.message, Held.IN_FLIGHT)

    def _dead_lettered(self, event: DeadLettered) -> None:
        self._holder.pop(event.message, None)
        self._hold(event.at, event.message, Held.DEAD)

    def _hold(self, at: float, message: str, held: Held, is_new: bool = False) -> None:
        subject = self._subject(message)
        if subject is None:
            return
        recording = self._of(subject)
        before = recording.messages.get(message)
        if before is None and not is_new:
            self._contradict(recording, f"message {message} changed after it was removed, or before it was sent")
        if before is Held.DEAD:  # reading a dead letter changes nothing
            return
        recording.messages[message] = held
        recording.letter_is_gone = False
        if is_new or held is Held.DEAD:
            recording.sent_back = is_new
        self._settle(at, recording, "")

    def _removed(self, event: MessageRemoved) -> None:
        subject = self._subject(event.message)
        self._holder.pop(event.message, None)
        if subject is None:
            return
        recording = self._of(subject)
        held = recording.messages.pop(event.message, None)
        if held is None:
            self._contradict(recording, f"message {event.message} was removed twice, or before it was sent")
        is_letter = held is Held.DEAD
        meant = event.how != "deleted" or self._purges > 0
        recording.letter_is_gone = is_letter and not meant and not recording.sent_back
        self._settle(event.at, recording, _REMOVED[is_letter, event.how])

    def _invoked(self, event: InvocationStarted) -> None:
        for message in event.messages:
            self._holder[message] = event.invocation

    def _ended(self, event: InvocationEnded) -> None:
        for message in event.returned:
            if self._holder.get(message) != event.invocation:
                continue  # it is visible again, or dead-lettered, or with another invocation already
            del self._holder[message]
            subject = self._subject(message)
            if subject is not None and message in self._of(subject).messages:
                self._hold(event.at, message, Held.RETURNED)

    def _stored(self, event: AudioStored) -> None:
        self._objects[event.key] = event.digest
        recording = self._by_audio.get(event.key)
        if recording is not None and recording.accepted:
            recording.audio_is_gone = False
            self._judge_audio(event.at, recording)
            self._settle(event.at, recording, "")

    def _audio_removed(self, event: AudioRemoved) -> None:
        self._objects.pop(event.key, None)
        recording = self._by_audio.get(event.key)
        if recording is not None and recording.accepted and recording.audio_is_judged:
            recording.audio_is_gone = True
            self._settle(event.at, recording, "lost its audio while {status}: the object was deleted from S3")

    def _taken_away(self, event: AudioTakenAway) -> None:
        recording = self._of(event.subject)
        recording.audio_is_judged = recording.audio_is_gone = False
        self._settle(event.at, recording, "")

    def _paid(self, event: Paid) -> None:
        recording = self._of(event.subject)
        recording.paid += 1
        recording.paid_seconds += event.seconds
        if recording.paid > 1:
            self._violate(Kind.DUPLICATED, event.at, recording, f"was paid for {recording.paid} times", Part.PAYMENT)

    def _purge(self, event: Purge) -> None:
        self._purges += 1 if event.begins else -1

    def _missed(self, event: Missing) -> None:
        self._objects.clear()  # one of them may have been stored anew, or removed
        self._knows_all_objects = False
        if event.begins:
            self._gaps += 1
            self._note(f"events of the {event.source} are missing")
            for each in self._recordings.values():
                each.uncertain = True
                self._settle(event.at, each, "")
        else:
            self._gaps -= 1

    # judging

    def _judge_audio(self, at: float, recording: Recording) -> None:
        assert recording.row is not None
        key = recording.row.audio
        if not recording.audio_is_judged or AUDIO not in self.observed:
            return
        if key not in self._objects:
            if self._knows_all_objects:
                recording.audio_is_gone = True
                self._violate(Kind.LOST, at, recording, "was accepted, and its audio is not in S3", Part.AUDIO)
            return
        digest = self._objects[key]
        if recording.audio is None:
            recording.audio = digest
        elif digest is not None and digest != recording.audio:
            text = f"has other audio than was accepted: the object was replaced while {recording.row.status}"
            self._violate(Kind.REPLACED, at, recording, text, Part.AUDIO)

    def _judge_tenant(self, at: float, recording: Recording, row: Row) -> None:
        if row.tenant != recording.tenant:
            text = f"belongs to {row.tenant}, and was accepted for {recording.tenant}"
            self._violate(Kind.REPLACED, at, recording, text, Part.TENANT)
        if row.audio_tenant is not None and row.audio_tenant != row.tenant:
            text = f"belongs to {row.tenant}, and its audio has a key of {row.audio_tenant}"
            self._violate(Kind.REPLACED, at, recording, text, Part.TENANT)

    def _judge_transcript(self, at: float, recording: Recording, before: Row | None, row: Row) -> None:
        if before is not None and before.transcript is not None and row.transcript != before.transcript:
            kind = Kind.LOST if row.transcript is None else Kind.REPLACED
            self._violate(
                kind, at, recording, f"had a transcript, and it was {_ERASED_OR_CHANGED[kind]}", Part.TRANSCRIPT
            )
        elif row.transcript is not None and recording.transcript not in (None, row.transcript):
            self._violate(Kind.REPLACED, at, recording, "has the transcript of another recording", Part.TRANSCRIPT)

    # the state

    def _of(self, subject: str) -> Recording:
        recording = self._recordings.get(subject)
        if recording is None:
            recording = self._recordings[subject] = Recording(subject, self._gaps > 0)
        return recording

    def _subject(self, message: str) -> str | None:
        if message not in self._subject_of_message:
            self._subject_of_message[message] = None
            self._note(f"message {message} was never sent")
        return self._subject_of_message[message]

    def _accept(self, recording: Recording) -> None:
        recording.accepted = True
        self.accepted += 1

    def _settle(self, at: float, recording: Recording, cause: str) -> None:
        """Find the recording's place after an event, and report it if nobody holds it any more.

        `cause` says in that case what happened; `{status}` stands for the status of its row.
        """
        place, before = self._place(recording), recording.place
        if place is before:
            return
        recording.place = self.moved[recording.subject] = place
        counts = self.counts
        if before is not None:
            counts[before] -= 1
            if not counts[before]:
                del counts[before]
        if place is not None:
            counts[place] = counts.get(place, 0) + 1
        if place is Place.LOST and not any(each.subject == recording.subject for each in self._found):
            part = Part.AUDIO if recording.audio_is_gone else Part.RECORDING
            part = Part.DEAD_LETTER if recording.letter_is_gone and _has_failed(recording.row) else part
            status = recording.row.status if recording.row is not None else "unknown"
            self._violate(Kind.LOST, at, recording, cause.format(status=status) + "; nobody holds it", part)

    def _place(self, recording: Recording) -> Place | None:
        row = recording.row
        if recording.uncertain or self._gaps:
            return self._place_in_doubt(recording)
        if row is None:
            if recording.deleted:
                return Place.DELETED if recording.accepted else None
            return Place.LOST if recording.accepted else None
        if row.state is State.UPLOADING:
            return Place.LOST if recording.accepted else Place.CLIENT
        if recording.audio_is_gone:
            return Place.LOST
        if row.state is State.COMPLETE:
            return Place.COMPLETE
        if row.state is State.READABLE:
            return Place.READABLE
        return self._place_of_job(recording, row)

    def _place_of_job(self, recording: Recording, row: Row) -> Place:
        held = max(recording.messages.values(), default=None)
        if held is not None and held is not Held.DEAD:
            return PLACE_OF_HELD[held]
        if recording.in_outbox:
            return Place.OUTBOX
        if held is not None:
            return Place.DEAD_LETTERED
        if row.state is State.FAILED and row.reason is not None and not recording.letter_is_gone:
            return Place.FAILED
        return Place.LOST

    def _place_in_doubt(self, recording: Recording) -> Place | None:
        """After a gap only what the row says by itself is known."""
        row = recording.row
        if recording.deleted:
            return Place.DELETED if recording.accepted else None
        if row is not None and not self._gaps and not recording.audio_is_gone:
            if row.state is State.COMPLETE:
                return Place.COMPLETE
            if row.state is State.READABLE:
                return Place.READABLE
        return Place.NOT_KNOWN if recording.accepted or row is not None else None

    def _violate(self, kind: Kind, at: float, recording: Recording, text: str, part: Part = Part.RECORDING) -> None:
        if not recording.uncertain and not self._gaps:
            self._found.append(Violation(kind, at, recording.subject, text, part))

    def _contradict(self, recording: Recording, text: str) -> None:
        recording.uncertain = True
        self._note(text)

    def _note(self, text: str) -> None:
        if text not in self.missing:
            self.missing.append(text)


def _has_failed(row: Row | None) -> bool:
    return row is not None and row.state is State.FAILED


_REMOVED = {
    (is_letter, how): f"{does} the {queue} while {{status}}"
    for is_letter, queue in ((False, "queue"), (True, "dead-letter queue before it was sent back"))
    for how, does in (("deleted", "was deleted from"), ("expired", "expired in"), ("purged", "was purged from"))
}

_ERASED_OR_CHANGED = {Kind.LOST: "erased", Kind.REPLACED: "changed"}

_HANDLERS: dict[type, Callable[[Conservation, Any], None]] = {
    Commit: Conservation._commit,
    Accepted: Conservation._accepted,
    MessageSent: Conservation._sent,
    MessageVisible: Conservation._visible,
    MessageReceived: Conservation._received,
    MessageRemoved: Conservation._removed,
    DeadLettered: Conservation._dead_lettered,
    InvocationStarted: Conservation._invoked,
    InvocationEnded: Conservation._ended,
    AudioStored: Conservation._stored,
    AudioRemoved: Conservation._audio_removed,
    AudioTakenAway: Conservation._taken_away,
    Paid: Conservation._paid,
    Purge: Conservation._purge,
    Missing: Conservation._missed,
}


def fold(events: Iterable[Event], observed: Iterable[str] = ALL_SOURCES) -> Conservation:
    """Apply all events, each as it is given: the caller sorts them by time."""
    conservation = Conservation(observed)
    for event in events:
        conservation.apply(event)
    return conservation
