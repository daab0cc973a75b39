"""S3 accepts connections and answers nothing.

Claim: While S3 hangs, uploads, submissions and requests for audio are answered 503 and name the storage, even when more
clients upload than the API has threads for; a deletion is answered at once and a list is not delayed. Afterwards
nothing is missing, and the sweep removes the deleted audio.
"""

from concurrent.futures import ThreadPoolExecutor

from sim import Simulation, faults, hours, minutes, needs, recordings

pytestmark = needs.virtual_time

UPLOADS = 40
"""More than the API stores at once."""

PROMPT_SECONDS = 3.0
LONGEST_WAIT_SECONDS = 25.0
"""Less than the limit of API Gateway; the product's own bound is shorter."""


def test_s3_hangs(sim: Simulation) -> None:
    # Given two complete memories, and a direct upload that is not submitted yet.
    memories = sim.api.record(2)
    sim.run_until(memories.all_complete, within=minutes(2))
    kept, deleted = memories.ids
    begun = sim.api.begin_direct_upload()
    sim.api.upload_to_s3(begun, recordings.by_name("bike-repair").data)
    audio = recordings.by_name("standup-notes").data

    # When S3 hangs while many clients upload.
    with sim.fault(faults.storage.hanging()), ThreadPoolExecutor(UPLOADS + 2) as clients:
        uploads = [clients.submit(sim.api.upload, audio) for _ in range(UPLOADS)]
        submission = clients.submit(sim.api.submit, begun.json()["id"])
        link = clients.submit(sim.api.request_audio_link, kept)

        # Then what does not need S3 is answered at once, a deletion included.
        assert len(sim.api.list_memories("acme")) == 3
        assert sim.api.delete(deleted).status_code == 204
        assert sim.api.longest_wait_seconds <= PROMPT_SECONDS
        # And what needs S3 is answered that it does not work.
        answers = [each.result() for each in (*uploads, submission, link)]
        assert {(answer.status_code, answer.json()["part"]) for answer in answers} == {(503, "storage")}
        assert {answer.headers["Retry-After"] for answer in answers} == {"5"}
        assert sim.api.longest_wait_seconds <= LONGEST_WAIT_SECONDS

    # And afterwards the submission succeeds and the sweep removes the audio of the deleted memory within its time.
    assert sim.api.submit(begun.json()["id"]).status_code == 202
    sim.run_until(sim.everything_is_complete, within=minutes(5))
    with sim.fault(faults.queue.relay_off()):
        sim.run_for(hours(24))
    sim.run_until(lambda: not any(deleted in key for key in sim.stored_audio()), within=hours(2))
