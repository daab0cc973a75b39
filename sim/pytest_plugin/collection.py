"""Which of the collected scenarios run: those the engine is capable of, variants drawn, days of weather asked for."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from sim.engines.base.engine import Capability
from sim.pytest_plugin import repetitions, variants
from sim.pytest_plugin.durations import dealt_longest_first
from sim.pytest_plugin.run import RUN, shown
from sim.pytest_plugin.scenario_rules import ScenarioFile


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A scenario that takes `weather_day` runs once for each day asked for, each day with its own seed."""
    if "weather_day" in metafunc.fixturenames:
        days: int = metafunc.config.getoption("--weather")
        metafunc.parametrize("weather_day", range(1, max(days, 1) + 1), ids=lambda day: f"day {day}")
    repetitions.parametrize(metafunc)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """After pytest's own selection (`-k`, `-m`): shards divide what is selected."""
    _skip_what_the_engine_cannot(config, items)
    _leave_out_weather(config, items)
    _leave_out_incidents(config, items)
    _leave_out_variants(config, items)
    _leave_out_other_shards(config, items)
    _put_longest_first(config, items)


def needs_of(item: pytest.Item) -> frozenset[Capability]:
    """What a scenario's marks say, and what the faults need that it uses. Raises UsageError for an unknown need."""
    test = getattr(item, "originalname", None) or item.name
    return _marked_needs(item) | (_scenario_file(item.path).needs_of(test) if takes_sim(item) else frozenset())


def _marked_needs(item: pytest.Item) -> frozenset[Capability]:
    return frozenset(_capability(each, item) for mark in item.iter_markers("needs") for each in mark.args)


def _capability(name: object, item: pytest.Item) -> Capability:
    """Raises UsageError for a name that is not a capability."""
    try:
        return Capability(str(name))
    except ValueError as error:
        known = ", ".join(Capability)
        raise pytest.UsageError(f"{item.nodeid} needs {name!r}, which is not one of: {known}") from error


def takes_sim(item: pytest.Item) -> bool:
    """Whether the test is a scenario."""
    return "sim" in getattr(item, "fixturenames", ())


@cache
def _scenario_file(path: Path) -> ScenarioFile:
    return ScenarioFile.read(path, shown(path))


def _skip_what_the_engine_cannot(config: pytest.Config, items: list[pytest.Item]) -> None:
    run = config.stash[RUN]
    # To read the sources of all scenarios takes as long as to import them.
    needs = needs_of if run.lacking(frozenset(Capability)) else _marked_needs
    for item in items:
        if lacking := run.lacking(needs(item)):
            item.add_marker(pytest.mark.skip(reason=f"engine {run.engine.name} cannot {', '.join(lacking)}"))


def _leave_out_weather(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A day of weather takes minutes, so it runs only with `--weather`, or when nothing else was selected."""
    if config.getoption("--weather"):
        return
    days = [item for item in items if "weather_day" in getattr(item, "fixturenames", ())]
    if len(days) < len(items):
        _keep_only([item for item in items if item not in days], config, items)


def _leave_out_incidents(config: pytest.Config, items: list[pytest.Item]) -> None:
    """An incident is hours of usual load, so it runs only with `--incidents`, or when nothing else was selected."""
    if config.getoption("--incidents"):
        return
    incidents = [item for item in items if item.get_closest_marker("incident")]
    if len(incidents) < len(items):
        left_out = set(incidents)
        _keep_only([item for item in items if item not in left_out], config, items)


def _leave_out_variants(config: pytest.Config, items: list[pytest.Item]) -> None:
    if variants.wanted(config) == variants.ONE:
        _keep_only(variants.draw(items, config.stash[RUN].seed), config, items)


def _leave_out_other_shards(config: pytest.Config, items: list[pytest.Item]) -> None:
    """After variants are drawn: all shards of a run draw the same ones, from the same seed.

    A shard has every N-th scenario: neighbours take about equally long, so shards do as well.
    """
    if (shard := config.getoption("--shard")) is not None:
        number, count = shard
        _keep_only(items[number - 1 :: count], config, items)


def _put_longest_first(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where worlds share the scenarios. One world runs them in their own order."""
    known, worlds = config.stash[RUN].durations, getattr(config, "workerinput", {}).get("workercount", 1)
    if worlds > 1:
        items[:] = dealt_longest_first(items, [known.get(each.nodeid) for each in items], worlds)


def _keep_only(chosen: Sequence[pytest.Item], config: pytest.Config, items: list[pytest.Item]) -> None:
    kept = set(chosen)
    if left_out := [item for item in items if item not in kept]:
        config.hook.pytest_deselected(items=left_out)
        items[:] = chosen
