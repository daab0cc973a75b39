"""The API is killed while a client follows a memory.

Claim: When the API is killed while a client follows a memory by server-sent events, the client reconnects to the next
API and receives every status once and in order.
"""

from sim import Simulation, faults, minutes, needs, recordings


@needs.production_limits  # the outage lasts as long as a restart takes, and must be survived
def test_event_stream_survives_an_api_restart(sim: Simulation) -> None:
    # Given OpenAI is down, and a client that follows a memory.
    with sim.fault(faults.openai.down()) as outage:
        memories = sim.api.record(1)
        stream = sim.api.follow(memories.ids[0])
        sim.run_until(outage.was_triggered, within=minutes(5))

        # When the API is killed by the upload of another client, and another API is started.
        with sim.fault(faults.api.killed_after("send")):
            audio = recordings.variant(recordings.by_name("bike-repair"), 7)
            assert not sim.api.try_upload(audio, "acme", "another-client")

    # Then the first client receives every status once.
    sim.run_until(memories.all_complete, within=minutes(120))
    assert stream.statuses() == ["queued", "processing", "transcript_only", "complete"]
    assert stream.connections > 2
