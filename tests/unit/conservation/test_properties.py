"""Whatever is shuffled, interleaved or missing: a lost recording is never fine, and a healthy one is never lost."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from sim.conservation import (
    AudioRemoved,
    Commit,
    Conservation,
    Deletion,
    Event,
    MessageRemoved,
    MessageSent,
    Verdict,
    fold,
)
from sim.conservation.gaps import Numbered, with_gaps
from tests.unit.conservation.healthy import LIVES, accepted, dead, invoked

LOST: Sequence[list[Event]] = (
    [*accepted(), *invoked(at=5), MessageRemoved(12, "m-r")],
    [accepted()[0], accepted()[1], Commit(2.5, sent=("r",))],
    [*accepted(), AudioRemoved(9, "audio/acme/r")],
    [*dead(), MessageRemoved(21, "m-r")],
    [*accepted(), Commit(9, deleted=(Deletion("r", by_owner=False),))],
)
"""Each loses the recording `r` at its last event."""

SUBJECTS = ("a", "b", "c")
TIMES = st.floats(0, 100, allow_nan=False)
LIFE = st.sampled_from(LIVES)


@st.composite
def healthy_worlds(draw: st.DrawFn) -> list[Event]:
    """Several recordings at once, some with equal bytes."""
    subjects = SUBJECTS[: draw(st.integers(1, 3))]
    events = [event for subject in subjects for event in draw(LIFE)(subject, draw(TIMES))]
    return sorted(events, key=lambda event: event.at)


@st.composite
def lost_worlds(draw: st.DrawFn) -> list[Event]:
    """The recording `r` is lost; beside it others are not."""
    lost = draw(st.sampled_from(LOST))
    return sorted([*draw(healthy_worlds()), *lost], key=lambda event: event.at)


def source_of(event: Event) -> str:
    return {"Commit": "database", "Accepted": "client", "Paid": "openai"}.get(type(event).__name__, "emulator")


def numbered(events: list[Event]) -> tuple[list[Numbered], dict[str, int]]:
    totals: dict[str, int] = {}
    records = []
    for event in events:
        source = source_of(event)
        totals[source] = totals.get(source, 0) + 1
        records.append(Numbered(source, totals[source], event.at, (event,)))
    return records, totals


def without_subject(event: Event, subject: str) -> Event:
    """The event as it is after the recording's deletion: no transaction finds its row any more."""
    if not isinstance(event, Commit):
        return event
    rows = tuple(row for row in event.rows if row.subject != subject)
    queued, sent = (tuple(each for each in of if each != subject) for of in (event.queued, event.sent))
    deleted = tuple(each for each in event.deleted if each.subject != subject)
    return Commit(event.at, rows, deleted, queued, sent)


@given(healthy_worlds())
def test_healthy_worlds_are_conserved_after_every_event(events: list[Event]) -> None:
    conservation = Conservation()
    for event in events:
        assert conservation.apply(event) == []
        assert sum(conservation.counts.values()) >= conservation.accepted
    assert conservation.verdict is Verdict.CONSERVED


@given(healthy_worlds(), st.data())
def test_a_deletion_between_any_two_events(events: list[Event], data: st.DataObject) -> None:
    subject = data.draw(
        st.sampled_from([row.subject for each in events if isinstance(each, Commit) for row in each.rows])
    )
    written = next(
        number
        for number, each in enumerate(events)
        if isinstance(each, Commit) and each.rows and each.rows[0].subject == subject
    )
    place = data.draw(st.integers(written + 1, len(events)))
    at = events[place - 1].at
    in_outbox = fold(events[:place])._recordings[subject].in_outbox
    already = any(
        isinstance(each, Commit) and each.deleted and each.deleted[0].subject == subject for each in events[:place]
    )
    if already:
        return
    deletion = Commit(at, deleted=(Deletion(subject, by_owner=True),), sent=(subject,) if in_outbox else ())
    gone: list[Event] = [deletion, AudioRemoved(at, f"audio/acme/{subject}")]
    rest = [without_subject(event, subject) for event in events[place:]]

    assert fold([*events[:place], *gone, *rest]).verdict is Verdict.CONSERVED


@given(lost_worlds(), st.data())
def test_a_lost_recording_is_never_fine_in_any_order(events: list[Event], data: st.DataObject) -> None:
    assert fold(events).verdict is Verdict.VIOLATED
    assert fold(data.draw(st.permutations(events))).verdict is not Verdict.CONSERVED


@given(lost_worlds(), st.data())
def test_a_lost_recording_is_never_fine_whatever_is_missing(events: list[Event], data: st.DataObject) -> None:
    records, totals = numbered(events)
    missing = data.draw(st.sets(st.integers(0, len(records) - 1), max_size=4))
    kept = [record for number, record in enumerate(records) if number not in missing]

    assert fold(with_gaps(kept, totals)).verdict is not Verdict.CONSERVED


@given(healthy_worlds(), st.data())
def test_a_healthy_recording_is_never_lost_whatever_is_missing(events: list[Event], data: st.DataObject) -> None:
    records, totals = numbered(events)
    missing = data.draw(st.sets(st.integers(0, len(records) - 1), max_size=4))
    kept = [record for number, record in enumerate(records) if number not in missing]

    verdict = fold(with_gaps(kept, totals)).verdict

    assert verdict is (Verdict.CONSERVED if len(kept) == len(records) else Verdict.NOT_KNOWN)


@given(healthy_worlds(), st.data())
def test_the_order_of_the_lines_does_not_matter(events: list[Event], data: st.DataObject) -> None:
    records, totals = numbered(events)

    assert fold(with_gaps(data.draw(st.permutations(records)), totals)).verdict is Verdict.CONSERVED


@given(healthy_worlds(), st.data())
def test_without_a_total_the_end_is_not_known(events: list[Event], data: st.DataObject) -> None:
    records, totals = numbered(events)
    del totals[data.draw(st.sampled_from(sorted(totals)))]

    assert fold(with_gaps(records, totals)).verdict is Verdict.NOT_KNOWN


def test_a_line_that_is_there_twice_counts_once() -> None:
    record = Numbered("emulator", 1, 1.0, (MessageSent(1.0, "m", "r"),))

    assert with_gaps([record, record], {"emulator": 1}) == [MessageSent(1.0, "m", "r")]
