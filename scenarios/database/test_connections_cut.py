"""Postgres connections are cut."""

import pytest

from sim import Simulation, faults, minutes


def test_idle_connections_cut(sim: Simulation) -> None:
    """Postgres cuts idle connections.

    Claim: When Postgres terminates every idle connection, the next requests of clients and the next recordings
    succeed at their first attempt.
    """
    # Given an API and a worker with open connections.
    before = sim.api.record(2)
    sim.run_until(before.all_complete, within=minutes(5))

    # When Postgres cuts all of them, then reading and recording still succeed.
    with sim.fault(faults.database.connections_cut()):
        assert before.statuses == {"complete": 2}
        after = sim.api.record(2)
    sim.run_until(after.all_complete, within=minutes(5))
    assert {memory["attempts"] for memory in after.fetch()} == {1}


@pytest.mark.parametrize("step", ["accept", "claim", "transcript", "analysis"])
@pytest.mark.parametrize("lost", ["commit", "response", "conflict"])
def test_commit_in_doubt_counts_once(sim: Simulation, step: faults.database.Commit, lost: str) -> None:
    """The connection breaks around a commit.

    Claim: When the commit of any step fails, or its response is lost, or it conflicts, the recording is accepted once
    and completes with one transcription and one analysis.
    """
    # Given a connection that breaks around the commit of a step, or a commit that conflicts.
    kinds = {"commit": faults.database.commit_lost, "response": faults.database.commit_response_lost}
    with sim.fault({**kinds, "conflict": faults.database.conflict}[lost](step)):
        # Then the recording is accepted once and completes.
        memories = sim.api.record(1)
        sim.run_until(memories.all_complete, within=minutes(90))
    assert len(sim.api.list_memories("acme")) == 1
    assert memories.one["openai_calls"] == 2
