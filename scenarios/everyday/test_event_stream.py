"""A client follows a memory by server-sent events.

Claim: A client that follows a memory by server-sent events receives every status once and in order, and then the end
of the stream; a later follower receives the same.
"""

from sim import Simulation, minutes


def test_event_stream_reports_every_status_once(sim: Simulation) -> None:
    # Given a recording, and a client that follows its memory.
    memories = sim.api.record(1)
    stream = sim.api.follow(memories.ids[0])

    # When it is complete, then the client received each status once.
    sim.run_until(memories.all_complete, within=minutes(2))
    assert stream.statuses() == ["queued", "processing", "transcript_only", "complete"]
    assert stream.events[-1]["analysis_state"] == "done"

    # And a client that starts to follow afterwards receives the same.
    assert sim.api.follow(memories.ids[0]).statuses() == stream.statuses()
