"""S3 on 28 February 2017: nothing works for 169 minutes, then one can read and not write for 88.

Claim: In S3's outage of 28 February 2017 clients are answered 503 and send again until they are accepted. What was
accepted before the outage completes, no recording is lost, and none becomes a dead letter.
"""

import pytest

from sim import Simulation, hours, incidents, needs

pytestmark = [needs.virtual_time, pytest.mark.incident]


def test_s3_2017_02_28(sim: Simulation) -> None:
    # Given the timeline of the outage, and clients of three tenants who send again and again, after growing waits.
    report = incidents.run(sim, incidents.load("s3-2017-02-28"))

    # Then clients waited until S3 took what they sent, and after that nothing was late.
    assert report.refused_uploads > report.recordings
    assert report.longest_refusal_seconds > hours(4).total_seconds()
    assert report.dead_letters == 0
    assert report.billed_audio_seconds == report.billed_audio_seconds_of_a_quiet_day
