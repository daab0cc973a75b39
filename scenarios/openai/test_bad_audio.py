"""OpenAI refuses the audio of a recording."""

from sim import Simulation, faults, minutes, needs, recordings


def test_unreadable_audio_fails_at_once(sim: Simulation) -> None:
    """OpenAI cannot read the audio.

    Claim: A recording whose audio OpenAI cannot read fails after one call with the reason audio_unreadable, and other
    recordings complete.
    """
    # Given one recording among others that OpenAI cannot read.
    with sim.fault(faults.openai.unreadable_audio().first(1)):
        unreadable = sim.api.record(1, only=recordings.by_name("missed-train"))
        sim.run_until(unreadable.all_failed, within=minutes(1))
        others = sim.api.record(2)
        sim.run_until(others.all_complete, within=minutes(1))

    # Then it failed after one call, with a reason for the user.
    assert unreadable.failure_reasons == {"audio_unreadable": 1}
    assert unreadable.one["openai_calls"] == 1


def test_audio_too_large_for_openai_fails_at_once(sim: Simulation) -> None:
    """OpenAI finds the audio too large.

    Claim: A recording that OpenAI answers with 413 fails after one call with the reason audio_too_large, although the
    type of the error is server_error.
    """
    # Given OpenAI answers 413, with the type server_error.
    with sim.fault(faults.openai.audio_too_large()):
        memories = sim.api.record(1)
        sim.run_until(memories.all_failed, within=minutes(1))

    # Then the call is not retried.
    assert memories.failure_reasons == {"audio_too_large": 1}
    assert memories.one["openai_calls"] == 1


@needs.virtual_time
def test_bad_audio_raises_no_alarm(sim: Simulation) -> None:
    """OpenAI cannot read the audio, and no operator could help.

    Claim: The message of a recording whose audio OpenAI cannot read leaves the queue and becomes no dead letter, and
    the dead-letter alarm stays off.
    """
    # Given recordings that OpenAI cannot read.
    with sim.fault(faults.openai.unreadable_audio()):
        memories = sim.api.record(2)
        sim.run_until(memories.all_failed, within=minutes(1))

    # Then their messages are gone within a minute, and no alarm is raised in the minutes after.
    sim.run_until(sim.queue.is_empty, within=minutes(1))
    sim.run_for(minutes(5))
    assert sim.queue.dead_letter_count() == 0
    assert sim.operator.alarm_is_off()
    assert memories.failure_reasons == {"audio_unreadable": 2}


def test_retry_of_bad_audio(sim: Simulation) -> None:
    """A client retries a recording that OpenAI refused.

    Claim: When OpenAI refused a recording and its client retries it, OpenAI is asked once more; the memory completes if
    OpenAI accepts the audio now, and neither answer makes a dead letter.
    """
    # Given a recording that OpenAI refuses twice.
    with sim.fault(faults.openai.unreadable_audio().first(2)):
        memories = sim.api.record(1)
        sim.run_until(memories.all_failed, within=minutes(1))

        # When its client retries it, then it fails again after one more call.
        assert sim.api.retry(memories.ids[0]).status_code == 202
        sim.run_until(memories.all_failed, within=minutes(1))
        assert memories.one["openai_calls"] == 2

    # And when OpenAI accepts it, then a retry completes it.
    assert sim.api.retry(memories.ids[0]).status_code == 202
    sim.run_until(memories.all_complete, within=minutes(1))
    assert memories.all_have_correct_transcripts()
    assert sim.queue.dead_letter_count() == 0
