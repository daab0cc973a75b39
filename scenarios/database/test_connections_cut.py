"""Connections to the database are cut: idle ones, and one whose commit was done but whose answer never came.

Claim: the API and the workers connect again by themselves; whatever was committed counts once.
"""

import pytest

from sim import Simulation, faults, minutes


def test_cut_idle_connections_are_not_noticed(sim: Simulation) -> None:
    # Given an API and a worker that have worked, and so have connections open.
    before = sim.api.record(2)
    sim.run_until(before.all_complete, within=minutes(5))

    # When Postgres cuts them all, then nobody who looks or records sees anything of it.
    with sim.fault(faults.database.connections_cut()):
        assert before.statuses == {"complete": 2}
        after = sim.api.record(2)
    sim.run_until(after.all_complete, within=minutes(5))
    assert {memory["attempts"] for memory in after.fetch()} == {1}


@pytest.mark.parametrize("step", ["accept", "claim", "transcript", "analysis"])
@pytest.mark.parametrize("lost", ["commit", "answer", "conflict"])
def test_a_commit_that_is_in_doubt_counts_once(sim: Simulation, step: faults.database.Commit, lost: str) -> None:
    # Given the connection breaks around the commit of a step.
    kinds = {"commit": faults.database.commit_lost, "answer": faults.database.commit_answer_lost}
    with sim.fault({**kinds, "conflict": faults.database.conflict}[lost](step)):
        # Then the recording is accepted, once, and completes.
        memo = sim.api.record(1)
        sim.run_until(memo.all_complete, within=minutes(90))
    assert len(sim.api.list_memories("acme")) == 1
    assert memo.one["openai_calls"] == 2
