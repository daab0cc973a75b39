"""An app follows a recording instead of asking for it over and over.

Claim: it is told every status once and in order, and then that there is no more.
"""

from sim import Simulation, minutes


def test_an_app_that_follows_is_told_everything_once(sim: Simulation) -> None:
    # Given a recording, and an app that follows it.
    memo = sim.api.record(1)
    following = sim.api.follow(memo.ids[0])

    # When it is complete, then the app was told each step of it.
    sim.run_until(memo.all_complete, within=minutes(2))
    assert following.statuses() == ["queued", "processing", "transcript_only", "complete"]
    assert following.events[-1]["analysis_state"] == "done"

    # And whoever begins to follow afterwards is told the same.
    assert sim.api.follow(memo.ids[0]).statuses() == following.statuses()
