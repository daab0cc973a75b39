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
from sim.explorer.counterexample.report import MOST_LINES, _folded, numbered_lines, report
from sim.explorer.counterexample.scenario_script import obstacles, script_of
from sim.explorer.counterexample.shrinking import Counterexample, NoViolation, counterexample_of, shrink
from sim.explorer.coverage.points import CoveragePoint
from sim.explorer.invariants.names import NOTHING_LOST, ONE_WORKER
from sim.explorer.plan.call_sites import FaultKind
from sim.explorer.plan.decisions import RecordedDecisions
from sim.explorer.plan.plan import MINUTE_MS, Action, ActionKind, CallFault, Decisions, Plan
from sim.explorer.search import Summary, explore, without_log_and_gc
from sim.explorer.world.world import World


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
    assert lines[0].startswith(f"VIOLATED: {ONE_WORKER} · ")
    assert "event: worker on " in lines[0]
    assert lines[-1].endswith(f"tox -e explore -- --seed {least.seed} --worlds 1")
    assert 2 <= len(numbered_lines(least)) <= MOST_LINES
    assert "claims the memory" in "\n".join(numbered_lines(least))


@pytest.mark.usefixtures("lost_job")
def test_the_script_is_a_scenario() -> None:
    least = found(NOTHING_LOST)

    # The row is gone for a moment only, and at rest nothing is wrong: a scenario sees that by conservation.
    assert obstacles(least) == []
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


def test_an_action_that_does_not_matter_changes_nothing_for_the_rest() -> None:
    """B's workers, messages, ids and random numbers are the same with and without the recording A and a duplicate."""
    mine = (Action(3, 20 * MINUTE_MS, ActionKind.RECORD, 1, key=True), Action(4, 21 * MINUTE_MS, ActionKind.READ, 1))
    others = (
        Action(0, 0, ActionKind.RECORD, 0),
        Action(1, 5 * MINUTE_MS, ActionKind.RECORD_AGAIN, 0),
        Action(2, 9 * MINUTE_MS, ActionKind.DUPLICATE, 0),
    )
    decisions: Decisions = {
        ("worker on B, receive 1", "openai.transcribe", 1): CallFault(FaultKind.RATE_LIMITED, 1_000),
        ("worker on B, receive 1", "memories.save_transcript", 1): CallFault(FaultKind.LOST, 20),
    }

    def events(actions: tuple[Action, ...]) -> list[tuple[int, str, str]]:
        seen: list[tuple[int, str, str]] = []
        World(Plan(actions), RecordedDecisions(decisions), lambda *event: seen.append(event)).run()
        return [event for event in seen if event[0] >= 20 * MINUTE_MS]

    assert events(mine) == events((*others, *mine)) == events((*others[:1], *mine)) == events((*others[:2], *mine))
    assert len(events(mine)) > 10


def test_like_lines_are_folded_and_those_with_a_failure_stay() -> None:
    lines = [f"0:0{n}:00  relay at minute {n}: claims outbox rows (1); sends the job" for n in range(9)]
    lines.insert(4, "0:04:30  relay at minute 4: claims outbox rows (1); sends the job (error)")
    lines += ["0:20:00  client 1: reads", "0:21:00  client 2: reads", "0:22:00  client 3: reads", "0:23:00  violation"]

    folded = _folded(lines)

    assert folded[0] == lines[0]
    assert lines[4] in folded
    assert folded[2].endswith("(7 like it left out before)")
    assert folded[3:] == lines[-4:]


def test_a_whole_counterexample_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rawk.adapters.postgres.in_memory.claim_without_lease", _no_lease)
    summary, _ = explore(seed=1001, worlds=500, jobs=1, progress=lambda _: None)
    whole = counterexample_of(summary.violations[0][0])

    assert len(numbered_lines(whole, whole=True)) > MOST_LINES >= len(numbered_lines(whole))
    assert "more" not in "".join(line for line in numbered_lines(whole, whole=True) if "…" in line)
