"""The explorer's worlds check conservation after every step, and name what happened to which memory."""

from collections.abc import Iterator

import pytest

from rawk.adapters.postgres.in_memory import InMemoryMemoryStore
from rawk.ports import Accepted
from rawk.use_cases.dispatch import Dispatch
from rawk.use_cases.processing import handler
from rawk.use_cases.processing.outcome import Acknowledged
from sim.conservation import Conservation, Event, MessageRemoved, MessageSent, Place, Verdict
from sim.explorer.invariants import names
from sim.explorer.invariants.checks import Invariants
from sim.explorer.plan.decisions import RandomDecisions
from sim.explorer.plan.random_plan import random_plan
from sim.explorer.search import without_log_and_gc
from sim.explorer.world.world import World

MOST_WORLDS = 200


@pytest.fixture(autouse=True)
def no_log_and_no_gc() -> Iterator[None]:
    with without_log_and_gc():
        yield


def run(seed: int) -> tuple[Conservation, names.Violation | None]:
    """One world of that seed: conservation at its end, and what was violated."""
    plan, rates = random_plan(seed)
    world = World(plan, RandomDecisions(rates))
    conservation = world.conservation.conservation
    return conservation, world.run().violation


def first_violation() -> names.Violation | None:
    found = (run(seed)[1] for seed in range(1, MOST_WORLDS))
    return next((violation for violation in found if violation is not None), None)


def test_every_world_is_conserved_and_knows_it() -> None:
    seen: set[Place] = set()
    for seed in range(1, 120):
        conservation, violation = run(seed)
        assert violation is None
        assert conservation.verdict is Verdict.CONSERVED, conservation.missing
        assert sum(conservation.counts.values()) == conservation.accepted
        seen |= conservation.counts.keys()
    assert {Place.COMPLETE, Place.READABLE, Place.DELETED} <= seen


@pytest.fixture
def conservation_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes the checks away that look for the same without events."""
    for check in ("check_locations", "after_audio_removed", "check_rows"):
        monkeypatch.setattr(Invariants, check, lambda *_: None)


@pytest.mark.usefixtures("conservation_alone")
def test_a_job_that_is_acknowledged_before_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "_process", lambda claimed: Acknowledged())  # noqa: ARG005

    violation = first_violation()

    assert violation is not None
    assert violation.invariant == names.NOTHING_LOST
    assert violation.details.endswith("was deleted from the queue while processing; nobody holds it")


@pytest.mark.usefixtures("conservation_alone")
def test_an_outbox_row_that_is_removed_before_its_job_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Dispatch.send

    def wrong(self: Dispatch, accepted: Accepted) -> None:
        if accepted.outbox_id is not None:
            self.memories.mark_sent(accepted.outbox_id)
        right(self, accepted)

    monkeypatch.setattr(Dispatch, "send", wrong)

    violation = first_violation()

    assert violation is not None
    assert violation.details.endswith("left the outbox before its job was sent; nobody holds it")


@pytest.mark.usefixtures("conservation_alone")
def test_audio_that_is_replaced_after_it_was_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    right = handler._process

    def wrong(claimed: object) -> object:
        memory = claimed.memory  # type: ignore[attr-defined]
        upload = claimed.services.audio.open_upload(memory.audio_key, "audio/wav")  # type: ignore[attr-defined]
        upload.write(b"RIFF\x00\x00\x00\x00WAVEfmt other words".ljust(80, b"."))
        upload.complete()
        return right(claimed)  # type: ignore[arg-type]

    monkeypatch.setattr(handler, "_process", wrong)

    violation = first_violation()

    assert violation is not None
    assert violation.invariant == names.AUDIO_UNCHANGED
    assert "has other audio than was accepted: the object was replaced while processing" in violation.details


@pytest.mark.usefixtures("conservation_alone")
def test_a_memory_that_vanishes(monkeypatch: pytest.MonkeyPatch) -> None:
    right = InMemoryMemoryStore.claim

    def wrong(self: InMemoryMemoryStore, *arguments: object) -> object:
        answer = right(self, *arguments)  # type: ignore[arg-type]
        self.rows.pop(arguments[0].memory_id, None)  # type: ignore[attr-defined]
        return answer

    monkeypatch.setattr(InMemoryMemoryStore, "claim", wrong)

    violation = first_violation()

    assert violation is not None
    assert "was deleted from the database, although its owner did not ask for it" in violation.details


def test_a_message_is_followed_through_the_queues(monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[Event] = []
    right = Conservation.apply
    monkeypatch.setattr(Conservation, "apply", lambda self, event: [events.append(event), right(self, event)][1])

    run(1)

    sent = {event.message for event in events if isinstance(event, MessageSent)}
    removed = {event.message for event in events if isinstance(event, MessageRemoved)}
    assert removed
    assert removed <= sent
