"""Scenarios with several variants (a worker killed at each of seven steps): which variants a run includes.

A run of all scenarios includes one variant of each, drawn by the run's seed, so that a run is short and many runs cover
all variants. A run of selected scenarios, or with `--variants all` as in CI, includes every variant.
"""

import random
from collections import defaultdict
from collections.abc import Sequence

import pytest

from sim.clock.seeds import seed_for
from sim.pytest_plugin.repetitions import repetition_of

ONE, ALL = "one", "all"


def wanted(config: pytest.Config) -> str:
    """`one` or `all`: the option, or the default for the selection of scenarios."""
    given: str | None = config.getoption("--variants")
    everything = [str(config.rootpath)]
    last_failed = getattr(config.option, "lf", False)
    some_are_selected = config.option.keyword or config.option.markexpr or last_failed or config.args != everything
    return given or (ALL if some_are_selected else ONE)


def draw(items: Sequence[pytest.Item], seed: int) -> list[pytest.Item]:
    """One variant of each scenario, in the order of the scenarios."""
    variants: dict[tuple[str, int], list[pytest.Item]] = defaultdict(list)
    for item in items:
        variants[scenario_of(item), repetition_of(item)].append(item)
    return [random.Random(seed_for(seed, scenario)).choice(each) for (scenario, _), each in variants.items()]


def scenario_of(item: pytest.Item) -> str:
    """The name that all variants of a scenario share. Days of weather are not variants: each was asked for."""
    if "weather_day" in getattr(item, "fixturenames", ()):
        return item.nodeid
    return item.nodeid.partition("[")[0]
