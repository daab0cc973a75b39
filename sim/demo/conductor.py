"""The conductor: the one thread that owns the pipeline. It lets time pass, reads what happens, and acts for viewers.

Requests of viewers come from other threads. What is quick waits for the next moment between two ticks; what may last,
such as an upload, is done by the thread of the request while the picture goes on.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sim import recordings
from sim.demo.actions import ACTIONS
from sim.demo.broadcast import Broadcast
from sim.demo.check import check_now
from sim.demo.errors import BadArguments, NotPossible
from sim.demo.lessons.files import Sabotage, lessons, sabotages
from sim.demo.lessons.runner import LessonRunner
from sim.demo.pacing import TICK_SECONDS
from sim.demo.run import Run, new_run
from sim.demo.scenarios.choice import ChosenScenario
from sim.demo.scenarios.runner import ScenarioRunner, ShownClock
from sim.demo.stage import Stage

FAILS_AFTER_SECONDS = 5.0
"""In real time: a part that answers again within it has only been slow."""
LOOK_EVERY_SECONDS = 0.5
SHORT_TICK_SECONDS = 0.01
"""While time is sped up, most of the real time is for that."""
ACTION_SECONDS = 120.0
CLAIM = "a live demo"

STARTING, READY, RESTARTING, FAILED = "starting", "ready", "restarting", "failed"


class PipelineGone(Exception):
    """The demo cannot go on; the text says which part is missing."""


class Conductor:
    """`conduct` is for the main thread; everything else may be called by any thread."""

    def __init__(self, broadcast: Broadcast, stage: Stage) -> None:
        self.broadcast = broadcast
        self._stage = stage
        self._phase = STARTING
        self._progress: list[str] = ["starting …"]
        self._error: str | None = None
        self._run: Run | None = None
        self._sabotage: Sabotage | None = None
        self._lesson: LessonRunner | ScenarioRunner | None = None
        self._runs = 0
        self._samples_given = 0
        self._taking = threading.Lock()
        self._inbox: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = queue.SimpleQueue()
        self._later: list[tuple[float, Run, Callable[[], None]]] = []
        self._looked_at = 0.0
        self._shown: dict[str, Any] = {}
        self._shown_at = 0.0
        self._show_state()

    # for requests

    def act(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Do something. Raises NotPossible, BadArguments, LookupError for an unknown action."""
        self.present_run()
        return self.start_action(name, arguments)()

    def start_action(self, name: str, arguments: Mapping[str, Any]) -> Callable[[], dict[str, Any]]:
        """Check an action's arguments; returns what carries it out, in any thread but the conductor's.

        Raises BadArguments, LookupError for an unknown action.
        """
        action = ACTIONS.get(name)
        if action is None:
            raise LookupError(f"there is no action {name!r}; there are {', '.join(ACTIONS)}")
        action.check(arguments)
        if action.is_slow:
            return lambda: action.act(self, **arguments)
        return lambda: self.call(lambda: action.act(self, **arguments))

    def call[Result](self, act: Callable[[], Result]) -> Result:
        """Have the conductor's thread call it, and wait for the result. Raises what it raises."""
        future: Future[Result] = Future()
        self._inbox.put((act, future))
        try:
            return future.result(ACTION_SECONDS)
        except TimeoutError as error:
            raise NotPossible("the pipeline has not answered for a long time") from error

    def present_run(self) -> Run:
        """Raises NotPossible while there is none."""
        run = self._run
        if run is None or self._phase != READY:
            raise NotPossible(f"the pipeline is {self._phase}: wait until it is ready")
        return run

    @property
    def log_folder(self) -> Path:
        """Where the journal and the logs of the world are."""
        return self._stage.folder

    @property
    def sabotage_title(self) -> str | None:
        """The bug that the product has, in words."""
        return None if self._sabotage is None else self._sabotage.lesson.title

    @property
    def given_scenario(self) -> str | None:
        """The source of the scenario that this run is."""
        return self._lesson.source if isinstance(self._lesson, ScenarioRunner) else None

    def next_sample(self) -> recordings.Recording:
        """All samples in turn."""
        with self._taking:
            self._samples_given += 1
            samples = recordings.all()
            return samples[(self._samples_given - 1) % len(samples)]

    def name_recordings(self, run: Run, titles: Mapping[str, str]) -> None:
        """Say in the feed what viewers call recordings that were accepted."""
        run.titles.update(titles)
        for memory_id, title in titles.items():
            self._announce_soon(run, "subject", id=memory_id, subject_kind="memory", title=title)

    def _announce_soon(self, run: Run, kind: str, **fields: Any) -> None:
        """As `announce`, from any thread."""

        def announce() -> None:
            if run is self._run:
                self.broadcast.add(run.pump())
                self.announce(run, kind, **fields)

        self._inbox.put((announce, Future()))

    @contextmanager
    def request_of(self, run: Run) -> Iterator[None]:
        """Time does not stand still while a request is under way."""
        with self._taking:
            run.requests_open += 1
        try:
            yield
        finally:
            with self._taking:
                run.requests_open -= 1

    # for actions, on the conductor's thread

    def later(self, real_seconds: float, act: Callable[[], None]) -> None:
        """Call it after some real time, unless the run has ended by then."""
        self._later.append((time.monotonic() + real_seconds, self.present_run(), act))

    def announce(self, run: Run, kind: str, **fields: Any) -> None:
        """Add an event of the demo itself to the feed."""
        self.broadcast.add(run.announce(kind, **fields))

    def set_clock(self, do: Any, rate: Any, seconds: Any) -> dict[str, Any]:
        """Raises BadArguments."""
        pacing = self.present_run().pacing
        match do:
            case "play":
                pacing.play()
            case "pause":
                pacing.pause()
            case "rate":
                pacing.set_rate(rate)
            case "skip":
                return {"text": pacing.skip(seconds).text}
            case "next":
                return self._to_next_event()
            case _:
                raise BadArguments(f"do is play, pause, rate, next or skip, not {do!r}")
        return {}

    def _to_next_event(self) -> dict[str, Any]:
        """Raises NotPossible when nothing is due."""
        run = self.present_run()
        due = run.next_event()
        if due is None:
            raise NotPossible("nothing is due: record something, or switch a fault on")
        return {"text": run.pacing.skip_to(due).text}

    def check(self, run: Run) -> list[dict[str, Any]]:
        """Check the invariants, and put their results into the feed. May last: no thread of a tick should call it."""
        results = check_now(run.simulation)
        self._announce_soon(run, "invariants", results=results)
        return results

    def restart(self) -> dict[str, Any]:
        """Stop the pipeline and start another one, with the same bug if there is one."""
        return self._restart(self._sabotage)

    def sabotage(self, sabotage_id: Any) -> dict[str, Any]:
        """Start a pipeline with this bug, or without any. Raises BadArguments, NotPossible."""
        return self._restart(None if sabotage_id is None else _sabotage_of(sabotage_id))

    def recording_of(self, run: Run, lessons: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
        """Everything that a replay shows of a run; `lessons` are links to other replays."""
        self.broadcast.add(run.pump())
        return {
            "title": self._lesson.title if self._lesson else "A live demo",
            "about": self._lesson.about if self._lesson else "What was done in a live demo, event by event.",
            "run": run.id,
            "state": self._state(),
            "feed": run.feed_events,
            "memories": run.memories(),
            "lessons": list(lessons),
        }

    def begin_lesson(self, lesson_id: Any, automatic: bool, reading: float) -> dict[str, Any]:
        """Start a pipeline and a lesson on it; None ends the present one. Raises BadArguments, NotPossible."""
        if lesson_id is None:
            self._end_lesson()
            return {}
        self._refuse_during_a_scenario()
        lesson = lessons().get(str(lesson_id))
        if lesson is None:
            raise BadArguments(f"there is no lesson {lesson_id!r}; there are {', '.join(lessons())}")
        result = self._restart(_sabotage_of(lesson.sabotage) if lesson.sabotage else self._sabotage)
        self._lesson = LessonRunner(lesson, self.present_run(), self, automatic=automatic, reading=reading)
        return result

    def present_lesson(self) -> LessonRunner:
        """Raises NotPossible while there is none."""
        if not isinstance(self._lesson, LessonRunner) or self._lesson.is_over:
            raise NotPossible("no lesson is being given: choose one")
        return self._lesson

    def _refuse_during_a_scenario(self) -> None:
        """Raises NotPossible: the scenario's own code is under way on this thread."""
        if isinstance(self._lesson, ScenarioRunner) and not self._lesson.is_over:
            raise NotPossible("a scenario is being given: end it first")

    def _restart(self, sabotage: Sabotage | None) -> dict[str, Any]:
        self._refuse_during_a_scenario()
        before = self._phase
        self._phase, self._progress = RESTARTING, []
        self._show_state()
        try:
            self._begin_run(sabotage)
        except NotPossible:
            self._phase = before
            raise
        return {"run": self.present_run().id}

    # the thread itself

    def say(self, text: str) -> None:
        """Progress of a start: for the terminal and for viewers."""
        self._progress = [*self._progress[-9:], text]
        self._show_state()

    def begin(self) -> None:
        """Start the first pipeline, in a world that runs."""
        self._begin_run(None)

    def give_scenario(self, chosen: ChosenScenario, reading: float = 1.0) -> None:
        """Run a scenario on a pipeline of its own while the demo goes on; returns at its end."""
        shown = ShownClock(self._stage.clock)
        self._begin_run(None, shown)
        run = self.present_run()
        runner = ScenarioRunner(chosen, run, self._stage.clock, self, reading=reading)
        shown.wait, self._lesson = runner.wait, runner
        runner.give()
        self.check(run)

    def fail(self, error: str) -> None:
        """Show viewers that the demo cannot go on."""
        self._phase, self._error = FAILED, error
        self._show_state()

    def conduct(self, until: Callable[[], bool] = lambda: False) -> None:
        """Let the demo go on until it is interrupted, or until the condition is true.

        Raises PipelineGone when a part of the world, such as LocalStack, has ended.
        """
        failing_since: float | None = None
        while not until():
            try:
                self.tick()
            except Exception as error:
                now = time.monotonic()
                failing_since = now if failing_since is None else failing_since
                if now - failing_since > FAILS_AFTER_SECONDS:
                    raise PipelineGone(f"a part of the world does not answer: {in_a_line(error)}") from error
                time.sleep(TICK_SECONDS)
            else:
                failing_since = None

    def tick(self) -> None:
        """One step: what viewers ask for, then time, then what has happened, then the state."""
        is_fast = self._run is not None and self._run.pacing.is_fast
        ends_at = time.monotonic() + (SHORT_TICK_SECONDS if is_fast else TICK_SECONDS)
        while (left_seconds := ends_at - time.monotonic()) > 0:
            try:
                act, future = self._inbox.get(timeout=left_seconds)
            except queue.Empty:
                break
            self._fulfil(act, future)
        run = self._run
        if run is None:
            return
        self._act_later(run)
        self.broadcast.add(run.tick())
        if isinstance(self._lesson, LessonRunner):
            self._lesson.tick()
        if time.monotonic() - self._looked_at > LOOK_EVERY_SECONDS:
            self._looked_at = time.monotonic()
            run.look()
        self._show_state()

    def close(self) -> None:
        """End the run. The pipeline is stopped with the stage."""
        self._end_lesson()
        run, self._run = self._run, None
        if run is not None:
            run.close()

    def _end_lesson(self) -> None:
        if isinstance(self._lesson, ScenarioRunner) and not self._lesson.is_over:
            self._lesson.end()
            return
        if isinstance(self._lesson, LessonRunner):
            self._lesson.close()
        self._lesson = None

    def _begin_run(self, sabotage: Sabotage | None, shown: ShownClock | None = None) -> None:
        self._stage.prepare(sabotage)
        self.close()
        self._sabotage = sabotage
        pipeline, journal = self._stage.begin(CLAIM, sabotage)
        self._runs += 1
        seed = self._stage.seed + self._runs
        run = new_run(f"run-{self._runs}", pipeline, journal, self._stage.clock, seed, shown)
        run.simulation.api.words_are_known = not self._stage.openai_is_real
        run.look()
        self._run, self._later = run, []
        self.broadcast.begin_run(run.id)
        self._phase, self._progress = READY, []
        self._show_state()

    def _fulfil(self, act: Callable[[], Any], future: "Future[Any]") -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = act()
            self._show_state()  # so that who asked sees what it has done
        except KeyboardInterrupt:
            future.set_exception(NotPossible("the demo ends"))
            raise
        except Exception as error:  # noqa: BLE001 - it belongs to the request that asked
            future.set_exception(error)
        else:
            future.set_result(result)

    def _act_later(self, run: Run) -> None:
        due = [each for each in self._later if each[0] <= time.monotonic()]
        self._later = [each for each in self._later if each not in due]
        for _, of, act in due:
            if of is run:
                act()

    # the state

    def _show_state(self) -> None:
        state = self._state()
        moving = {**state, "clock": {**state.get("clock", {}), "at": 0, "next_due_in": 0, "factor": 0}}
        if moving != self._shown or time.monotonic() - self._shown_at > 1:
            self._shown, self._shown_at = moving, time.monotonic()
            self.broadcast.set_state(state)

    def _state(self) -> dict[str, Any]:
        run = self._run
        facts = self._stage.facts
        state: dict[str, Any] = {
            "run": run.id if run else None,
            "phase": self._phase,
            "progress": self._progress,
            "error": self._error,
            "engine": facts.get("engine"),
            "commit": facts.get("commit"),
            "limits": facts.get("limits", {}),
            "outage_tolerance_seconds": facts.get("outage_tolerance_seconds"),
            "samples": _samples(),
            "actions": self._possible(run),
            "openai": "real" if self._stage.openai_is_real else "simulated",
            "speech": False,
            "lessons": _lessons(),
            "lesson": self._lesson.as_json() if self._lesson else None,
            "sabotages": _sabotages(),
            "sabotage": self._sabotage.id if self._sabotage else None,
            "viewers": self.broadcast.viewers,
        }
        if run is not None:
            state |= {"clock": run.pacing.as_json(run.start), "alarm": run.alarm_is_on, "faults": run.board.as_json()}
            state["cost"] = run.cost.as_json()
        return state

    def _possible(self, run: Run | None) -> list[str]:
        if run is None or self._phase != READY:
            return []
        hidden = {"kill_api" if "api.killed" in run.board.active else "start_api"}
        hidden |= set() if run.dead_letters else {"redrive", "purge_poison", "letter"}
        is_lesson = isinstance(self._lesson, LessonRunner) and not self._lesson.is_over
        hidden |= set() if is_lesson else {"lesson_next", "lesson_automatic"}
        return [name for name in ACTIONS if name not in hidden]


def in_a_line(error: Exception) -> str:
    """Kind and text of an error, in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def _sabotage_of(sabotage_id: Any) -> Sabotage:
    """Raises BadArguments."""
    sabotage = sabotages().get(str(sabotage_id))
    if sabotage is None:
        raise BadArguments(f"there is no sabotage {sabotage_id!r}; there are {', '.join(sabotages())}")
    return sabotage


@cache
def _lessons() -> list[dict[str, Any]]:
    return [
        {
            "id": each.id,
            "title": each.title,
            "minutes": each.minutes,
            "about": each.about,
            "sabotage": each.sabotage,
        }
        for each in lessons().values()
    ]


@cache
def _sabotages() -> list[dict[str, Any]]:
    return [
        {
            "id": each.id,
            "title": each.lesson.title,
            "about": each.lesson.about,
            "turns_red": each.turns_red,
            "lesson": each.lesson.id,
        }
        for each in sabotages().values()
    ]


@cache
def _samples() -> list[dict[str, Any]]:
    return [
        {
            "id": each.name,
            "title": each.name.replace("-", " ").capitalize(),
            "seconds": round(each.duration_seconds, 1),
            "url": f"/samples/{each.name}",
        }
        for each in recordings.all()
    ]
