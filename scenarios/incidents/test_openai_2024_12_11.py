"""OpenAI on 11 December 2024: every call fails for 2 h 20 min, and a part of them for two hours more.

Claim: In OpenAI's outage of 11 December 2024, which lasts longer than the outage tolerance, every upload is accepted at
once. What has been received three times becomes a dead letter, and one redrive after the outage completes everything.
"""

import pytest

from sim import Simulation, incidents, needs

pytestmark = [needs.virtual_time, pytest.mark.incident]


def test_openai_2024_12_11(sim: Simulation) -> None:
    # Given the timeline of the outage, and clients of three tenants who record all the while.
    report = incidents.run(sim, incidents.load("openai-2024-12-11"))

    # Then the API refused nobody, an operator was needed, and OpenAI billed no second of audio twice.
    assert report.refused_uploads == 0
    assert report.operator_was_needed
    assert report.billed_audio_seconds == report.billed_audio_seconds_of_a_quiet_day
