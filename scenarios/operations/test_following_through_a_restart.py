"""The API dies while an app follows a recording.

Claim: the app comes back to the next API, and is told what it has missed, once and in order.
"""

from sim import Simulation, faults, minutes, needs, recordings


@needs.production_limits  # the outage lasts as long as a restart takes, and must be survived
def test_an_app_that_follows_survives_a_restart(sim: Simulation) -> None:
    # Given OpenAI that does not answer, and an app that follows a recording.
    with sim.fault(faults.openai.down()) as outage:
        memo = sim.api.record(1)
        following = sim.api.follow(memo.ids[0])
        sim.run_until(outage.was_triggered, within=minutes(5))

        # When the API is killed by what somebody else does, and another one is started.
        with sim.fault(faults.api.killed_after("send")):
            audio = recordings.variant(recordings.by_name("bike-repair"), 7)
            assert not sim.api.try_upload(audio, "acme", "somebody else's")

    # Then the app, too, sees the recording through to its end.
    sim.run_until(memo.all_complete, within=minutes(120))
    assert following.statuses() == ["queued", "processing", "transcript_only", "complete"]
    assert following.connections > 2
