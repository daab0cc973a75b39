"""A client deletes a memory, at each moment of its life."""

from sim import Simulation, faults, hours, minutes, needs, recordings

TITLE = "For my sister alone"
KEY = "annas-diary-of-march"
AUDIO = recordings.by_name("bike-repair").data


def test_delete_a_complete_memory(sim: Simulation) -> None:
    """A client deletes a memory that has its transcript and its analysis.

    Claim: After a complete memory was deleted, its title, idempotency key, transcript and audio are found in no table,
    no object in S3, no message and no log; a second deletion is answered 404, and its tenant's other memory stays.
    """
    # Given two complete recordings of different words, one with a title and an idempotency key.
    other = sim.api.record(1, only=recordings.by_name("standup-notes"))
    response = sim.api.upload(AUDIO, title=TITLE, idempotency_key=KEY)
    memory_id = response.json()["id"]
    sim.run_until(sim.everything_is_complete, within=minutes(5))

    # When the client deletes it twice.
    assert sim.api.delete(memory_id).status_code == 204
    assert sim.api.delete(memory_id).status_code == 404

    # Then it and its audio are gone, and the other one is there.
    assert [memory["id"] for memory in sim.api.list_memories("acme")] == other.ids
    assert sim.api.request_audio_link(memory_id).status_code == 404
    assert len(sim.stored_audio()) == 1


def test_audio_link_after_deletion(sim: Simulation) -> None:
    """A client opens a link to the audio after it has deleted the memory.

    Claim: A link to the audio that was given before its memory was deleted reads nothing afterwards.
    """
    # Given a complete memory and a link to its audio.
    memories = sim.api.record(1)
    sim.run_until(memories.all_complete, within=minutes(5))
    link = sim.api.request_audio_link(memories.ids[0]).headers["Location"]
    assert sim.api.open_audio_link(link).status_code == 200

    # When the client deletes the memory, then the link, which is still valid, reads nothing.
    assert sim.api.delete(memories.ids[0]).status_code == 204
    assert sim.api.open_audio_link(link).status_code in (403, 404)


def test_delete_before_the_submission(sim: Simulation) -> None:
    """A client deletes a direct upload that it has uploaded and not submitted.

    Claim: When a client deletes a direct upload before it submits it, the uploaded audio is gone, and the submission is
    answered 404.
    """
    # Given an upload that is in S3 and not submitted.
    begun = sim.api.begin_direct_upload("audio/wav", title=TITLE, idempotency_key=KEY)
    memory_id = begun.json()["id"]
    assert sim.api.upload_to_s3(begun, AUDIO).status_code == 204

    # When the client deletes it, then nothing is left, and it cannot be submitted.
    assert sim.api.delete(memory_id).status_code == 204
    assert sim.stored_audio() == set()
    assert sim.api.submit(memory_id).status_code == 404


@needs.virtual_time
def test_delete_while_the_job_is_in_the_outbox(sim: Simulation) -> None:
    """A client deletes a memory whose job could not be sent.

    Claim: When a memory is deleted while its job waits in the outbox, the job is never sent, and OpenAI is not called.
    """
    # Given a recording that is accepted while SQS is down, and deleted before SQS is back.
    with sim.fault(faults.queue.down()):
        memories = sim.api.record(1, title=TITLE)
        assert sim.api.delete(memories.ids[0]).status_code == 204

    # When SQS is back and the relay has run, then nothing was sent.
    sim.run_for(minutes(5))
    assert sim.queue.is_empty()
    assert sim.openai.all_calls() == []


@needs.virtual_time
def test_delete_between_transcript_and_analysis(sim: Simulation) -> None:
    """A client deletes a memory whose analysis is pending.

    Claim: When a memory is deleted while it waits for its analysis, no analysis is ever asked for, and its transcript
    is gone.
    """
    # Given a memory with a transcript, whose analysis failed.
    with sim.fault(faults.openai.down(endpoint="chat")):
        memories = sim.api.record(1)
        sim.run_until(memories.all_waiting_for_analysis, within=minutes(10))
    calls = len(sim.openai.all_calls())

    # When its client deletes it, then the sweep does not queue its analysis.
    assert sim.api.delete(memories.ids[0]).status_code == 204
    sim.run_for(hours(2))
    assert len(sim.openai.all_calls()) == calls


def test_redrive_after_deletion(sim: Simulation) -> None:
    """A client deletes a memory whose job is a dead letter; then the operator redrives everything.

    Claim: When a memory is deleted whose job is a dead letter, the operator sees the dead letter as deleted, and a
    redrive removes it without a call to OpenAI.
    """
    # Given two dead letters; one memory is deleted.
    with sim.fault(faults.openai.wrong_key()):
        memories = sim.api.record(2)
        sim.run_until(lambda: sim.queue.dead_letter_count() == 2, within=minutes(5))
    assert sim.api.delete(memories.ids[0]).status_code == 204
    assert sorted(letter["why"] for letter in sim.operator.dead_letters()) == ["configuration", "deleted"]

    # When the operator redrives, then the other memory completes, and no dead letter is left.
    sim.operator.redrive()
    sim.run_until(sim.everything_is_complete, within=hours(1))
    sim.run_until(sim.queue.is_empty, within=minutes(5))
    assert sim.queue.dead_letter_count() == 0
    assert len(sim.api.list_memories("acme")) == 1


@needs.virtual_time
def test_delete_while_s3_is_down(sim: Simulation) -> None:
    """A client deletes a memory while S3 answers 503.

    Claim: While S3 is down, a deletion succeeds and removes the transcript at once; the audio is gone within a day and
    an hour.
    """
    # Given a complete memory that is deleted while S3 is down.
    memories = sim.api.record(1, title=TITLE)
    sim.run_until(memories.all_complete, within=minutes(5))
    with sim.fault(faults.storage.down()):
        assert sim.api.delete(memories.ids[0]).status_code == 204
    assert sim.api.get_memory(memories.ids[0]).status_code == 404

    # Then its audio, which is left for now, is gone a day and an hour later.
    assert len(sim.stored_audio()) == 1
    with sim.fault(faults.queue.relay_off()):
        sim.run_for(hours(24))
    sim.run_until(lambda: sim.stored_audio() == set(), within=minutes(65))


@needs.virtual_time
def test_deletion_response_lost(sim: Simulation) -> None:
    """The API is killed after it has committed a deletion and before it responds.

    Claim: When the API is killed right after it committed a deletion, the client's second try is answered 404, and the
    audio is gone within a day and an hour.
    """
    # Given a complete memory; the API is killed after the commit of its deletion.
    memories = sim.api.record(1)
    sim.run_until(memories.all_complete, within=minutes(5))
    with sim.fault(faults.api.killed_after("deletion")):
        assert not sim.api.try_to_delete(memories.ids[0])

    # When the client tries again, then the memory is gone, and the audio follows by age.
    assert sim.api.try_to_delete(memories.ids[0])
    with sim.fault(faults.queue.relay_off()):
        sim.run_for(hours(24))
    sim.run_until(lambda: sim.stored_audio() == set(), within=minutes(65))


def test_deletion_is_not_committed(sim: Simulation) -> None:
    """The database is lost right before a deletion is committed.

    Claim: When the commit of a deletion fails, the client gets 503 and the memory stays whole; a second try deletes it.
    """
    # Given a complete memory; the connection is reset before the deletion is committed.
    memories = sim.api.record(1, title=TITLE)
    sim.run_until(memories.all_complete, within=minutes(5))
    with sim.fault(faults.database.commit_lost("deletion")):
        assert sim.api.delete(memories.ids[0]).status_code == 503
    assert memories.all_complete()
    assert len(sim.stored_audio()) == 1

    # When the client tries again, then it is deleted.
    assert sim.api.delete(memories.ids[0]).status_code == 204
    assert sim.stored_audio() == set()
