"""Worlds: the same seed is the same world, actors give way at every call, and sound use cases keep every promise."""

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from rawk.domain.memory import Status
from sim.explorer.coverage.points import Mark
from sim.explorer.plan.call_sites import Trouble
from sim.explorer.plan.decisions import Remembered, Usual
from sim.explorer.plan.plan import HOUR_MS, Act, Decisions, Deed, Outage, Plan, Struck
from sim.explorer.search import Covered, explore, play, undisturbed
from sim.explorer.world.world import Outcome, World

ONE_RECORDING = Plan(acts=(Act(0, 0, Deed.RECORD, key=True),))
WORKER, CLIENT = "worker 1 on A", "client 1"


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with undisturbed():
        yield


def played(plan: Plan, decisions: Decisions | None = None) -> Outcome:
    return World(plan, Remembered(decisions) if decisions else Usual()).run()


def reached(outcome: Outcome, mark: Mark) -> bool:
    return bool(outcome.reached >> mark & 1)


def test_a_world_without_trouble_completes_its_memory() -> None:
    outcome = played(ONE_RECORDING)

    assert outcome.broken is None
    assert outcome.statuses == {"A": (Status.COMPLETE, None)}
    assert outcome.steps > 12


def test_many_worlds_keep_every_promise() -> None:
    covered, interrupted = explore(seed=1, worlds=400, jobs=1, progress=lambda _: None)

    assert not interrupted
    assert covered.broken == []
    assert covered.worlds == 400
    assert covered.steps / covered.worlds >= 90
    assert len(covered.never_reached) < 12


def test_the_same_seeds_are_the_same_worlds_and_others_are_others() -> None:
    digests = [explore(seed, 60, 1, lambda _: None)[0].digest for seed in (7, 7, 8)]

    assert digests[0] == digests[1] != digests[2]


def test_the_hash_seed_and_the_number_of_processes_change_nothing() -> None:
    def digest(hash_seed: str, jobs: str) -> str:
        command = [sys.executable, "-m", "sim", "explore", "--worlds", "600", "--seed", "3", "--jobs", jobs]
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120).stdout
        return told.rpartition("digest ")[2].split()[0]

    assert digest("1", "1") == digest("2", "2")


def test_two_clients_are_let_go_on_in_turns() -> None:
    both = replace(ONE_RECORDING, acts=(Act(0, 0, Deed.RECORD, key=True), Act(1, 0, Deed.RECORD_AGAIN, key=True)))
    heard: list[str] = []
    World(both, Usual(), lambda _ms, who, _what: heard.append(who)).run()

    uploads = [who for who in heard if who.startswith("client")][:4]
    assert uploads == ["client 1", "client 2", "client 1", "client 2"]
    assert reached(played(both), Mark.DOUBLE_SUBMIT)


@pytest.mark.parametrize(
    ("decisions", "mark"),
    [
        ({(WORKER, 4): Struck(Trouble.KILLED_AFTER, 0)}, Mark.RESUMED_AFTER_TRANSCRIPT),
        ({(WORKER, 4): Struck(Trouble.LOST, 20)}, Mark.COMMIT_REPEATED),
        ({(WORKER, 2): Struck(Trouble.FROZEN, HOUR_MS)}, Mark.KILLED_AT_DEADLINE),
        ({(CLIENT, 4): Struck(Trouble.LOST, 20)}, Mark.ACCEPT_REPEATED),
        ({(CLIENT, 5): Struck(Trouble.ERROR, 20)}, Mark.RELAY_SENT),
        ({(CLIENT, 5): Struck(Trouble.LATE, HOUR_MS // 60)}, Mark.SEND_ARRIVED_LATE),
        ({(CLIENT, 4): Struck(Trouble.KILLED_BEFORE, 0)}, Mark.REFUSED_503),
        ({(WORKER, 7): Struck(Trouble.ERROR, 20)}, Mark.DELETE_FAILED),
        ({(WORKER, 1): Struck(Trouble.STRANGE, 20)}, Mark.WORKER_CRASHED),
    ],
)
def test_trouble_at_one_call_reaches_its_mark_and_breaks_nothing(decisions: Decisions, mark: Mark) -> None:
    outcome = played(ONE_RECORDING, decisions)

    assert outcome.broken is None
    assert outcome.statuses == {"A": (Status.COMPLETE, None)}
    assert reached(outcome, mark)
    assert not reached(played(ONE_RECORDING), mark)


def test_an_outage_longer_than_all_receives_is_redriven_at_the_end() -> None:
    outage = Outage("openai", Trouble.ERROR, 0, 3 * HOUR_MS)
    outcome = played(replace(ONE_RECORDING, outages=(outage,), calm_at_ms=3 * HOUR_MS))

    assert outcome.broken is None
    assert outcome.statuses == {"A": (Status.COMPLETE, None)}
    assert reached(outcome, Mark.LAST_RECEIVE_FAILED)
    assert reached(outcome, Mark.FAILED_THEN_COMPLETE)


def test_what_was_covered_adds_up_whatever_the_order() -> None:
    outcomes = [(seed, play(seed)) for seed in range(6)]
    forwards, backwards, halves = Covered(), Covered(), Covered()
    for seed, outcome in outcomes:
        forwards.add(seed, outcome)
    for seed, outcome in reversed(outcomes):
        backwards.add(seed, outcome)
    for half in (outcomes[:3], outcomes[3:]):
        part = Covered()
        for seed, outcome in half:
            part.add(seed, outcome)
        halves.add_all(part)

    assert forwards == backwards == halves


def test_memory_stays_flat() -> None:
    for seed in range(100):  # as many threads as ever run at once are kept, whatever is played afterwards
        play(seed)
    gc.collect()
    before = len(gc.get_objects())
    for seed in range(100):
        play(seed)
    gc.collect()
    assert len(gc.get_objects()) - before < 500
