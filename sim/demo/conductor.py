"""The conductor: the one thread that owns the pipeline. It lets time pass, reads what happens, and acts for viewers.

Requests of viewers come from other threads. What is quick waits for the next moment between two ticks; what may last,
such as an upload, is done by the thread of the request while the picture goes on.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from sim import recordings
from sim.demo.actions import ACTIONS
from sim.demo.broadcast import Broadcast
from sim.demo.errors import BadArguments, NotPossible
from sim.demo.pacing import TICK_SECONDS
from sim.demo.run import Run, new_run
from sim.demo.stage import Stage

LOOK_EVERY_SECONDS = 0.5
ACTION_SECONDS = 120.0
CLAIM = "a live demo"

STARTING, READY, RESTARTING, FAILED = "starting", "ready", "restarting", "failed"


class Conductor:
    """`conduct` is for the main thread; everything else may be called by any thread."""

    def __init__(self, broadcast: Broadcast, stage: Stage) -> None:
        self.broadcast = broadcast
        self._stage = stage
        self._phase = STARTING
        self._progress: list[str] = []
        self._error: str | None = None
        self._run: Run | None = None
        self._runs = 0
        self._takes = 0
        self._taking = threading.Lock()
        self._inbox: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = queue.SimpleQueue()
        self._later: list[tuple[float, Run, Callable[[], None]]] = []
        self._looked_at = 0.0
        self._shown: dict[str, Any] = {}
        self._shown_at = 0.0

    # for requests

    def act(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Do something. Raises NotPossible, BadArguments, LookupError for an unknown action."""
        action = ACTIONS.get(name)
        if action is None:
            raise LookupError(f"there is no action {name!r}; there are {', '.join(ACTIONS)}")
        action.check(arguments)
        self.present_run()
        if action.is_slow:
            return action.act(self, **arguments)
        return self.call(lambda: action.act(self, **arguments))

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

    def next_take(self) -> int:
        """Every upload of a sample is another take: other bytes, other words."""
        with self._taking:
            self._takes += 1
            return self._takes

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

    def restart(self) -> dict[str, Any]:
        """Stop the pipeline and start another one."""
        self._phase, self._progress = RESTARTING, []
        self._show_state()
        self._begin_run()
        assert self._run is not None
        return {"run": self._run.id}

    # the thread itself

    def say(self, text: str) -> None:
        """Progress of a start: for the terminal and for viewers."""
        self._progress = [*self._progress[-9:], text]
        self._show_state()

    def begin(self) -> None:
        """Start the first pipeline, in a world that runs."""
        self._begin_run()

    def fail(self, error: str) -> None:
        """Show viewers that the demo cannot go on."""
        self._phase, self._error = FAILED, error
        self._show_state()

    def conduct(self, until: Callable[[], bool] = lambda: False) -> None:
        """Let the demo go on until it is interrupted, or until the condition is true."""
        while not until():
            self.tick()

    def tick(self) -> None:
        """One step: what viewers ask for, then time, then what has happened, then the state."""
        ends_at = time.monotonic() + TICK_SECONDS
        while (left_seconds := ends_at - time.monotonic()) > 0:
            try:
                act, future = self._inbox.get(timeout=left_seconds)
            except queue.Empty:
                break
            _fulfil(act, future)
        run = self._run
        if run is None:
            return
        self._act_later(run)
        self.broadcast.add(run.tick())
        if time.monotonic() - self._looked_at > LOOK_EVERY_SECONDS:
            self._looked_at = time.monotonic()
            run.look()
        self._show_state()

    def close(self) -> None:
        """End the run. The pipeline is stopped with the stage."""
        run, self._run = self._run, None
        if run is not None:
            run.close()

    def _begin_run(self) -> None:
        self.close()
        pipeline, journal = self._stage.begin(CLAIM)
        self._runs += 1
        run = new_run(f"run-{self._runs}", pipeline, journal, self._stage.clock, self._stage.seed + self._runs)
        run.look()
        self._run, self._later = run, []
        self.broadcast.begin_run(run.id)
        self._phase, self._progress = READY, []
        self._show_state()

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
            "openai": "simulated",
            "viewers": self.broadcast.viewers,
        }
        if run is not None:
            state |= {"clock": run.pacing.as_json(run.start), "alarm": run.alarm_is_on, "faults": run.board.as_json()}
        return state

    def _possible(self, run: Run | None) -> list[str]:
        if run is None or self._phase != READY:
            return []
        is_dead = "api.killed" in run.board.active
        hidden = {"start_api"} if not is_dead else {"kill_api", "sample", "delete_memory"}
        hidden |= set() if run.dead_letters else {"redrive", "letter"}
        return [name for name in ACTIONS if name not in hidden]


def _fulfil(act: Callable[[], Any], future: "Future[Any]") -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(act())
    except KeyboardInterrupt:
        future.set_exception(NotPossible("the demo ends"))
        raise
    except Exception as error:  # noqa: BLE001 - it belongs to the request that asked
        future.set_exception(error)


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
