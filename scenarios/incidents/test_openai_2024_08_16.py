"""OpenAI on 16 August 2024: two waves of errors, of 44 and 15 minutes.

Claim: In OpenAI's outage of 16 August 2024 every upload is accepted at once. Only recordings whose third receive meets
the second wave become dead letters, and one redrive completes them; all others complete by themselves.
"""

import pytest

from sim import Simulation, hours, incidents, minutes, needs

pytestmark = [needs.virtual_time, pytest.mark.incident]


def test_openai_2024_08_16(sim: Simulation) -> None:
    # Given the timeline of the outage, and clients of three tenants who record all the while.
    report = incidents.run(sim, incidents.load("openai-2024-08-16"))

    # Then the API refused nobody, and few recordings needed an operator: those of the first minutes.
    assert report.refused_uploads == 0
    assert 0 < report.dead_letters < report.recordings / 5
    assert report.transcript_longest_seconds < (hours(2) + minutes(40)).total_seconds()

    # And OpenAI billed no second of audio twice.
    assert report.billed_audio_seconds == report.billed_audio_seconds_of_a_quiet_day
