"""The names a run prints are names it takes: the way back from a failure must lead to that very story."""

from pathlib import Path

import pytest

from sim.pytest_plugin.selection import NoSuchStory, chosen_stories

ROOT = Path(__file__).resolve().parents[3]
STORIES = ROOT / "scenarios"
STORY = "everyday/test_one_recording.py::test_one_recording_becomes_a_memory"


def test_without_a_name_all_stories_are_played():
    assert chosen_stories(["scenarios"], ROOT, STORIES) == [str(STORIES)]


@pytest.mark.parametrize("name", [STORY, f"scenarios/{STORY}"], ids=["as the table says", "as the shell completes"])
def test_a_story_named_beside_the_folder_of_all_is_played_alone(name):
    assert chosen_stories(["scenarios", name], ROOT, STORIES) == [str(STORIES / STORY)]


def test_a_parameter_of_a_story_stays_as_it_is():
    poison = "queue/test_every_poison.py::test_poison_is_dead_lettered_as_it_came[not JSON]"
    assert chosen_stories(["scenarios", poison, "everyday"], ROOT, STORIES) == [
        str(STORIES / poison),
        str(STORIES / "everyday"),
    ]


def test_a_name_that_is_no_story_is_refused_rather_than_playing_none():
    with pytest.raises(NoSuchStory, match=r"there is no everyday/test_nothing\.py in"):
        chosen_stories(["scenarios", "everyday/test_nothing.py::test_x"], ROOT, STORIES)
