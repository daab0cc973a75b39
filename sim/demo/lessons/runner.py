"""A lesson while it is given: captions, actions, waits, and in the end the invariants. Ticked by the conductor."""

import time
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Protocol

from sim.clock.durations import spoken
from sim.demo.lessons.conditions import CONDITIONS
from sim.demo.lessons.files import Lesson, Step
from sim.demo.run import Run

LETTERS_PER_SECOND = 10.0
"""How fast a caption is read aloud, with time to look at what it names."""
SHORTEST_READING_SECONDS = 2.5
LONGEST_REAL_WAIT_SECONDS = 120.0
REST_RATE = 900.0
REST_WITHIN_SECONDS = 12 * 3600.0

YOU, PIPELINE = "you", "the pipeline"


class Stage(Protocol):
    """What a lesson needs of the conductor."""

    def start_action(self, name: str, arguments: Mapping[str, Any]) -> Callable[[], Any]:
        """Check an action's arguments; returns what carries it out, in any thread."""

    def announce(self, run: Run, kind: str, **fields: Any) -> None: ...

    def check(self, run: Run) -> list[dict[str, Any]]:
        """Check the invariants, and put their results into the feed."""


def reading_seconds_of(step: Step) -> float:
    """How long it takes to read a step's texts."""
    letters = len(step.caption) + len(step.look_at or "")
    return max(letters / LETTERS_PER_SECOND, SHORTEST_READING_SECONDS)


class LessonRunner:
    """One lesson on one run."""

    def __init__(
        self,
        lesson: Lesson,
        run: Run,
        stage: Stage,
        *,
        automatic: bool,
        reading: float = 1.0,
        real_seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """`automatic`: it goes on by itself once a step is done and read. `reading` multiplies the time for that."""
        self.lesson = lesson
        self.title, self.about = lesson.title, lesson.about
        self.automatic = automatic
        self.verdict: str | None = None
        self.reason: str | None = None
        self._run = run
        self._stage = stage
        self._reading = reading
        self._real_seconds = real_seconds
        self._number = -1
        self._done = 0
        self._waiting_for: str | None = None
        self._next = False
        self._actions = ThreadPoolExecutor(1, thread_name_prefix="lesson")
        self._progress = self._give()

    @property
    def is_over(self) -> bool:
        return self.verdict is not None

    def next(self) -> None:
        """Go on with the next step; while the pipeline is waited for, as soon as that is over."""
        self._next = True

    def tick(self) -> None:
        """Go on as far as possible now."""
        if not self.is_over:
            next(self._progress, None)

    def close(self) -> None:
        """Give the lesson up."""
        self._progress.close()
        self._actions.shutdown(wait=False, cancel_futures=True)

    def as_json(self) -> dict[str, Any]:
        """The key `lesson` of the state."""
        return {
            "id": self.lesson.id,
            "title": self.lesson.title,
            "step": max(self._number, 0),
            "steps": [
                {"caption": step.caption, "look_at": step.look_at, "done": number < self._done}
                for number, step in enumerate(self.lesson.steps)
            ],
            "waiting_for": self._waiting_for,
            "automatic": self.automatic,
            "finished": self.is_over,
            "verdict": self.verdict,
            "reason": self.reason,
            "shown": self.lesson.shown if self.verdict == self.lesson.expected else None,
            "sabotage": self.lesson.sabotage,
        }

    def _give(self) -> Generator[None]:
        for number, step in enumerate(self.lesson.steps):
            self._number = number
            self._stage.announce(self._run, "step", name=step.name, text=step.caption, line=0)
            began = self._real_seconds()
            self._next = False
            if not ((yield from self._act(step)) and (yield from self._wait(step))):
                return
            self._done = number + 1
            yield from self._read(step, began)
        yield from self._conclude()

    def _act(self, step: Step) -> Generator[None, None, bool]:
        """False if an action was not possible: the lesson has ended."""
        for name, arguments in step.do:
            self._waiting_for = PIPELINE
            future: Future[Any] = self._actions.submit(self._stage.start_action(name, arguments))
            while not future.done():
                yield
            if error := future.exception():
                self._end("inconclusive", f"{name}: {error}")
                return False
        return True

    def _wait(self, step: Step) -> Generator[None, None, bool]:
        """False if what is waited for did not happen: the lesson has ended."""
        pacing = self._run.pacing
        if step.skip_seconds is not None:
            pacing.skip(step.skip_seconds)
            while pacing.jump is not None:
                self._waiting_for = PIPELINE
                yield
        if step.wait_for is None:
            return True
        condition, count = CONDITIONS[step.wait_for], 1 if step.count is None else step.count
        if (yield from self._until(lambda: condition(self._run, count), step.rate, step.within_seconds)):
            return True
        within = spoken(timedelta(seconds=step.within_seconds))
        self._end("inconclusive", f"“{step.wait_for}” did not become true within {within}")
        return False

    def _until(
        self, fulfilled: Callable[[], bool], rate: float | None, within_seconds: float
    ) -> Generator[None, None, bool]:
        """Wait until it is true, for some virtual time at most, and for some real time at most."""
        pacing = self._run.pacing
        ends_at, gives_up_at = pacing.now + within_seconds, self._real_seconds() + LONGEST_REAL_WAIT_SECONDS
        if rate is not None and not fulfilled():
            pacing.set_rate(rate)
        while not fulfilled() and pacing.now < ends_at and self._real_seconds() < gives_up_at:
            self._waiting_for = PIPELINE
            yield
        if rate is not None and pacing.rate == rate:
            pacing.set_rate(1)
        return fulfilled()

    def _read(self, step: Step, began: float) -> Generator[None]:
        seconds = reading_seconds_of(step) * self._reading
        while not self._next and not (self.automatic and self._real_seconds() - began >= seconds):
            self._waiting_for = None if self.automatic else YOU
            yield

    def _conclude(self) -> Generator[None]:
        """Let the pipeline come to rest, then check the invariants."""
        yield from self._until(lambda: CONDITIONS["none unfinished"](self._run, 1), REST_RATE, REST_WITHIN_SECONDS)
        yield  # what the last event has set in motion
        checking = self._actions.submit(self._stage.check, self._run)
        while not checking.done():
            yield
        results = checking.result()
        failed = [each for each in results if each["verdict"] == "failed"]
        unclear = [each for each in results if each["verdict"] == "inconclusive"]
        if failed:
            self._end("failed", failed[0]["text"].splitlines()[0])
        elif unclear:
            self._end("inconclusive", unclear[0]["text"].splitlines()[0])
        else:
            self._end("passed", f"{len(results)} invariants hold")

    def _end(self, verdict: str, reason: str) -> None:
        self.verdict, self.reason, self._waiting_for = verdict, reason, None
        self._actions.shutdown(wait=False)
