"""The simulated analysis of a transcript."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import recordings
from sim.openai_simulator.endpoints.analysis import analysis_of


@pytest.mark.parametrize("recording", recordings.all(), ids=lambda recording: recording.name)
def test_a_recording_gets_its_own_analysis_however_the_prompt_wraps_it(recording):
    wrapped = f"Transcript of a voice memo:\n\n{recording.transcript}\n\nAnswer in JSON."

    assert analysis_of(recording.transcript) == recording.analysis
    assert analysis_of(wrapped) == recording.analysis


def test_the_title_of_a_variant_names_its_take():
    recording = recordings.by_name("bike-repair")

    analysis = analysis_of(recordings.variant_transcript(recording, 7))

    assert analysis == {**recording.analysis, "title": "The bike is ready on Thursday, take 7"}
    assert "take" not in recording.analysis["title"]


def test_an_unknown_transcript_gets_a_computed_analysis():
    analysis = analysis_of(
        "Today I met Nora at the lake. It was beautiful, but I lost my keys. We swim again on Sunday."
    )

    assert analysis["title"] == "Today I met Nora at the lake"
    assert analysis["summary"] == "Today I met Nora at the lake. It was beautiful, but I lost my keys."
    assert "Nora" in analysis["people"]
    assert "lake" in analysis["topics"]
    assert analysis["mood"] == "mixed"


@settings(deadline=None, max_examples=100)
@given(st.text())
def test_any_text_gets_a_whole_analysis(text):
    analysis = analysis_of(text)

    assert analysis == analysis_of(text)
    assert analysis["title"]
    assert analysis["mood"] in {"positive", "neutral", "negative", "mixed"}
