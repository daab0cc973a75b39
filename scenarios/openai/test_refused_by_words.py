"""OpenAI refuses a call with 400: what it says decides what happens to the recording."""

import pytest

from sim import Simulation, faults, hours, minutes, needs

AUDIO: dict[faults.openai.Why, str] = {
    "audio_format": "audio_unreadable",
    "audio_format_of_the_model": "audio_unreadable",
    "audio_not_decoded": "audio_unreadable",
    "audio_too_short": "audio_too_short",
    "audio_too_long": "audio_too_long",
    "audio_filtered": "audio_filtered",
}
OURS: tuple[faults.openai.Why, ...] = ("parameter", "value", "model")
ANALYSIS: dict[faults.openai.Why, str] = {
    "prompt_filtered": "analysis_filtered",
    "prompt_filtered_by_azure": "analysis_filtered",
    "context_too_long": "analysis_truncated",
    "string_too_long": "analysis_truncated",
}


@pytest.mark.parametrize("why", AUDIO)
def test_words_about_the_audio(sim: Simulation, why: faults.openai.Why) -> None:
    """OpenAI's words blame the audio.

    Claim: A recording whose audio OpenAI refuses with 400 fails after one call with the reason that OpenAI's words
    give, and other recordings complete.
    """
    # Given OpenAI refuses one recording's audio.
    with sim.fault(faults.openai.refuses(why).first(1)):
        refused = sim.api.record(1)
        sim.run_until(refused.all_failed, within=minutes(1))
    others = sim.api.record(1)
    sim.run_until(others.all_complete, within=minutes(1))

    # Then it failed with its own reason.
    assert refused.failure_reasons == {AUDIO[why]: 1}
    assert refused.one["openai_calls"] == 1


@pytest.mark.parametrize("why", OURS)
def test_words_about_our_configuration(sim: Simulation, why: faults.openai.Why) -> None:
    """OpenAI's words blame our parameters or our model.

    Claim: While OpenAI refuses our parameters or our model with 400, a recording fails after one call with the reason
    configuration, and one redrive completes it after the correction.
    """
    # Given OpenAI refuses our configuration.
    with sim.fault(faults.openai.refuses(why)):
        memories = sim.api.record(1)
        sim.run_until(memories.all_failed, within=minutes(1))
        sim.run_until(sim.queue.is_empty, within=minutes(1))

    # Then the reason does not blame the recording.
    assert memories.failure_reasons == {"configuration": 1}
    assert memories.one["openai_calls"] == 1

    # When the operator has corrected it and redrives, then the recording completes.
    sim.operator.redrive("configuration")
    sim.run_until(memories.all_complete, within=hours(1))


@needs.virtual_time
@pytest.mark.parametrize("why", ANALYSIS)
def test_words_about_the_transcript(sim: Simulation, why: faults.openai.Why) -> None:
    """OpenAI's words blame the transcript that is analysed.

    Claim: When OpenAI filters a transcript with 400 or finds it too long, the worker gives up the analysis after one
    call with the reason, and the transcript stays readable.
    """
    # Given OpenAI refuses to analyse this transcript.
    with sim.fault(faults.openai.refuses(why)):
        memories = sim.api.record(1)
        sim.run_until(memories.all_transcript_only, within=minutes(1))
        # Then it is not asked again.
        sim.run_for(minutes(20))

    assert memories.failure_reasons == {ANALYSIS[why]: 1}
    assert memories.analysis_states == {"gave_up": 1}
    assert memories.all_have_correct_transcripts()
    assert len(sim.openai.calls(memories, "chat")) == 1


@needs.production_limits  # with short timeouts, the waits between six calls may take longer than the function may
def test_words_that_blame_openai(sim: Simulation) -> None:
    """OpenAI answers 400 and blames itself, in words that mention the audio.

    Claim: When OpenAI answers transcription and analysis with a 400 that calls it an error of OpenAI's own server, the
    worker retries both at the same attempt, and the recording completes.
    """
    # Given OpenAI answers the first two calls to each endpoint so.
    refused = faults.openai.refuses("server_error").first(2)
    with sim.fault(refused.for_endpoint("transcription")), sim.fault(refused.for_endpoint("chat")):
        memories = sim.api.record(1)
        sim.run_until(memories.all_complete, within=minutes(5))

    # Then the third call to each succeeded, at the same attempt.
    assert memories.all_have_correct_transcripts()
    assert (memories.one["attempts"], memories.one["openai_calls"]) == (1, 6)


@needs.virtual_time
def test_words_that_blame_nothing(sim: Simulation) -> None:
    """OpenAI answers 400 for hours and does not say why.

    Claim: While OpenAI answers every call with a 400 that blames nothing, a recording is retried as in an outage, fails
    in the end with the reason openai_refused, and one redrive completes it.
    """
    # Given OpenAI answers 400 to everything, as Azure's hosts did on 2026-03-09.
    with sim.fault(faults.openai.refuses("nothing_said")):
        memories = sim.api.record(1)
        sim.run_until(memories.all_failed, within=hours(3))

    # Then every receive has tried again, and the reason blames neither audio nor quota.
    assert memories.failure_reasons == {"openai_refused": 1}
    assert memories.one["attempts"] == sim.limits.max_receive_count
    assert memories.one["openai_calls"] > sim.limits.max_receive_count

    # When OpenAI works again, then a redrive completes it.
    sim.operator.redrive("openai_refused")
    sim.run_until(memories.all_complete, within=hours(1))


@needs.virtual_time
def test_words_that_blame_nothing_for_a_part_of_the_calls(sim: Simulation) -> None:
    """OpenAI answers a third of the calls with a 400 that blames nothing, and a third with 429.

    Claim: While OpenAI answers a third of the calls with a 400 that blames nothing and others with 429, every recording
    completes without an operator.
    """
    # Given most calls fail, with 400 or 429.
    refusals = faults.openai.refuses("nothing_said").with_probability(0.3, seed=1)
    with sim.fault(refusals), sim.fault(faults.openai.rate_limited().with_probability(0.3, seed=2)):
        memories = sim.api.record(12)  # enough calls that both kinds of refusal are triggered, whatever the ids are

        # Then every recording completes.
        sim.run_until(memories.all_complete, within=hours(3))
    assert sim.queue.dead_letter_count() == 0
