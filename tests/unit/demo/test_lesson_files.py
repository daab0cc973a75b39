"""Lessons and sabotages as files: those that we have are valid, and a wrong one is refused with its place."""

import re
from pathlib import Path

import pytest

from sim.demo.actions import ACTIONS
from sim.demo.lessons import files as lesson_files
from sim.demo.lessons.files import BadLesson, Lesson, lessons, sabotages
from sim.demo.lessons.runner import reading_seconds_of
from sim.demo.switches import find
from sim.platform.paths import REPOSITORY

GOOD = """
title = "A lesson"
about = "About it."
minutes = 2
order = 1
shown = "It was seen."
[[steps]]
name = "Given"
caption = "It begins."
do = [{ action = "sample", sample = "lentil-soup" }]
wait_for = "all complete"
"""


def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, kind: str = "LESSONS") -> None:
    (tmp_path / "a-lesson.toml").write_text(text)
    monkeypatch.setattr(lesson_files, kind, tmp_path)
    (lessons if kind == "LESSONS" else sabotages).__wrapped__()


def test_there_are_lessons_and_sabotages_of_every_kind() -> None:
    own = [each for each in lessons().values() if each.sabotage is None]
    assert [each.id for each in own][:3] == ["fair-weather", "short-outage", "long-outage"]
    assert len(own) >= 8
    assert [each.order for each in own] == list(range(1, len(own) + 1))
    assert len(sabotages()) >= 6
    assert {each.turns_red for each in sabotages().values()} == {"lost", "replaced", "paid twice"}
    assert len({each.patch for each in sabotages().values()}) == len(sabotages())


@pytest.mark.parametrize("lesson", lessons().values(), ids=lambda lesson: lesson.id)
def test_every_action_of_a_lesson_exists_with_its_arguments(lesson: Lesson) -> None:
    for step in lesson.steps:
        for name, arguments in step.do:
            ACTIONS[name].check(arguments)
            if name in ("fault_on", "fault_off"):
                find(arguments["fault"]).fault(arguments.get("options", {}))


@pytest.mark.parametrize("lesson", lessons().values(), ids=lambda lesson: lesson.id)
def test_a_lesson_switches_off_what_it_switches_on(lesson: Lesson) -> None:
    done = [(name, arguments.get("fault")) for step in lesson.steps for name, arguments in step.do]

    assert sorted(f for name, f in done if name == "fault_on") == sorted(f for name, f in done if name == "fault_off")


@pytest.mark.parametrize("lesson", lessons().values(), ids=lambda lesson: lesson.id)
def test_captions_can_be_read_at_a_glance(lesson: Lesson) -> None:
    for step in lesson.steps:
        assert len(step.caption) <= 320, step.caption
        assert re.search(r"[.?!]$", step.caption), step.caption
        assert len(step.look_at or "") <= 160, step.look_at


def test_the_script_of_the_demo_names_every_lesson() -> None:
    script = (REPOSITORY / "docs/demo.md").read_text(encoding="utf-8")

    for each in lessons().values():
        assert each.sabotage or f"| `{each.id}` | {each.title} | {each.shown} |" in script


@pytest.mark.parametrize("lesson", lessons().values(), ids=lambda lesson: lesson.id)
def test_what_a_lesson_has_shown_is_one_sentence(lesson: Lesson) -> None:
    assert re.fullmatch(r"[A-Z][^.?!]{20,160}\.", lesson.shown), lesson.shown


@pytest.mark.parametrize("lesson", lessons().values(), ids=lambda lesson: lesson.id)
def test_a_lesson_by_itself_takes_about_the_time_that_it_names(lesson: Lesson) -> None:
    minutes = sum(reading_seconds_of(step) for step in lesson.steps) / 60

    assert minutes <= lesson.minutes * 1.25, "it takes longer"
    assert lesson.sabotage or lesson.minutes / 2 <= minutes, "it is over sooner"


def test_the_patch_of_every_sabotage_exists() -> None:
    files = {path.stem for path in lesson_files.SABOTAGES.glob("*.toml")}

    assert set(sabotages()) == files


def test_a_good_lesson_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read(tmp_path, monkeypatch, GOOD)


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ('title = "A lesson"', "", "title"),
        ('title = "A lesson"', 'title = "A lesson"\nsubtitle = "x"', "subtitle"),
        ('shown = "It was seen."', "", "shown"),
        ('caption = "It begins."', "", "step 1: the caption"),
        ('caption = "It begins."', 'caption = ""', "step 1: the caption"),
        ('wait_for = "all complete"', 'wait_for = "rain"', "wait_for is one of"),
        ('name = "Given"', 'name = "Perhaps"', "name is one of"),
        ('name = "Given"', 'nmae = "Given"', "unknown: nmae"),
        ('action = "sample", ', "", "names an action"),
        ("[[steps]]", "[[steps", "a-lesson.toml"),
    ],
)
def test_a_wrong_lesson_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, after: str, complaint: str
) -> None:
    assert before in GOOD

    with pytest.raises(BadLesson, match=complaint):
        read(tmp_path, monkeypatch, GOOD.replace(before, after))


def test_a_lesson_has_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadLesson, match="has steps"):
        read(tmp_path, monkeypatch, GOOD.partition("[[steps]]")[0] + "steps = []")


def test_a_sabotage_says_what_turns_red(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = GOOD.replace("minutes = 2", 'patch = "both/lease-ignored.patch"\nturns_red = "green"')

    with pytest.raises(BadLesson, match="turns_red is one of"):
        read(tmp_path, monkeypatch, text, "SABOTAGES")
