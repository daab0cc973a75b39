"""A run includes one variant of each scenario, drawn by its seed."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from sim.pytest_plugin.variants import ALL, ONE, draw, wanted

SCENARIOS = ["a.py::one", "a.py::two[x]", "a.py::two[y]", "a.py::two[z]", "b.py::two[x]", "b.py::two[y]"]


def items(*nodeids: str, fixtures: tuple[str, ...] = ("sim",)) -> list[pytest.Item]:
    return cast(list[pytest.Item], [SimpleNamespace(nodeid=each, fixturenames=fixtures) for each in nodeids])


def drawn(seed: int) -> list[str]:
    return [item.nodeid for item in draw(items(*SCENARIOS), seed)]


def config(*args: str, given: str | None = None, keyword: str = "") -> pytest.Config:
    option = SimpleNamespace(keyword=keyword, markexpr="")
    made: Any = SimpleNamespace(option=option, args=list(args), rootpath="/scenarios", getoption=lambda _: given)
    return cast(pytest.Config, made)


def test_every_scenario_runs_in_one_variant() -> None:
    assert [each.partition("[")[0] for each in drawn(1)] == ["a.py::one", "a.py::two", "b.py::two"]


def test_the_variants_depend_on_the_seed_alone() -> None:
    assert drawn(7) == drawn(7)
    assert {tuple(drawn(seed)) for seed in range(100)} == {
        ("a.py::one", f"a.py::two[{a}]", f"b.py::two[{b}]") for a in "xyz" for b in "xy"
    }


def test_days_of_weather_are_not_variants() -> None:
    days = items("w.py::day[day 1]", "w.py::day[day 2]", fixtures=("sim", "weather_day"))
    assert draw(days, 1) == days


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (config("/scenarios"), ONE),
        (config("/scenarios", given=ALL), ALL),
        (config("/scenarios", keyword="poison"), ALL),
        (config("/scenarios/a.py"), ALL),
        (config("/scenarios/a.py::two[x]"), ALL),
        (config("/scenarios/a.py", given=ONE), ONE),
    ],
)
def test_one_variant_is_the_default_for_a_run_of_all_scenarios(asked: pytest.Config, answer: str) -> None:
    assert wanted(asked) == answer
