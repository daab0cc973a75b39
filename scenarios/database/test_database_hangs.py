"""The network drops every packet to Postgres.

Claim: While Postgres hangs, uploads, submissions, requests for audio, reads, lists, event streams, retries and
deletions are answered 503 within bounded time, and afterwards every memory is as it was.
"""

from concurrent.futures import ThreadPoolExecutor

from sim import Simulation, faults, minutes, needs, recordings

pytestmark = needs.virtual_time

LONGEST_WAIT_SECONDS = 25.0
"""Less than the limit of API Gateway; the product's own bound is shorter."""


def test_database_hangs(sim: Simulation) -> None:
    # Given two complete memories, and a direct upload that is not submitted yet.
    memories = sim.api.record(2)
    sim.run_until(memories.all_complete, within=minutes(2))
    kept, to_delete = memories.ids
    begun = sim.api.begin_direct_upload()
    sim.api.upload_to_s3(begun, recordings.by_name("bike-repair").data)

    # When Postgres hangs, then every request that needs it is answered that it does not work.
    with sim.fault(faults.network.blackhole()), ThreadPoolExecutor(10) as clients:
        requests = [
            clients.submit(sim.api.upload, recordings.by_name("standup-notes").data),
            clients.submit(sim.api.submit, begun.json()["id"]),
            clients.submit(sim.api.request_audio_link, kept),
            clients.submit(sim.api.get_memory, kept),
            clients.submit(sim.api.request_list),
            clients.submit(sim.api.request_events, kept),
            clients.submit(sim.api.retry, kept),
            clients.submit(sim.api.request_analysis, kept),
            clients.submit(sim.api.begin_direct_upload),
            clients.submit(sim.api.delete, to_delete),
        ]
        answers = [each.result() for each in requests]
        assert {answer.status_code for answer in answers} == {503}
        assert {answer.json()["part"] for answer in answers} <= {"database", "storage"}
        assert sim.api.longest_wait_seconds <= LONGEST_WAIT_SECONDS

    # And afterwards the memories are there, and the submission succeeds.
    assert memories.all_complete()
    assert sim.api.submit(begun.json()["id"]).status_code == 202
    sim.run_until(sim.everything_is_complete, within=minutes(5))
