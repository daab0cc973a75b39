"""The database has paused without traffic, as Aurora Serverless does in the topology `lambda`."""

from concurrent.futures import ThreadPoolExecutor

from sim import Simulation, faults, minutes, needs, recordings

pytestmark = needs.virtual_time


def test_clients_and_a_migration_wake_the_database(sim: Simulation) -> None:
    """A client uploads and an operator migrates while the database has paused.

    Claim: While a paused database wakes up, uploads are answered 503 with the time of the next try, readiness says
    that the database is waking, and a migration waits; the client's next tries are accepted and complete.
    """
    # Given a database that has paused, and a client that uploads.
    audio = recordings.by_name("standup-notes").data
    with sim.fault(faults.database.paused()), ThreadPoolExecutor(1) as operator:
        refused = sim.api.upload(audio, idempotency_key="memo-1")
        assert (refused.status_code, refused.json()["part"]) == (503, "database")
        assert "waking up" in refused.json()["detail"]

        # When an operator migrates meanwhile, then the command waits until the database is awake.
        migration = operator.submit(sim.operator.rawk, "migrate")
        assert sim.api.request("GET", "/api/v1/health").json() == {"status": "down", "db": "waking", "storage": "ok"}

        # And the client's next tries succeed without a change.
        assert sim.api.upload_until_accepted(audio, idempotency_key="memo-1") >= 1
        assert "database was at" in migration.result()
    sim.run_until(sim.everything_is_complete, within=minutes(5))
    assert len(sim.api.list_memories("acme")) == 1


def test_worker_and_relay_wait_for_the_database(sim: Simulation) -> None:
    """A job is in its visibility timeout and another one is in the outbox when the database pauses.

    Claim: A worker and a relay that meet a paused database wait until it is awake: the relay sends the job of the
    outbox at its next run, no receive is lost to the pause, and the memories complete.
    """
    # Given a job that waits for its visibility timeout, because OpenAI was down.
    with sim.fault(faults.openai.down()):
        returned = sim.api.record(1)
        sim.run_for(minutes(2))
        assert returned.statuses == {"processing": 1}
    # And one in the outbox, because SQS was down.
    with sim.fault(faults.queue.down()):
        unsent = sim.api.record(1)

    # When the database has paused before worker and relay run next, then both have done their work.
    with sim.fault(faults.database.paused()):
        sim.run_for(minutes(35))
    assert (returned.statuses, unsent.statuses) == ({"complete": 1}, {"complete": 1})
    assert (returned.one["attempts"], unsent.one["attempts"]) == (2, 1)
