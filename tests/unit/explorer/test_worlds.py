"""Worlds: the same seed gives the same world, actors are interleaved at every call, correct use cases violate
nothing."""

import gc
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from dataclasses import replace

import pytest

from rawk.domain.memory import Status
from rawk.use_cases.processing import handler
from rawk.use_cases.processing.claimed_job import ClaimedJob
from rawk.use_cases.recovery import Recovery
from sim.explorer.counterexample import shrinking
from sim.explorer.coverage.points import CoveragePoint
from sim.explorer.invariants import names
from sim.explorer.plan.call_sites import FaultKind
from sim.explorer.plan.decisions import NoFaults, RecordedDecisions
from sim.explorer.plan.plan import HOUR_MS, Action, ActionKind, CallFault, Decisions, Outage, Plan
from sim.explorer.runtime import scheduler
from sim.explorer.runtime.endless import EndlessWorld
from sim.explorer.search import Summary, explore, run_world, without_log_and_gc
from sim.explorer.world import world
from sim.explorer.world.world import Outcome, World

ONE_RECORDING = Plan(actions=(Action(0, 0, ActionKind.RECORD, key=True),))
SAVE_TRANSCRIPT = "memories.save_transcript"
WORKER, CLIENT = "worker on A, receive 1", "client 1"


@pytest.fixture(autouse=True)
def no_log_and_no_gc() -> Iterator[None]:
    with without_log_and_gc():
        yield


def run(plan: Plan, decisions: Decisions | None = None) -> Outcome:
    return World(plan, RecordedDecisions(decisions) if decisions else NoFaults()).run()


def reached(outcome: Outcome, point: CoveragePoint) -> bool:
    return bool(outcome.reached >> point & 1)


def test_a_world_without_faults_completes_its_memory() -> None:
    outcome = run(ONE_RECORDING)

    assert outcome.violation is None
    assert outcome.statuses == {"A": (Status.COMPLETE, None)}
    assert outcome.steps > 12


def test_many_worlds_violate_no_invariant() -> None:
    summary, interrupted = explore(seed=1, worlds=400, jobs=1, progress=lambda _: None)

    assert not interrupted
    assert summary.violations == []
    assert summary.worlds == 400
    assert summary.steps / summary.worlds >= 90
    assert len(summary.not_reached) < 12


def test_the_same_seeds_give_the_same_worlds_and_other_seeds_others() -> None:
    digests = [explore(seed, 60, 1, lambda _: None)[0].digest for seed in (7, 7, 8)]

    assert digests[0] == digests[1] != digests[2]


def test_the_hash_seed_and_the_number_of_processes_change_nothing() -> None:
    def digest(hash_seed: str, jobs: str) -> str:
        command = [sys.executable, "-m", "sim", "explore", "--worlds", "600", "--seed", "3", "--jobs", jobs]
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
        return done.stdout.rpartition("digest ")[2].split()[0]

    assert digest("1", "1") == digest("2", "2")


def test_two_clients_are_interleaved() -> None:
    actions = (Action(0, 0, ActionKind.RECORD, key=True), Action(1, 0, ActionKind.RECORD_AGAIN, key=True))
    both = replace(ONE_RECORDING, actions=actions)
    actors: list[str] = []
    World(both, NoFaults(), lambda _ms, who, _what: actors.append(who)).run()

    uploads = [who for who in actors if who.startswith("client")][:4]
    assert uploads == ["client 1", "client 2", "client 1", "client 2"]
    assert reached(run(both), CoveragePoint.CONCURRENT_UPLOADS)


@pytest.mark.parametrize(
    ("decisions", "point"),
    [
        (
            {(WORKER, SAVE_TRANSCRIPT, 1): CallFault(FaultKind.KILLED_AFTER, 0)},
            CoveragePoint.RESUMED_AFTER_TRANSCRIPT,
        ),
        ({(WORKER, SAVE_TRANSCRIPT, 1): CallFault(FaultKind.LOST, 20)}, CoveragePoint.COMMIT_REPEATED),
        ({(WORKER, "s3.get_object", 1): CallFault(FaultKind.FROZEN, HOUR_MS)}, CoveragePoint.KILLED_AT_DEADLINE),
        ({(CLIENT, "memories.accept", 1): CallFault(FaultKind.LOST, 20)}, CoveragePoint.ACCEPT_REPEATED),
        ({(CLIENT, "sqs.send_message", 1): CallFault(FaultKind.ERROR, 20)}, CoveragePoint.RELAY_SENT),
        ({(CLIENT, "sqs.send_message", 1): CallFault(FaultKind.LATE, HOUR_MS // 60)}, CoveragePoint.SEND_ARRIVED_LATE),
        ({(CLIENT, "memories.accept", 1): CallFault(FaultKind.KILLED_BEFORE, 0)}, CoveragePoint.ANSWERED_503),
        ({(WORKER, "sqs.acknowledge", 1): CallFault(FaultKind.ERROR, 20)}, CoveragePoint.ACKNOWLEDGEMENT_FAILED),
        ({(WORKER, "memories.claim", 1): CallFault(FaultKind.UNEXPECTED, 20)}, CoveragePoint.WORKER_CRASHED),
    ],
)
def test_a_fault_at_one_call_reaches_a_coverage_point_and_violates_nothing(
    decisions: Decisions, point: CoveragePoint
) -> None:
    outcome = run(ONE_RECORDING, decisions)

    assert outcome.violation is None
    assert outcome.statuses == {"A": (Status.COMPLETE, None)}
    assert reached(outcome, point)
    assert not reached(run(ONE_RECORDING), point)


def test_an_outage_longer_than_all_receives_is_redriven_at_the_end() -> None:
    outage = Outage("openai", FaultKind.ERROR, 0, 3 * HOUR_MS)
    outcome = run(replace(ONE_RECORDING, outages=(outage,), faults_end_ms=3 * HOUR_MS))

    assert outcome.violation is None
    assert outcome.statuses == {"A": (Status.COMPLETE, None)}
    assert reached(outcome, CoveragePoint.LAST_RECEIVE_FAILED)
    assert reached(outcome, CoveragePoint.FAILED_THEN_COMPLETE)


def test_summaries_add_up_in_any_order() -> None:
    outcomes = [(seed, run_world(seed)) for seed in range(6)]
    forwards, backwards, halves = Summary(), Summary(), Summary()
    for seed, outcome in outcomes:
        forwards.add(seed, outcome)
    for seed, outcome in reversed(outcomes):
        backwards.add(seed, outcome)
    for half in (outcomes[:3], outcomes[3:]):
        part = Summary()
        for seed, outcome in half:
            part.add(seed, outcome)
        halves.add_all(part)

    assert forwards == backwards == halves


def test_memory_use_stays_flat() -> None:
    for seed in range(100):  # the scheduler keeps as many threads as ever ran at once
        run_world(seed)
    gc.collect()
    before = len(gc.get_objects())
    for seed in range(100):
        run_world(seed)
    gc.collect()
    assert len(gc.get_objects()) - before < 500


def test_a_world_frees_its_parts_without_the_garbage_collector() -> None:
    """A reference cycle for each world costs a quarter of the speed: memory fills up until the next collection."""
    run_world(1)
    gc.collect()
    worlds = 60
    for seed in range(1, 1 + worlds):
        run_world(seed)
    assert gc.collect() < 20 * worlds


def test_a_world_of_a_product_that_never_rests_ends_with_a_violation(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that reads its memory again and again."""
    monkeypatch.setattr(scheduler, "MOST_STEPS", 500)
    monkeypatch.setattr(world, "MOST_STEPS", 500)

    def process(claimed: ClaimedJob) -> None:
        while True:
            claimed.services.memories.find(claimed.memory.id)

    monkeypatch.setattr(handler, "_process", process)
    violation = run(ONE_RECORDING).violation

    assert violation is not None
    assert violation.invariant == names.DRAINS
    assert violation.details == f"after 500 steps the world still goes on; running: {WORKER}"


def test_a_world_whose_own_events_never_end_ends_with_a_violation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "MOST_STEPS", 500)
    endless = World(ONE_RECORDING, NoFaults())

    def again() -> None:
        endless.scheduler.call_at(endless.scheduler.now_ms, again)

    again()
    violation = endless.run().violation

    assert violation is not None
    assert violation.details.startswith("after 500 events the world still goes on")


def test_a_loop_that_calls_no_port_is_ended_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "LONGEST_WORLD_SECONDS", 0.1)

    def process(claimed: ClaimedJob) -> None:
        while True:
            claimed.services.clock.now()

    monkeypatch.setattr(handler, "_process", process)
    with pytest.raises(EndlessWorld, match=r"after 0\.1 s of processor time") as ended:
        run(ONE_RECORDING)
    cause = ended.value.__cause__
    assert cause is not None
    assert "process" in [frame.name for frame in traceback.extract_tb(cause.__traceback__)]


def test_shrinking_ends_after_so_many_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a bug that never ends each run of a world is long."""
    monkeypatch.setattr(Recovery, "queue_due_analyses", lambda self: 0)  # noqa: ARG005
    seed = next(seed for seed in range(1, 500) if run_world(seed).violation is not None)
    found = shrinking.counterexample_of(seed)
    whole = shrinking.shrink(found)
    monkeypatch.setattr(shrinking, "MOST_STEPS", 1)

    assert len(shrinking.shrink(found).plan.actions) > len(whole.plan.actions)
