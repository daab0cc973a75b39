"""Two releases meet one database: the migration first, as a deployment does it, and the code first."""

from sim import Simulation, faults, hours, minutes, needs, recordings

pytestmark = needs.virtual_time


def test_two_releases_on_the_newer_schema(sim: Simulation) -> None:
    """The next release is rolled out step by step, and rolled back, while jobs are in flight.

    Claim: While a release is rolled out (migration, functions, API) and rolled back over the newer schema, with jobs
    in progress, in the outbox and before their submission, both releases do their work: every recording completes, at
    its first attempt.
    """
    # Given an upload that no client has submitted yet, a job in the outbox, because SQS was down, and jobs in progress.
    this_release, next_release = sim.this_release(), sim.next_release()
    begun = sim.api.begin_direct_upload()
    sim.api.upload_to_s3(begun, recordings.by_name("standup-notes").data)
    with sim.fault(faults.queue.down()):
        unsent = sim.api.record(1)
    with sim.fault(faults.openai.slow(20, "transcription")) as transcribing:
        in_progress = sim.api.record(2)
        sim.run_until(transcribing.was_triggered, within=minutes(5))

        # When the database is migrated, then this release writes the newer schema.
        next_release.migrate()
        on_the_newer_schema = sim.api.record(1)
        assert this_release.wrote_last(on_the_newer_schema)

        # And when the functions follow, and the API last, then each release meets the other's rows.
        next_release.deploy_functions()
        from_the_old_api = sim.api.record(1)
        next_release.deploy_api()
        from_the_new_api = sim.api.record(1)
        assert next_release.wrote_last(from_the_new_api)
        assert sim.api.submit(begun.json()["id"]).status_code == 202
    sim.run_until(sim.everything_is_complete, within=minutes(10))
    assert next_release.wrote_last(from_the_old_api)

    # And when the code is rolled back, then this release goes on over the newer schema.
    with sim.fault(faults.openai.slow(20, "transcription")) as transcribing:
        before_the_rollback = sim.api.record(1)
        sim.run_until(transcribing.was_triggered, within=minutes(5))
        this_release.deploy_api()
        this_release.deploy_functions()
        after_the_rollback = sim.api.record(2)
    sim.run_until(sim.everything_is_complete, within=minutes(10))
    assert this_release.wrote_last(after_the_rollback)

    # And every job was done at its first attempt.
    first = (unsent, in_progress, on_the_newer_schema, from_the_old_api, from_the_new_api)
    for each in (*first, before_the_rollback, after_the_rollback):
        assert {memory["attempts"] for memory in each.fetch()} == {1}


def test_the_code_before_its_migration(sim: Simulation) -> None:
    """The next release is deployed before its migration, the wrong order, while jobs are in flight.

    Claim: A release that is deployed before its migration loses nothing: readiness says that the database is outdated,
    uploads are answered 503 with the time of the next try, jobs wait in the queue and in the outbox, and after the
    migration all complete, without a restart and without a dead letter.
    """
    # Given a job that OpenAI's outage has returned to the queue, and one in the outbox, because SQS was down.
    next_release = sim.next_release()
    audio = recordings.by_name("standup-notes").data
    with sim.fault(faults.openai.down()):
        returned = sim.api.record(1)
        sim.run_for(minutes(1))
        assert returned.statuses == {"processing": 1}
    with sim.fault(faults.queue.down()):
        unsent = sim.api.record(1)

    # When functions and API of the next release meet the schema of this one, then they say so.
    with sim.fault(next_release.before_its_migration()):
        ready = sim.api.request("GET", "/api/v1/health")
        assert (ready.status_code, ready.json()) == (503, {"status": "down", "db": "outdated", "storage": "ok"})
        refused = sim.api.upload(audio, idempotency_key="memo-1")
        assert (refused.status_code, refused.json()["part"]) == (503, "database")
        assert "not migrated" in refused.json()["detail"]

        # And when the job's visibility timeout has passed, then the worker returns it once more.
        calls = len(sim.openai.all_calls())
        sim.run_for(minutes(35))
        assert len(sim.openai.all_calls()) == calls
        assert sim.api.request_list().status_code == 503

    # When the database is migrated, then everything goes on without a restart.
    assert sim.api.request("GET", "/api/v1/health").status_code == 200
    assert sim.api.upload(audio, idempotency_key="memo-1").status_code == 202
    sim.run_until(sim.everything_is_complete, within=hours(2))
    assert next_release.wrote_last(unsent)
    assert next_release.wrote_last(returned)
    assert returned.one["attempts"] == 2
    assert sim.queue.dead_letter_count() == 0
