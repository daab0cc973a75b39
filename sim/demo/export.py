"""A static site of recorded lessons: each is given once by itself, and written as one file that replays it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sim.demo.conductor import Conductor
from sim.demo.lessons.files import Lesson, lessons
from sim.demo.sharing import replay_of

SETTLED_TICKS = 5
"""After a lesson's end: its last events come with the next ticks."""


class LessonFailed(Exception):
    """A lesson did not end as it must, so nothing is published; the text says which and how."""


def export(conductor: Conductor, folder: Path, say: Callable[[str], None]) -> None:
    """Give all lessons, and write the site. Raises LessonFailed, OSError, PageIncomplete."""
    folder.mkdir(parents=True, exist_ok=True)
    given = list(lessons().values())
    links = [_link(lesson) for lesson in given]
    for number, lesson in enumerate(given, 1):
        say(f"lesson {number} of {len(given)}: {lesson.title}")
        recording = record(conductor, lesson, links)
        replay = replay_of(recording)
        (folder / f"{lesson.id}.html").write_text(replay, encoding="utf-8")
        if number == 1:
            (folder / "index.html").write_text(replay, encoding="utf-8")
    say(f"{len(given)} replays in {folder}: open {folder / 'index.html'}, or copy the folder to any static host")


def record(conductor: Conductor, lesson: Lesson, links: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Give one lesson to its end; returns what its replay shows. Raises LessonFailed."""
    conductor.begin_lesson(lesson.id, automatic=True, reading=0)
    runner = conductor.present_lesson()
    conductor.conduct(until=lambda: runner.is_over)
    for _ in range(SETTLED_TICKS):
        conductor.tick()
    if runner.verdict != lesson.expected:
        raise LessonFailed(f"the lesson “{lesson.title}” ended {runner.verdict}: {runner.reason}")
    return conductor.recording_of(conductor.present_run(), links)


def _link(lesson: Lesson) -> dict[str, Any]:
    about = {"id": lesson.id, "title": lesson.title, "about": lesson.about}
    return {**about, "sabotage": lesson.sabotage, "href": f"{lesson.id}.html"}
