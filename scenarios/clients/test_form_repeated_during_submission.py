"""A client posts the form of a direct upload again while its submission is being handled."""

import hashlib

from sim import Simulation, faults, minutes, recordings

FIRST = recordings.by_name("dentist-reminder")
SECOND = recordings.by_name("standup-notes")


def test_audio_replaced_between_check_and_copy(sim: Simulation) -> None:
    """A client replaces its audio after the API has checked it and before it is copied.

    Claim: Audio that is replaced between the API's check and its copy is checked again; the memory gets transcript
    and download of the audio that was accepted.
    """
    # Given uploaded audio that the client replaces right before the API copies it.
    begun = sim.api.begin_direct_upload()
    memory_id = begun.json()["id"]
    sim.api.upload_to_s3(begun, FIRST.data)
    with sim.fault(faults.storage.copy_held(lambda: sim.api.upload_to_s3(begun, SECOND.data))):
        assert sim.api.submit(memory_id).status_code == 202

    # Then what was accepted is what is transcribed and downloaded, and nothing else is stored.
    assert_is_second(sim, memory_id)


def test_garbage_between_check_and_copy(sim: Simulation) -> None:
    """A client replaces its audio by garbage after the API has checked it and before it is copied.

    Claim: Garbage that replaces uploaded audio between the API's check and its copy is refused with 415 and removed
    with its memory.
    """
    # Given uploaded audio that the client replaces by garbage right before the API copies it.
    begun = sim.api.begin_direct_upload()
    memory_id = begun.json()["id"]
    sim.api.upload_to_s3(begun, FIRST.data)
    garbage = b"no sound at all, only some words" * 100
    with sim.fault(faults.storage.copy_held(lambda: sim.api.upload_to_s3(begun, garbage))):
        # Then the submission is refused.
        assert sim.api.submit(memory_id).status_code == 415

    # And nothing is left.
    assert sim.api.get_memory(memory_id).status_code == 404
    assert sim.stored_audio() == set()


def test_two_submissions_with_other_audio(sim: Simulation) -> None:
    """A client replaces its audio and submits it again while the first submission is being handled.

    Claim: When a client replaces its uploaded audio and submits it again while its first submission is still being
    handled, both submissions are answered 202 with the same memory, made of the audio of exactly one of them; the copy
    that the other one made is removed.
    """
    # Given a submission that waits at the copy, while the client replaces its audio and submits that.
    begun = sim.api.begin_direct_upload()
    memory_id = begun.json()["id"]
    answers = []

    def replace_and_submit() -> None:
        sim.api.upload_to_s3(begun, SECOND.data)
        answers.append(sim.api.submit(memory_id))

    sim.api.upload_to_s3(begun, FIRST.data)
    with sim.fault(faults.storage.copy_held(replace_and_submit)):
        answers.append(sim.api.submit(memory_id))

    # Then both are answered 202 with the same memory, which is made of the audio that was accepted.
    assert [(each.status_code, each.json()["id"]) for each in answers] == [(202, memory_id)] * 2
    assert_is_second(sim, memory_id)


def test_submission_overtaken_after_its_copy(sim: Simulation) -> None:
    """A client replaces its audio and submits it a second time after the first submission has copied it.

    Claim: When a client's second submission is accepted after its first one has copied the audio, the first one is
    answered 202 with the memory of the second, whose audio stays; the copy that the first one made is removed.
    """
    # Given a submission that has copied the audio, while the client replaces its audio and submits that.
    begun = sim.api.begin_direct_upload()
    memory_id = begun.json()["id"]
    answers = []

    def replace_and_submit() -> None:
        sim.api.upload_to_s3(begun, SECOND.data)
        answers.append(sim.api.submit(memory_id))

    sim.api.upload_to_s3(begun, FIRST.data)
    with sim.fault(faults.storage.copy_answer_held(replace_and_submit)):
        answers.append(sim.api.submit(memory_id))

    # Then both are answered 202 with the same memory, which is made of the audio that was accepted.
    assert [(each.status_code, each.json()["id"]) for each in answers] == [(202, memory_id)] * 2
    assert_is_second(sim, memory_id)


def assert_is_second(sim: Simulation, memory_id: str) -> None:
    """The memory completes with the second recording's transcript and audio, and no other audio is stored."""
    sim.run_until(sim.everything_is_complete, within=minutes(5))
    assert sim.api.get_memory(memory_id).json()["transcript"] == SECOND.transcript
    audio = sim.api.download_audio(memory_id)
    assert hashlib.sha256(audio).hexdigest() == hashlib.sha256(SECOND.data).hexdigest()
    assert len(sim.stored_audio()) == 1
