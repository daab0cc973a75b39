"""Scenarios told in several variants (a worker killed at each of seven steps): which of them a run plays.

The whole catalogue is played with one variant of each, drawn by the run's seed, so that a run is short and many runs
play all. Whoever asks for certain scenarios, or for `--variants all` as CI does, gets every variant of them.
"""

import random
from collections import defaultdict
from collections.abc import Sequence

import pytest

from sim.clock.seeds import seed_for

ONE, ALL = "one", "all"


def wanted(config: pytest.Config) -> str:
    """`one` or `all`: as said, or else as it follows from what was asked for."""
    said: str | None = config.getoption("--variants")
    everything = [str(config.rootpath)]
    asked_for_some = config.option.keyword or config.option.markexpr or config.args != everything
    return said or (ALL if asked_for_some else ONE)


def draw(items: Sequence[pytest.Item], seed: int) -> list[pytest.Item]:
    """One variant of each scenario, in the order of the scenarios."""
    variants: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        variants[scenario_of(item)].append(item)
    return [random.Random(seed_for(seed, scenario)).choice(told) for scenario, told in variants.items()]


def scenario_of(item: pytest.Item) -> str:
    """What all variants of a scenario have in common. A day of weather is no variant: each was asked for."""
    if "weather_day" in getattr(item, "fixturenames", ()):
        return item.nodeid
    return item.nodeid.partition("[")[0]
