"""The reducer says where each recording is, and names the event that lost, replaced or duplicated it."""

from collections.abc import Callable

import pytest

from sim.conservation import (
    Accepted,
    AudioRemoved,
    AudioStored,
    AudioTakenAway,
    Commit,
    Conservation,
    DeadLettered,
    Deletion,
    Event,
    InvocationEnded,
    Kind,
    MessageReceived,
    MessageRemoved,
    MessageSent,
    Missing,
    Paid,
    Place,
    Purge,
    State,
    Verdict,
    fold,
)
from tests.unit.conservation.healthy import (
    LIVES,
    accepted,
    complete,
    dead,
    deleted,
    deleted_while_processing,
    finished,
    invoked,
    redriven_after_death,
    returned,
    row,
    transcript_of,
)


def only_violation(events: list[Event]) -> tuple[Kind, float, str]:
    conservation = fold(events)
    assert conservation.verdict is Verdict.VIOLATED
    (violation,) = conservation.violations
    assert violation.subject == "r"
    return violation.kind, violation.at, violation.text


@pytest.mark.parametrize(
    ("events", "place"),
    [
        ([Commit(0, rows=(row("r", State.UPLOADING),))], Place.CLIENT),
        (accepted()[:2], Place.OUTBOX),
        (accepted()[:3], Place.QUEUED),
        (accepted(), Place.QUEUED),
        ([*accepted(), *invoked(at=5)[:1]], Place.IN_FLIGHT),
        ([*accepted(), *invoked(at=5)], Place.IN_FLIGHT),
        ([*accepted(), *invoked(at=5), *returned(at=5)[:1]], Place.RETURNED),
        ([*accepted(), *invoked(at=5), *returned(at=5)], Place.QUEUED),
        ([*accepted(), *invoked(at=5), *finished(at=5)[:2]], Place.READABLE),
        (complete(), Place.COMPLETE),
        (dead(), Place.DEAD_LETTERED),
        (redriven_after_death(), Place.COMPLETE),
        (deleted_while_processing(), Place.DELETED),
        ([*complete(), *deleted(at=20)], Place.DELETED),
        ([*dead(), Purge(20, True), MessageRemoved(21, "m-r"), Purge(22, False)], Place.FAILED),
        ([*dead(), MessageRemoved(21, "m-r", "expired")], Place.FAILED),
    ],
)
def test_the_place(events: list[Event], place: Place) -> None:
    conservation = fold(events)

    assert conservation.place_of("r") is place
    assert conservation.places() == {"r": place}
    assert conservation.counts == {place: 1}
    assert conservation.accepted == (place is not Place.CLIENT)


def test_who_has_a_recording_in_flight() -> None:
    assert fold([*accepted(), *invoked(at=5)]).holder_of("r") == "i-r-1"
    assert fold([*accepted(), *invoked(at=5), *returned(at=5)]).holder_of("r") is None
    assert fold([]).holder_of("r") is None


@pytest.mark.parametrize("life", LIVES)
def test_a_healthy_life_is_conserved_after_every_event(life: Callable[[str, float], list[Event]]) -> None:
    conservation = Conservation()
    for event in life("r", 0.0):
        assert conservation.apply(event) == []
        assert conservation.verdict is Verdict.CONSERVED
        assert sum(conservation.counts.values()) == conservation.accepted


def test_an_upload_that_is_given_up_does_not_count() -> None:
    events: list[Event] = [Commit(0, rows=(row("r", State.UPLOADING),)), Commit(1, deleted=(Deletion("r", False),))]

    conservation = fold(events)

    assert conservation.verdict is Verdict.CONSERVED
    assert conservation.counts == {}
    assert conservation.accepted == 0


# lost


def test_acknowledged_before_the_commit() -> None:
    events = [*accepted(), *invoked(at=5), InvocationEnded(12.0, "i-r-1", ()), MessageRemoved(12.3, "m-r")]

    assert only_violation(events) == (
        Kind.LOST,
        12.3,
        "was deleted from the queue while processing; nobody holds it",
    )


def test_an_outbox_row_is_removed_before_its_job_is_sent() -> None:
    stored, written, sent, removed, answered = accepted()
    events = [stored, written, Commit(2.5, sent=("r",)), sent, answered]

    assert only_violation(events) == (Kind.LOST, 2.5, "left the outbox before its job was sent; nobody holds it")
    del removed


def test_no_outbox_row_at_all() -> None:
    events: list[Event] = [accepted()[0], Commit(2, rows=(row("r", State.UNFINISHED),))]

    kind, at, text = only_violation(events)

    assert (kind, at) == (Kind.LOST, 2)
    assert text == "became queued, and neither an outbox row nor a message names it; nobody holds it"


def test_audio_is_swept_while_its_memory_is_known() -> None:
    events = [*accepted(), AudioRemoved(9.0, "audio/acme/r")]

    assert only_violation(events) == (
        Kind.LOST,
        9.0,
        "lost its audio while queued: the object was deleted from S3; nobody holds it",
    )


def test_audio_is_removed_before_the_row() -> None:
    events = [*complete(), AudioRemoved(30, "audio/acme/r"), Commit(31, deleted=(Deletion("r", True),))]

    assert only_violation(events)[:2] == (Kind.LOST, 30)


def test_accepted_without_audio() -> None:
    assert only_violation(accepted()[1:]) == (Kind.LOST, 2, "was accepted, and its audio is not in S3")


def test_a_redrive_removes_a_dead_letter_that_it_has_not_sent() -> None:
    events = [*dead(), MessageReceived(20, "m-r"), MessageRemoved(21, "m-r")]

    assert only_violation(events) == (
        Kind.LOST,
        21,
        "was deleted from the dead-letter queue before it was sent back while failed; nobody holds it",
    )


def test_a_purge_of_an_unfinished_dead_letter_loses_it() -> None:
    events: list[Event] = [*accepted(), MessageReceived(6, "m-r"), DeadLettered(7, "m-r"), Purge(8, True)]

    assert only_violation([*events, MessageRemoved(9, "m-r")])[:2] == (Kind.LOST, 9)


def test_a_dead_letter_may_go_when_its_job_was_sent_failed_again_and_was_acknowledged_meanwhile() -> None:
    events: list[Event] = [*dead(), MessageReceived(20, "m-r"), MessageSent(21, "n-r", "r")]
    events += [MessageReceived(22, "n-r"), MessageRemoved(23, "n-r"), MessageRemoved(24, "m-r")]

    conservation = fold(events)

    assert conservation.verdict is Verdict.CONSERVED
    assert conservation.place_of("r") is Place.FAILED


def test_an_expired_job() -> None:
    assert only_violation([*accepted(), MessageRemoved(99, "m-r", "expired")])[2] == (
        "expired in the queue while queued; nobody holds it"
    )


def test_a_row_that_vanishes() -> None:
    events = [*complete(), Commit(30, deleted=(Deletion("r", by_owner=False),))]

    assert only_violation(events) == (
        Kind.LOST,
        30,
        "was deleted from the database, although its owner did not ask for it; nobody holds it",
    )


def test_an_answer_without_a_memory() -> None:
    events: list[Event] = [Accepted(5, "r", "acme", "bytes")]

    assert only_violation(events)[2] == "was accepted (202), and no memory was written for it; nobody holds it"


def test_an_answer_for_an_upload_that_was_not_submitted() -> None:
    events: list[Event] = [Commit(0, rows=(row("r", State.UPLOADING),)), Accepted(5, "r", "acme", "bytes")]

    assert only_violation(events)[:2] == (Kind.LOST, 5)


def test_failed_without_a_reason() -> None:
    events = [*accepted(), *invoked(at=5), Commit(9, rows=(row("r", State.FAILED),)), MessageRemoved(10, "m-r")]

    assert only_violation(events)[:2] == (Kind.LOST, 10)


def test_an_erased_transcript() -> None:
    events = [*complete(), Commit(30, rows=(row("r", State.COMPLETE, billed_seconds=5.0),))]

    assert only_violation(events) == (Kind.LOST, 30, "had a transcript, and it was erased")


# replaced


def test_audio_is_replaced_after_acceptance() -> None:
    events = [*accepted(), AudioStored(9.0, "audio/acme/r", "other bytes")]

    assert only_violation(events) == (
        Kind.REPLACED,
        9.0,
        "has other audio than was accepted: the object was replaced while queued",
    )


def test_the_same_audio_stored_again_is_no_violation() -> None:
    assert fold([*accepted(), AudioStored(9.0, "audio/acme/r", "bytes")]).verdict is Verdict.CONSERVED


def test_audio_is_replaced_before_it_is_accepted() -> None:
    events = [AudioStored(0.5, "audio/acme/r", "first try"), *accepted()]

    assert fold(events).verdict is Verdict.CONSERVED


def test_the_api_stores_other_bytes_than_it_got() -> None:
    events = accepted()
    events[0] = AudioStored(1, "audio/acme/r", "cut off")

    assert only_violation(events)[2] == "was stored with other audio than its client sent"


def test_the_row_points_to_other_audio() -> None:
    events = [*accepted("other"), *accepted(at=10)]
    moved = row("r", State.UNFINISHED, audio="audio/acme/x", audio_tenant=None)

    assert fold([*events, AudioStored(20, "audio/acme/x", "bytes"), Commit(21, rows=(moved,))]).violations == []
    (violation,) = fold([*events, AudioStored(20, "audio/acme/x", "others"), Commit(21, rows=(moved,))]).violations
    assert (violation.kind, violation.at, violation.subject) == (Kind.REPLACED, 21, "r")
    (violation,) = fold([*events, Commit(21, rows=(moved,))]).violations
    assert violation.kind is Kind.LOST


def test_another_tenants_memory() -> None:
    events = [*accepted(), Commit(9, rows=(row("r", State.UNFINISHED, tenant="acme-2", audio_tenant=None),))]

    assert only_violation(events) == (Kind.REPLACED, 9, "belongs to acme-2, and was accepted for acme")


def test_a_key_of_another_tenant() -> None:
    events = accepted()
    events[1] = Commit(2, rows=(row("r", State.UNFINISHED, audio_tenant="acme-2"),), queued=("r",))

    assert only_violation(events)[2] == "belongs to acme, and its audio has a key of acme-2"


def test_the_transcript_of_another_recording() -> None:
    events = [*accepted(), *invoked(at=5)]
    swapped = row("r", State.READABLE, transcript=transcript_of("other"))

    assert only_violation([*events, Commit(9, rows=(swapped,))])[2] == "has the transcript of another recording"


def test_a_deleted_memory_comes_back() -> None:
    events = [*deleted_while_processing(), Commit(30, rows=(row("r", State.COMPLETE),))]

    assert fold(events).violations[0].kind is Kind.REPLACED


def test_two_recordings_with_equal_bytes_are_two_recordings() -> None:
    events = sorted([*complete("a"), *complete("b", at=0.5)], key=lambda event: event.at)
    assert fold(events).counts == {Place.COMPLETE: 2}

    lost = [event for event in events if not (isinstance(event, MessageSent) and event.subject == "b")]
    (violation,) = fold([event for event in lost if getattr(event, "message", "") != "m-b"]).violations
    assert violation.subject == "b"


# duplicated


def test_paid_twice() -> None:
    assert only_violation([*complete(), Paid(30, "r", 5.0)]) == (Kind.DUPLICATED, 30, "was paid for 2 times")


def test_counted_more_often_than_paid() -> None:
    counted = row("r", State.COMPLETE, transcript=transcript_of("r"), billed_seconds=10.0)

    assert only_violation([*complete(), Commit(30, rows=(counted,))]) == (
        Kind.DUPLICATED,
        30,
        "counts 10 s as paid, but OpenAI charged 5 s",
    )


# what is not judged


def test_audio_that_a_fault_takes_away_is_not_judged() -> None:
    events = [*accepted(), AudioTakenAway(8, "r"), AudioRemoved(9, "audio/acme/r")]

    assert fold(events).verdict is Verdict.CONSERVED


def test_a_source_that_is_not_observed_is_not_judged() -> None:
    without = [event for event in complete() if not isinstance(event, AudioStored | Paid)]

    assert fold(without).verdict is Verdict.VIOLATED
    assert fold(without, observed=("database", "queue")).verdict is Verdict.CONSERVED


def test_poison_and_a_redrive_of_a_message_whose_memory_is_gone_count_nowhere() -> None:
    events: list[Event] = [MessageSent(0, "p", None), MessageReceived(1, "p"), DeadLettered(2, "p")]
    events += [MessageRemoved(3, "p"), MessageSent(4, "q", "gone"), DeadLettered(5, "q"), MessageSent(6, "q2", "gone")]
    events += [MessageRemoved(7, "q"), MessageRemoved(8, "q2")]

    conservation = fold(events)

    assert (conservation.verdict, conservation.accepted, conservation.counts) == (Verdict.CONSERVED, 0, {})


# not known


@pytest.mark.parametrize(
    "event",
    [
        MessageReceived(99, "unknown"),
        MessageRemoved(99, "m-r"),
        Commit(99, sent=("r",)),
        Commit(99, deleted=(Deletion("unheard of", True),)),
        Missing(99, "queue", True),
        Commit(0.0),
    ],
)
def test_a_contradiction_or_a_gap_is_not_known(event: Event) -> None:
    conservation = fold([*complete(), event])

    assert conservation.verdict is Verdict.NOT_KNOWN
    assert conservation.missing


def test_after_a_gap_only_what_the_row_says_is_known() -> None:
    events = [*accepted("a"), Missing(6, "queue", True), *accepted("b", at=7), Missing(13, "queue", False)]
    events += [*accepted("c", at=14)]

    conservation = fold(events)

    assert conservation.places() == {"a": Place.NOT_KNOWN, "b": Place.NOT_KNOWN, "c": Place.QUEUED}
    conservation.apply(Commit(30, rows=(row("a", State.COMPLETE, transcript=transcript_of("a")),)))
    assert conservation.place_of("a") is Place.COMPLETE
    assert conservation.verdict is Verdict.NOT_KNOWN


def test_a_recording_that_is_lost_after_a_gap_is_reported() -> None:
    events = [Missing(0, "queue", True), Missing(0, "queue", False), *accepted(at=1), MessageRemoved(9, "m-r")]

    assert fold(events).verdict is Verdict.VIOLATED


def test_the_sentence_of_a_violation() -> None:
    (violation,) = fold([*accepted("4552abcd-0000"), MessageRemoved(112.34, "m-4552abcd-0000")]).violations

    assert violation.sentence(start=100) == (
        "12.3 s: recording 4552… was deleted from the queue while queued; nobody holds it"
    )
