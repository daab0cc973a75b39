"""A broken world becomes a short story that plays the same way by itself."""

import ast
from collections.abc import Iterator
from datetime import datetime

import pytest

from rawk.adapters.postgres.claims import ClaimWithoutLease, claim_without_lease
from rawk.domain.memory import Memory
from rawk.domain.messages import Job
from rawk.ports import Accepted, Busy, ClaimRequest
from rawk.use_cases.dispatch import Dispatch
from sim.explorer.command import print_covered
from sim.explorer.counterexample.report import MOST_LINES, story, told
from sim.explorer.counterexample.scenario_script import scenario
from sim.explorer.counterexample.shrinking import Broken, NotBroken, broken_world, shrink
from sim.explorer.coverage.points import Mark
from sim.explorer.invariants.invariants import NOTHING_LOST, ONE_WORKER
from sim.explorer.search import Covered, explore, undisturbed


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with undisturbed():
        yield


def found(promise: str) -> Broken:
    """The first broken world of 500, shrunk."""
    covered, _ = explore(seed=1, worlds=500, jobs=1, progress=lambda _: None)
    assert covered.broken, "no world broke a promise"
    seed, broken_promise = covered.broken[0]
    assert broken_promise == promise
    return shrink(broken_world(seed))


@pytest.fixture
def lost_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """Intake forgets the outbox row, sends, and so loses the job when it can not send."""

    def send(self: Dispatch, accepted: Accepted) -> None:
        assert accepted.outbox_id is not None
        self.memories.mark_sent(accepted.outbox_id)
        self.queue.send(Job(accepted.memory.id, accepted.memory.correlation_id))

    monkeypatch.setattr(Dispatch, "send", send)


@pytest.mark.usefixtures("lost_job")
def test_what_is_left_breaks_the_same_promise_by_itself() -> None:
    least = found(NOTHING_LOST)

    assert least.play().broken == (NOTHING_LOST, least.found)
    assert len(least.plan.acts) == 1
    assert least.decisions == {}
    assert least.plan.workers == 1


@pytest.mark.usefixtures("lost_job")
def test_nothing_can_be_left_out_any_more() -> None:
    once = found(NOTHING_LOST)

    assert shrink(once) == once


def test_a_story_has_the_promise_on_top_and_the_way_back_below(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rawk.adapters.postgres.in_memory.claim_without_lease", _no_lease)
    least = found(ONE_WORKER)

    lines = told(least).splitlines()
    assert lines[0] == f"BROKEN: {ONE_WORKER}"
    assert lines[-1].endswith(f"python -m sim explore --seed {least.seed} --worlds 1")
    assert 2 <= len(story(least)) <= MOST_LINES
    assert "claims the memory" in "\n".join(story(least))


@pytest.mark.usefixtures("lost_job")
def test_the_script_is_a_scenario() -> None:
    least = found(NOTHING_LOST)

    tree = ast.parse(scenario(least))
    assert NOTHING_LOST in (ast.get_docstring(tree) or "")
    [test] = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert test.name == f"test_seed_{least.seed}"
    assert [argument.arg for argument in test.args.args] == ["sim"]
    assert "sim.api.record(1" in scenario(least)


def test_a_sound_world_can_not_be_shrunk() -> None:
    with pytest.raises(NotBroken, match="the world of seed 1 keeps every promise"):
        broken_world(1)


def test_what_was_never_reached_is_printed_with_a_nought(capsys: pytest.CaptureFixture[str]) -> None:
    print_covered(Covered(worlds=1))

    assert capsys.readouterr().out.count("           0  ") == len(Mark)


def _no_lease(memory: Memory, request: ClaimRequest, now: datetime) -> ClaimWithoutLease | None:
    answer = claim_without_lease(memory, request, now)
    return None if isinstance(answer, Busy) else answer
