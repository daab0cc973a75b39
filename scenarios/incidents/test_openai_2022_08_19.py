"""OpenAI on 19 August 2022: nobody reaches it for an hour, and half of the calls fail for two more.

Claim: In OpenAI's outage of 19 August 2022 every upload is accepted at once, and every recording becomes complete
without an operator: retries within an invocation pass the hours in which half of the calls fail.
"""

import pytest

from sim import Simulation, incidents, needs

pytestmark = [needs.virtual_time, pytest.mark.incident]


def test_openai_2022_08_19(sim: Simulation) -> None:
    # Given the timeline of the outage, and clients of three tenants who record all the while.
    report = incidents.run(sim, incidents.load("openai-2022-08-19"))

    # Then the API refused nobody, nobody had to repair anything, and nothing was billed twice.
    assert report.refused_uploads == 0
    assert not report.operator_was_needed
    assert report.billed_audio_seconds == report.billed_audio_seconds_of_a_quiet_day
