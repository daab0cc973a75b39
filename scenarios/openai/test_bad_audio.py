"""OpenAI refuses the audio of a recording."""

from sim import Simulation, faults, minutes, recordings


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
