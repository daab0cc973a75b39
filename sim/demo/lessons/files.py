"""Reads lessons and sabotages. docs/how-to/write-a-lesson.md describes the format."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sim.demo.lessons.conditions import CONDITIONS
from sim.platform.paths import REPOSITORY

HERE = Path(__file__).parents[1]
LESSONS = HERE / "lessons"
SABOTAGES = HERE / "sabotages"
MUTANTS = REPOSITORY / "tests" / "mutants"

STEP_NAMES = ("Given", "When", "Then", "And")
KINDS_OF_VIOLATION = ("lost", "replaced", "paid twice")
DEFAULT_WITHIN_MINUTES = 15.0

LESSON_KEYS = {"title", "about", "minutes", "shown", "order", "steps"}
SABOTAGE_KEYS = {"title", "about", "patch", "turns_red", "shown", "order", "steps"}
STEP_KEYS = {"name", "caption", "look_at", "do", "wait_for", "count", "within_minutes", "rate", "skip_minutes"}


class BadLesson(ValueError):
    """A file is no lesson; the text names the file and what is wrong."""


@dataclass(frozen=True)
class Step:
    """One caption, what is done, and what is waited for. Times are virtual."""

    name: str
    caption: str
    look_at: str | None
    do: tuple[tuple[str, Mapping[str, Any]], ...]
    """Names of actions, with their arguments."""
    wait_for: str | None
    count: int | None
    within_seconds: float
    rate: float | None
    skip_seconds: float | None


@dataclass(frozen=True)
class Lesson:
    """What is shown step by step. `sabotage`: the bug that the product has meanwhile."""

    id: str
    title: str
    about: str
    minutes: float
    order: float
    shown: str
    """One sentence for the end: what was seen, if it ended as expected."""
    steps: tuple[Step, ...]
    sabotage: str | None = None

    @property
    def expected(self) -> str:
        """The verdict of the invariants: a bug must be found."""
        return "failed" if self.sabotage else "passed"


@dataclass(frozen=True)
class Sabotage:
    """A mutant, and the lesson that makes it visible."""

    id: str
    patch: Path
    turns_red: str
    lesson: Lesson


@cache
def lessons() -> dict[str, Lesson]:
    """All lessons by their id, in their order; those of sabotages come last. Raises BadLesson."""
    own = sorted((_lesson(path) for path in LESSONS.glob("*.toml")), key=lambda each: (each.order, each.id))
    return {each.id: each for each in [*own, *(sabotage.lesson for sabotage in sabotages().values())]}


@cache
def sabotages() -> dict[str, Sabotage]:
    """All sabotages by their id, in their order; none where the mutants are not installed. Raises BadLesson."""
    found = [_sabotage(path) for path in SABOTAGES.glob("*.toml")]
    ordered = sorted(found, key=lambda each: (each.lesson.order, each.id))
    return {each.id: each for each in ordered if each.patch.exists()}


def _lesson(path: Path) -> Lesson:
    text = _read(path, LESSON_KEYS)
    steps = _steps(path, text)
    about = (path.stem, text["title"], text["about"])
    return Lesson(*about, float(text["minutes"]), float(text.get("order", 99)), text["shown"], steps)


def _sabotage(path: Path) -> Sabotage:
    text = _read(path, SABOTAGE_KEYS)
    if text["turns_red"] not in KINDS_OF_VIOLATION:
        raise BadLesson(f"{path.name}: turns_red is one of {', '.join(KINDS_OF_VIOLATION)}")
    lesson_id = f"sabotage-{path.stem}"
    order = float(text.get("order", 99))
    about = (lesson_id, text["title"], text["about"])
    lesson = Lesson(*about, 1.0, order, text["shown"], _steps(path, text), sabotage=path.stem)
    return Sabotage(path.stem, MUTANTS / text["patch"], text["turns_red"], lesson)


def _read(path: Path, keys: set[str]) -> dict[str, Any]:
    try:
        text = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BadLesson(f"{path.name}: {error}") from error
    if wrong := text.keys() ^ keys - ({"order"} - text.keys()):
        raise BadLesson(f"{path.name}: missing or unknown: {', '.join(sorted(wrong))}")
    return text


def _steps(path: Path, text: Mapping[str, Any]) -> tuple[Step, ...]:
    if not text["steps"]:
        raise BadLesson(f"{path.name}: a lesson has steps")
    return tuple(_step(f"{path.name}, step {number}", each) for number, each in enumerate(text["steps"], 1))


def _step(where: str, text: Mapping[str, Any]) -> Step:
    if unknown := text.keys() - STEP_KEYS:
        raise BadLesson(f"{where}: unknown: {', '.join(sorted(unknown))}")
    name, wait_for = text.get("name", "And"), text.get("wait_for")
    if name not in STEP_NAMES:
        raise BadLesson(f"{where}: name is one of {', '.join(STEP_NAMES)}")
    if wait_for is not None and wait_for not in CONDITIONS:
        raise BadLesson(f"{where}: wait_for is one of {', '.join(CONDITIONS)}")
    if not text.get("caption"):
        raise BadLesson(f"{where}: the caption is missing")
    return Step(
        name=name,
        caption=text["caption"],
        look_at=text.get("look_at"),
        do=tuple(_action(where, each) for each in text.get("do", [])),
        wait_for=wait_for,
        count=text.get("count"),
        within_seconds=60.0 * text.get("within_minutes", DEFAULT_WITHIN_MINUTES),
        rate=text.get("rate"),
        skip_seconds=None if "skip_minutes" not in text else 60.0 * text["skip_minutes"],
    )


def _action(where: str, text: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    if "action" not in text:
        raise BadLesson(f"{where}: each entry of `do` names an action")
    return text["action"], {name: value for name, value in text.items() if name != "action"}
