"""A world that violates an invariant becomes a short counterexample that runs the same way by itself."""

import ast
from collections.abc import Iterator
from datetime import datetime

import pytest

from rawk.adapters.postgres.claims import ClaimWithoutLease, claim_without_lease
from rawk.domain.memory import Memory
from rawk.domain.messages import Job
from rawk.ports import Accepted, Busy, ClaimRequest
from rawk.use_cases.dispatch import Dispatch
from sim.explorer.command import print_summary
from sim.explorer.counterexample.report import MOST_LINES, numbered_lines, report
from sim.explorer.counterexample.scenario_script import script_of
from sim.explorer.counterexample.shrinking import Counterexample, NoViolation, counterexample_of, shrink
from sim.explorer.coverage.points import CoveragePoint
from sim.explorer.invariants.names import NOTHING_LOST, ONE_WORKER
from sim.explorer.search import Summary, explore, without_log_and_gc


@pytest.fixture(autouse=True)
def no_log_and_no_gc() -> Iterator[None]:
    with without_log_and_gc():
        yield


def found(invariant: str) -> Counterexample:
    """The first counterexample in 500 worlds, shrunk."""
    summary, _ = explore(seed=1, worlds=500, jobs=1, progress=lambda _: None)
    assert summary.violations, "no world violated an invariant"
    seed, violated = summary.violations[0]
    assert violated == invariant
    return shrink(counterexample_of(seed))


@pytest.fixture
def lost_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """Intake removes the outbox row before it sends, so it loses the job when it cannot send."""

    def send(self: Dispatch, accepted: Accepted) -> None:
        assert accepted.outbox_id is not None
        self.memories.mark_sent(accepted.outbox_id)
        self.queue.send(Job(accepted.memory.id, accepted.memory.correlation_id))

    monkeypatch.setattr(Dispatch, "send", send)


@pytest.mark.usefixtures("lost_job")
def test_a_shrunk_counterexample_violates_the_same_invariant_by_itself() -> None:
    least = found(NOTHING_LOST)

    assert least.violation.invariant == NOTHING_LOST
    assert least.replay().violation == least.violation
    assert len(least.plan.actions) == 1
    assert least.decisions == {}
    assert least.plan.workers == 1


@pytest.mark.usefixtures("lost_job")
def test_shrinking_twice_removes_nothing_more() -> None:
    once = found(NOTHING_LOST)

    assert shrink(once) == once


def test_a_report_begins_with_the_invariant_and_ends_with_the_replay_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rawk.adapters.postgres.in_memory.claim_without_lease", _no_lease)
    least = found(ONE_WORKER)

    lines = report(least).splitlines()
    assert lines[0] == f"VIOLATED: {ONE_WORKER}"
    assert lines[-1].endswith(f"tox -e explore -- --seed {least.seed} --worlds 1")
    assert 2 <= len(numbered_lines(least)) <= MOST_LINES
    assert "claims the memory" in "\n".join(numbered_lines(least))


@pytest.mark.usefixtures("lost_job")
def test_the_script_is_a_scenario() -> None:
    least = found(NOTHING_LOST)

    tree = ast.parse(script_of(least))
    assert NOTHING_LOST in (ast.get_docstring(tree) or "")
    [test] = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert test.name == f"test_seed_{least.seed}"
    assert [argument.arg for argument in test.args.args] == ["sim"]
    assert "sim.api.record(1" in script_of(least)


def test_a_world_without_a_violation_is_refused() -> None:
    with pytest.raises(NoViolation, match="the world of seed 1 violates no invariant"):
        counterexample_of(1)


def test_coverage_points_that_were_not_reached_are_printed_with_a_zero(capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(Summary(worlds=1))

    assert capsys.readouterr().out.count("           0  ") == len(CoveragePoint)


def _no_lease(memory: Memory, request: ClaimRequest, now: datetime) -> ClaimWithoutLease | None:
    answer = claim_without_lease(memory, request, now)
    return None if isinstance(answer, Busy) else answer
