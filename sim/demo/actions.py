"""What viewers can do, by name. docs/reference/demo-control.md lists the arguments."""

import inspect
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from sim import recordings
from sim.demo.errors import BadArguments, NotPossible
from sim.scenario import poison
from sim.scenario.clients import DEFAULT_TENANT, PARALLEL_UPLOADS
from sim.scenario.operator import OperatorCommandFailed

if TYPE_CHECKING:
    from sim.demo.conductor import Conductor
    from sim.demo.run import Run

type Result = dict[str, Any]

MOST_SAMPLES = 20
MOST_READING = 10.0
MOST_MEBIBYTES = 30
"""More than the API takes, so that it can be seen refusing."""
POISON = "poison"
"""The reason of a dead letter that is no job, for `rawk dlq`."""
API_IS_BACK_AFTER_SECONDS = 3.0
"""In real time, as a supervisor would start it again."""


@dataclass(frozen=True)
class Action:
    """`act` gets the conductor, its run, and the arguments by their names.

    With `is_slow` a thread of the viewer's request calls it, and the picture goes on meanwhile. Every other action is
    called by the conductor's own thread, between two ticks.
    """

    act: Callable[..., Result]
    is_slow: bool = False

    def check(self, arguments: Mapping[str, Any]) -> None:
        """Raises BadArguments for one that is missing or unknown."""
        parameters = list(inspect.signature(self.act).parameters.values())[1:]
        known = {each.name for each in parameters}
        needed = {each.name for each in parameters if each.default is inspect.Parameter.empty}
        if unknown := set(arguments) - known:
            raise BadArguments(
                f"there is no argument {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}"
            )
        if missing := needed - set(arguments):
            raise BadArguments(f"missing: {', '.join(sorted(missing))}")


def _run(conductor: "Conductor") -> "Run":
    return conductor.present_run()


# recordings


def sample(conductor: "Conductor", sample: Any = None, count: Any = 1, mebibytes: Any = None) -> Result:
    """Upload takes of a sample, or of all samples in turn, as so many clients.

    With a size, the file of a WAV sample is filled up to it with what players skip.
    """
    run = _run(conductor)
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MOST_SAMPLES:
        raise BadArguments(f"count is a whole number from 1 to {MOST_SAMPLES}, not {count!r}")
    takes = [run.next_take(_sample(sample, conductor), _size_bytes(mebibytes)) for _ in range(count)]
    click = run.clicks.add("sample", samples=[], refused=count)
    with conductor.request_of(run), ThreadPoolExecutor(min(count, PARALLEL_UPLOADS)) as clients:
        answers = list(clients.map(lambda take: upload(run, take.audio, take.recording.file_name, None), takes))
    accepted, refused, titles = [], [], {}
    for take, answer in zip(takes, answers, strict=True):
        if answer.status_code == httpx.codes.ACCEPTED:
            memory_id = answer.json()["id"]
            accepted.append(memory_id)
            titles[memory_id] = take.title
            click.arguments["samples"].append((take.recording.name, take.size_bytes, memory_id))
        else:
            refused.append({"status": answer.status_code})
    click.arguments["refused"] = len(refused)
    conductor.name_recordings(run, titles)
    return {"accepted": accepted, "refused": refused}


def _size_bytes(mebibytes: Any) -> int | None:
    """Raises BadArguments."""
    if mebibytes is None:
        return None
    number = isinstance(mebibytes, int | float) and not isinstance(mebibytes, bool)
    if not number or not 1 <= mebibytes <= MOST_MEBIBYTES:
        raise BadArguments(f"mebibytes is a number from 1 to {MOST_MEBIBYTES}, not {mebibytes!r}")
    return int(mebibytes * 1024**2)


def _sample(name: Any, conductor: "Conductor") -> recordings.Recording:
    """Raises BadArguments."""
    if name is None:
        return conductor.next_sample()
    try:
        return recordings.by_name(str(name))
    except LookupError as error:
        raise BadArguments(str(error).strip("'")) from error


def upload(run: "Run", audio: bytes, file_name: str, title: str | None) -> httpx.Response:
    """Upload to the API of a run, as a client. Raises NotPossible without an answer."""
    simulation = run.simulation
    try:
        return simulation.api.upload(audio, file_name=file_name, title=title)
    except httpx.TransportError as error:
        simulation.journal.write("api_request", request="POST /memories", status_code=None, error=type(error).__name__)
        raise NotPossible("the API does not answer: the recording is still with its client; try again") from error


def delete_memory(conductor: "Conductor", memory: Any) -> Result:
    """Delete a memory as its owner. A lesson knows it by its title only."""
    run = _run(conductor)
    memory_id = {title: each for each, title in run.titles.items()}.get(memory, str(memory))
    with conductor.request_of(run):
        try:
            answer = run.simulation.api.delete(memory_id, DEFAULT_TENANT)
        except httpx.TransportError as error:
            raise NotPossible("the API does not answer: try again") from error
    if answer.status_code != httpx.codes.NO_CONTENT:
        raise NotPossible(f"the API answered {answer.status_code}: {answer.text[:200]}")
    run.clicks.add("delete_memory", memory=memory_id)
    return {"status": answer.status_code}


# faults


def fault_on(conductor: "Conductor", fault: Any, options: Any = None) -> Result:
    """Switch a fault on."""
    options = {} if options is None else options
    if not isinstance(options, dict):
        raise BadArguments("options must be a JSON object")
    run = _run(conductor)
    result = run.board.on(str(fault), options)
    run.clicks.add("fault_on", fault=str(fault), options=options)
    return result


def fault_off(conductor: "Conductor", fault: Any) -> Result:
    """Switch a fault off."""
    run = _run(conductor)
    result = run.board.off(str(fault))
    run.clicks.add("fault_off", fault=str(fault))
    return result


def send_poison(conductor: "Conductor", kind: Any = "not JSON") -> Result:
    """Send a message to the jobs queue that is no job."""
    if kind not in poison.KINDS:
        raise BadArguments(f"kind is one of {', '.join(poison.KINDS)}, not {kind!r}")
    run = _run(conductor)
    run.simulation.queue.send_poison(kind)
    run.clicks.add("poison", kind=kind)
    return {"kind": kind}


def kill_worker(conductor: "Conductor") -> Result:
    """SIGKILL to every worker."""
    run = _run(conductor)
    if not run.simulation.pipeline.worker.processes():
        raise NotPossible("no worker runs now: record something first")
    result = run.board.on("worker.killed", {})
    run.clicks.add("kill_worker")
    return result


def kill_api(conductor: "Conductor") -> Result:
    """SIGKILL to the API. Another one starts by itself after a moment."""
    run = _run(conductor)
    if "api.killed" in run.board.active:
        raise NotPossible("the API is dead already: it is back in a moment")
    run.board.on("api.killed", {})
    run.clicks.add("kill_api")
    conductor.later(API_IS_BACK_AFTER_SECONDS, lambda: _bring_back(run))
    return {"back_after_seconds": API_IS_BACK_AFTER_SECONDS}


def start_api(conductor: "Conductor") -> Result:
    """Start the API now, after it was killed."""
    run = _run(conductor)
    if "api.killed" not in run.board.active:
        raise NotPossible("the API runs")
    _bring_back(run)
    return {}


def _bring_back(run: "Run") -> None:
    if "api.killed" in run.board.active:
        run.board.off("api.killed")
        run.clicks.add("start_api")


def restart_postgres(conductor: "Conductor") -> Result:
    """Restart Postgres, also when it is down by a fault or was killed from outside."""
    run = _run(conductor)
    if "database.down" in run.board.active:
        run.board.off("database.down")
        run.clicks.add("fault_off", fault="database.down")
    else:
        run.board.on("database.restarted", {})
        run.clicks.add("restart_postgres")
    return {}


# dead letters


def letter(conductor: "Conductor", message: Any) -> Result:
    """A dead letter as the operator's command shows it."""
    run = _run(conductor)
    with conductor.request_of(run):
        shown = _rawk(run, "dlq", "show", str(message))
    about = json.loads(shown)
    body = about.pop("body", "")
    return {"body": body, "attributes": about, "reason": about.get("why")}


def redrive(conductor: "Conductor", message: Any = None, reason: Any = None) -> Result:
    """Send all dead letters back to the jobs queue, or those with a reason, or one message."""
    if message is not None and reason is not None:
        raise BadArguments("give a message or a reason, not both")
    run = _run_with_dead_letters(conductor)
    with conductor.request_of(run):
        if message is not None:
            memory = letter(conductor, message)["attributes"].get("memory_id")
            output = _rawk(run, "dlq", "redrive", "--message", str(message))
            run.clicks.add("redrive", only=None, one=True, memory=memory)
        elif reason is not None:
            output = _rawk(run, "dlq", "redrive", "--only", str(reason))
            run.clicks.add("redrive", only=str(reason))
        else:
            output = _rawk(run, "dlq", "redrive")
            run.clicks.add("redrive", only=None)
    return {"output": output}


def purge_poison(conductor: "Conductor") -> Result:
    """Delete the dead letters that are no jobs, and no others."""
    run = _run_with_dead_letters(conductor)
    with conductor.request_of(run):
        output = _rawk(run, "dlq", "purge", "--only", POISON, "--yes")
        run.clicks.add("purge_poison")
    return {"output": output}


def _run_with_dead_letters(conductor: "Conductor") -> "Run":
    """Raises NotPossible where there are none."""
    run = _run(conductor)
    if not run.simulation.queue.dead_letter_count():
        raise NotPossible("there are no dead letters")
    return run


def _rawk(run: "Run", *arguments: str) -> str:
    try:
        return run.simulation.operator.rawk(*arguments)
    except OperatorCommandFailed as error:
        raise NotPossible(str(error)) from error


# the clock, the invariants, the run


def clock(conductor: "Conductor", do: Any, rate: Any = None, seconds: Any = None) -> Result:
    """Let time pass, stand still, or pass faster."""
    return conductor.set_clock(do, rate, seconds)


def check(conductor: "Conductor") -> Result:
    """Check the invariants, as far as they can be judged at this moment."""
    run = _run(conductor)
    results = conductor.check(run)
    run.clicks.add("check")
    return {"results": results}


def restart(conductor: "Conductor") -> Result:
    """Begin anew, with an empty pipeline."""
    return conductor.restart()


def sabotage(conductor: "Conductor", id: Any) -> Result:
    """Begin anew with a bug in the product; null: without one."""
    return conductor.sabotage(id)


def lesson(conductor: "Conductor", id: Any, automatic: Any = False, reading: Any = 1.0) -> Result:
    """Begin anew with a lesson; null: end it."""
    if not isinstance(reading, int | float) or isinstance(reading, bool) or not 0 <= reading <= MOST_READING:
        raise BadArguments(f"reading is a number from 0 to {MOST_READING}, not {reading!r}")
    return conductor.begin_lesson(id, bool(automatic), reading)


def lesson_next(conductor: "Conductor") -> Result:
    """Go on with the next step of the lesson."""
    conductor.present_lesson().next()
    return {}


def lesson_automatic(conductor: "Conductor", automatic: Any) -> Result:
    """Whether the lesson goes on by itself."""
    conductor.present_lesson().automatic = bool(automatic)
    return {}


ACTIONS: Mapping[str, Action] = {
    "sample": Action(sample, is_slow=True),
    "delete_memory": Action(delete_memory, is_slow=True),
    "fault_on": Action(fault_on),
    "fault_off": Action(fault_off),
    "poison": Action(send_poison),
    "kill_worker": Action(kill_worker),
    "kill_api": Action(kill_api),
    "start_api": Action(start_api),
    "restart_postgres": Action(restart_postgres),
    "letter": Action(letter, is_slow=True),
    "redrive": Action(redrive, is_slow=True),
    "purge_poison": Action(purge_poison, is_slow=True),
    "clock": Action(clock),
    "check": Action(check, is_slow=True),
    "restart": Action(restart),
    "sabotage": Action(sabotage),
    "lesson": Action(lesson),
    "lesson_next": Action(lesson_next),
    "lesson_automatic": Action(lesson_automatic),
}
