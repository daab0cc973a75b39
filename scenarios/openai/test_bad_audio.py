"""A recording that OpenAI can not read, or finds too large.

Claim: what is wrong with the audio itself fails at once, with a reason for the user, and disturbs nobody else.
"""

from sim import Simulation, faults, minutes, recordings


def test_audio_that_can_not_be_read_fails_at_once(sim: Simulation) -> None:
    # Given one recording among others that OpenAI can not make sense of.
    with sim.fault(faults.openai.unreadable_audio().first(1)):
        broken = sim.api.record(1, only=recordings.by_name("missed-train"))
        sim.run_until(broken.all_failed, within=minutes(1))
        fine = sim.api.record(2)
        sim.run_until(fine.all_complete, within=minutes(1))

    # Then it failed with one call, for a reason that its owner understands.
    assert broken.failure_reasons == {"audio_unreadable": 1}
    assert broken.one["openai_calls"] == 1


def test_audio_that_is_too_large_for_openai_fails_at_once(sim: Simulation) -> None:
    # Given OpenAI finds a recording too large, with the 413 that calls itself a server error.
    with sim.fault(faults.openai.audio_too_large()):
        memo = sim.api.record(1)
        sim.run_until(memo.all_failed, within=minutes(1))

    # Then nobody tries it again.
    assert memo.failure_reasons == {"audio_too_large": 1}
    assert memo.one["openai_calls"] == 1
