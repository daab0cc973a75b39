"""The feed of each scenario as data for the page's script, reduced where a run has too many events."""

from collections.abc import Iterable, Sequence
from typing import Any

from sim.picture.feed import FeedEvent
from sim.picture.packing import Packer
from sim.picture.reduction import reduced, size_of
from sim.report.run_record import ScenarioRecord

MAX_EVENTS_OF_A_SCENARIO = 6_000
MAX_EVENTS_OF_A_RUN = 60_000


def budgets(scenarios: Sequence[ScenarioRecord]) -> list[int]:
    """The maximum number of events of each scenario: all of small ones, an equal share of the rest for large ones."""
    sizes = [size_of(scenario.feed) for scenario in scenarios]
    left, shares = MAX_EVENTS_OF_A_RUN, [0] * len(sizes)
    for done, index in enumerate(sorted(range(len(sizes)), key=sizes.__getitem__)):
        shares[index] = min(sizes[index], left // (len(sizes) - done), MAX_EVENTS_OF_A_SCENARIO)
        left -= shares[index]
    return shares


def feeds_data(scenarios: Sequence[ScenarioRecord]) -> dict[str, Any]:
    """The feeds of all scenarios, packed together: `feeds` has the rows of each."""
    packer = Packer()
    feeds = [
        packer.rows(_with_short_ids(reduced(scenario.feed, budget)))
        for scenario, budget in zip(scenarios, budgets(scenarios), strict=True)
    ]
    return {**packer.dictionary(), "feeds": feeds}


def _with_short_ids(feed: Iterable[FeedEvent]) -> list[FeedEvent]:
    """Nobody sees the ids of invocations, and a day has thousands of them."""
    numbers: dict[str, int] = {}

    def shortened(event: FeedEvent) -> FeedEvent:
        if "invocation" not in event:
            return event
        number = numbers.setdefault(event["invocation"]["id"], len(numbers))
        return {**event, "invocation": {**event["invocation"], "id": number}}

    return [shortened(event) for event in feed]
