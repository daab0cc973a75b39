"""The longest scenarios of the last run begin first."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from xdist.scheduler.worksteal import WorkStealingScheduling

from sim.pytest_plugin.durations import FILE, dealt_longest_first, keep_durations, known_durations


def dealt(seconds: dict[str, float | None], worlds: int) -> list[str]:
    return dealt_longest_first(list(seconds), list(seconds.values()), worlds)


def first_parts(order: list[str], worlds: int) -> list[list[str]]:
    """What pytest-xdist itself gives each world before any of them has run something."""

    class Node:
        shutting_down = False

        def __init__(self) -> None:
            self.given: list[str] = []
            self.gateway = SimpleNamespace(id="world")

        def send_runtest_some(self, indices: list[int]) -> None:
            self.given += [order[at] for at in indices]

    config: Any = SimpleNamespace(
        getvalue=lambda _: [f"{worlds}*popen"], option=SimpleNamespace(tx=[f"{worlds}*popen"])
    )
    scheduler = WorkStealingScheduling(config)
    nodes: list[Any] = [Node() for _ in range(worlds)]
    for node in nodes:
        scheduler.add_node(node)
    for node in nodes:
        scheduler.add_node_collection(node, order)
    scheduler.schedule()
    return [node.given for node in nodes]


@pytest.mark.parametrize("worlds", [1, 2, 3, 4])
@pytest.mark.parametrize("count", [2, 5, 8, 9, 155])
def test_every_world_begins_with_one_of_the_longest(count: int, worlds: int) -> None:
    seconds: dict[str, float | None] = {f"{number}": float(number * 37 % count) for number in range(count)}
    order = dealt(seconds, worlds)
    assert sorted(order) == sorted(seconds)

    parts = first_parts(order, worlds) if count > 2 * worlds else []
    for part in parts:
        assert part == sorted(part, key=lambda name: -(seconds[name] or 0))
    longest = sorted(seconds, key=lambda name: -(seconds[name] or 0))[:worlds]
    assert {part[0] for part in parts} in ({*longest}, set())


def test_a_new_scenario_begins_first() -> None:
    assert dealt({"short": 1.0, "new": None, "long": 9.0}, 1) == ["new", "long", "short"]


def test_without_any_duration_the_order_stays() -> None:
    assert dealt({"b": None, "a": None, "c": None}, 2) == ["b", "a", "c"]


def test_equal_durations_keep_their_order() -> None:
    assert dealt({"b": 1.0, "a": 1.0, "c": 1.0}, 1) == ["b", "a", "c"]


def test_durations_are_kept_from_run_to_run(tmp_path: Path) -> None:
    assert known_durations(tmp_path) == {}
    keep_durations(tmp_path, {"a": 1.0, "b": 2.0})
    keep_durations(tmp_path, {"b": 3.0})
    assert known_durations(tmp_path) == {"a": 1.0, "b": 3.0}
    assert [each.name for each in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("damaged", ["", "{", "[1]", '{"a": "x"}', '{"a": null}', "\x00", "7"])
def test_a_damaged_file_is_no_file(tmp_path: Path, damaged: str) -> None:
    (tmp_path / FILE).write_text(damaged)
    assert known_durations(tmp_path) == {}
    keep_durations(tmp_path, {"a": 1.0})
    assert known_durations(tmp_path) == {"a": 1.0}


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    keep_durations(tmp_path / "nowhere", {"a": 1.0})
    assert known_durations(tmp_path / "nowhere") == {}
