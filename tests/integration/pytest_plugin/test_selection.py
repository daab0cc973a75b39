"""A run takes the names that it prints, so the printed command replays exactly that scenario."""

from pathlib import Path

import pytest

from sim.pytest_plugin.selection import NoSuchScenario, chosen_scenarios

ROOT = Path(__file__).resolve().parents[3]
SCENARIOS = ROOT / "scenarios"
SCENARIO = "everyday/test_one_recording.py::test_one_recording_becomes_a_memory"


def test_without_a_name_all_scenarios_run():
    assert chosen_scenarios(["scenarios"], ROOT, SCENARIOS) == [str(SCENARIOS)]


@pytest.mark.parametrize(
    "name", [SCENARIO, f"scenarios/{SCENARIO}"], ids=["as the table says", "as the shell completes"]
)
def test_a_scenario_named_beside_the_folder_of_all_runs_alone(name):
    assert chosen_scenarios(["scenarios", name], ROOT, SCENARIOS) == [str(SCENARIOS / SCENARIO)]


def test_a_parameter_of_a_scenario_stays_as_it_is():
    poison = "queue/test_poison_kinds.py::test_poison_is_dead_lettered_unchanged[not JSON]"
    assert chosen_scenarios(["scenarios", poison, "everyday"], ROOT, SCENARIOS) == [
        str(SCENARIOS / poison),
        str(SCENARIOS / "everyday"),
    ]


def test_a_name_that_is_no_scenario_is_refused():
    with pytest.raises(NoSuchScenario, match=r"there is no everyday/test_nothing\.py in"):
        chosen_scenarios(["scenarios", "everyday/test_nothing.py::test_x"], ROOT, SCENARIOS)
