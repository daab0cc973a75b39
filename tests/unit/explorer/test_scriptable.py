"""A counterexample that no scenario can follow is exchanged for one that a scenario can follow."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest

from rawk.adapters.postgres.in_memory import InMemoryMemoryStore
from rawk.domain.messages import Job
from rawk.ports import Accepted
from rawk.use_cases.dispatch import Dispatch
from sim.explorer.counterexample.replay import observed_violation
from sim.explorer.counterexample.scenario_script import obstacles, script_of
from sim.explorer.counterexample.scriptable import scriptable
from sim.explorer.counterexample.shrinking import Counterexample
from sim.explorer.invariants.names import ECONOMY, NOTHING_LOST, TOMBSTONES_KEPT, Violation
from sim.explorer.plan.call_sites import FaultKind
from sim.explorer.plan.plan import Action, ActionKind, CallFault, Plan
from sim.explorer.search import without_log_and_gc

RECORD = Action(0, 0, ActionKind.RECORD)


@pytest.fixture(autouse=True)
def no_log_and_no_gc() -> Iterator[None]:
    with without_log_and_gc():
        yield


@pytest.fixture
def lost_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """Intake removes the outbox row before it sends."""

    def send(self: Dispatch, accepted: Accepted) -> None:
        assert accepted.outbox_id is not None
        self.memories.mark_sent(accepted.outbox_id)
        self.queue.send(Job(accepted.memory.id, accepted.memory.correlation_id))

    monkeypatch.setattr(Dispatch, "send", send)


@pytest.fixture
def no_tombstone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deletion leaves no tombstone."""
    delete = InMemoryMemoryStore.delete

    def forgetful(self: InMemoryMemoryStore, tenant: str, memory_id: str, now: datetime) -> str | None:
        audio_key = delete(self, tenant, memory_id, now)
        self._tombstones.pop(memory_id, None)
        return audio_key

    monkeypatch.setattr(InMemoryMemoryStore, "delete", forgetful)


@pytest.mark.usefixtures("lost_job")
def test_one_that_a_scenario_can_follow_stays() -> None:
    found = Counterexample(1, Plan((RECORD,)), {}, Violation(NOTHING_LOST, "Nobody holds A"))

    assert scriptable(found) is found


@pytest.mark.usefixtures("lost_job")
def test_another_world_shows_the_same_violation_without_what_no_scenario_can_do() -> None:
    clocks = Counterexample(1, Plan((RECORD,), skews_ms=(0, 5_000, 0)), {}, Violation(NOTHING_LOST, "Nobody holds A"))

    other = scriptable(clocks)

    assert other is not None
    assert other.violation.invariant == NOTHING_LOST
    assert obstacles(clocks) != [] == obstacles(other)


@pytest.mark.usefixtures("no_tombstone")
def test_a_violation_within_the_usual_duration_of_a_call_is_shown_with_a_call_that_takes_long() -> None:
    """In a world OpenAI takes three seconds, in a scenario none: the deletion would come when all is done."""
    actions = (RECORD, Action(1, 1_000, ActionKind.DELETE))
    found = Counterexample(1, Plan(actions), {}, Violation(TOMBSTONES_KEPT, "A job is taken for poison"))

    other = scriptable(found)

    assert obstacles(found) == ["meeting the moment: with other durations of its calls nothing is wrong"]
    assert other is not None
    assert "faults.openai.slow(20" in script_of(other)


@pytest.mark.usefixtures("no_tombstone")
def test_without_the_bug_no_script_is_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    decisions = {("worker on A, receive 1", "openai.transcribe", 1): CallFault(FaultKind.SLOW, 20_000)}
    actions = (RECORD, Action(1, 1_000, ActionKind.DELETE))
    found = Counterexample(1, Plan(actions), dict(decisions), Violation(TOMBSTONES_KEPT, "A job is taken for poison"))
    assert obstacles(found) == []

    monkeypatch.undo()

    assert observed_violation(found.plan, found.decisions) is None
    assert obstacles(found) != []


@pytest.mark.usefixtures("lost_job")
def test_what_no_scenario_sees_is_not_looked_for() -> None:
    found = Counterexample(1, Plan((RECORD,)), {}, Violation(ECONOMY, "Too many calls"))

    assert scriptable(replace(found)) is None
