"""One execution environment: a process that serves one invocation at a time, with a timeout, killed and replaced.

As on AWS, the environment outlives its process: after a crash or a timeout the next invocation finds the same /tmp and
a new process. This module does not depend on LocalStack, so a function's lifecycle can be tested without it.
"""

import contextlib
import json
import os
import queue
import shutil
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ..introspection import activity
from ..time import clock
from . import memory_limit
from .log_pipe import LogPipe
from .process_reaper import ProcessReaper, kill_group
from .runtime_api import (
    MAX_RESPONSE_BYTES,
    Answered,
    Event,
    Exited,
    HandlerFailed,
    InitFailed,
    Invocation,
    OutOfMemory,
    Ready,
    RuntimeApi,
)
from .spawn import start_process

INIT_LIMIT_SECONDS = 10.0
"""How long AWS lets a function initialise before the function's own timeout starts."""

MAX_REAL_WAIT_SECONDS = 0.05
"""How late a deadline may be noticed after virtual time has jumped past it."""

MIB = 1024 * 1024

AWS_TASK_ROOT = b'"/var/task/'

BOOTSTRAP = Path(__file__).parents[1] / "in_function" / "bootstrap.py"


@dataclass(frozen=True)
class FunctionSettings:
    """What an environment needs to know about its function."""

    name: str
    version: str
    handler: str
    task_root: Path
    timeout_seconds: float
    memory_size_mb: int
    environment: Mapping[str, str] = field(default_factory=dict)
    python: Path = Path(sys.executable)
    python_path: tuple[str, ...] = ()
    log_format: str = "Text"
    limits_memory: bool = True
    program: Path = BOOTSTRAP
    max_response_bytes: int = MAX_RESPONSE_BYTES


@dataclass(frozen=True)
class Outcome:
    """The result of an invocation: AWS's payload, whether it is an error, and the log."""

    payload: bytes
    is_error: bool
    logs: str


class NotInitialised(Exception):
    """The function failed before its first invocation."""


class ExecutionEnvironment:
    """Runs one invocation after the other; any thread may call `stop`."""

    def __init__(self, settings: FunctionSettings, tmp: Path, reaper: ProcessReaper) -> None:
        self._settings = settings
        self._tmp = tmp
        self._reaper = reaper
        self._busy = threading.Lock()
        self._stopped = threading.Event()
        self._worker: Worker | None = None

    @property
    def function_name(self) -> str:
        """The name of the environment's function."""
        return self._settings.name

    @property
    def pid(self) -> int | None:
        """The id of the current process; None when there is none."""
        return self._worker.pid if self._worker else None

    def warm_up(self) -> None:
        """Start the process before the first invocation (provisioned concurrency). Raises NotInitialised."""
        with self._busy:
            self._worker = self._start_worker()
            event = self._worker.wait_until_ready(self._settings.timeout_seconds)
            if not isinstance(event, Ready):
                self._discard()
                raise NotInitialised(f"{self.function_name} could not be initialised: {event}")

    def run(self, invocation: Invocation) -> Outcome:
        """Run one invocation to its end, successful or not; starts a process when none is alive."""
        with self._busy, activity.under_way(f"an invocation of {self.function_name}"):
            try:
                return self._run(invocation)
            finally:
                if self._stopped.is_set():
                    self._discard()

    def stop(self) -> None:
        """End an idle process now, a busy one when its invocation ends: AWS lets old code finish too."""
        self._stopped.set()
        if self._busy.acquire(blocking=False):
            try:
                self._discard()
            finally:
                self._busy.release()

    def _run(self, invocation: Invocation) -> Outcome:
        report = _Report(self._settings, invocation)
        cold = self._worker is None or not self._worker.is_alive
        if cold:
            self._discard_worker()
            self._worker = self._start_worker()
        worker = self._worker
        assert worker is not None
        event = worker.wait_until_ready(self._settings.timeout_seconds) if worker.ready_event is None else Ready()
        if cold:
            report.init_seconds = worker.init_seconds
        if isinstance(event, Ready):
            report.started_at = time.monotonic()
            event = worker.invoke(invocation, self._settings.timeout_seconds)
        outcome = report.close(event, worker)
        if not isinstance(event, Answered | HandlerFailed) or getattr(event, "runtime_is_lost", False):
            self._discard_worker()
        return outcome

    def _start_worker(self) -> "Worker":
        self._tmp.mkdir(parents=True, exist_ok=True)
        return Worker(self._settings, self._tmp, self._reaper)

    def _discard_worker(self) -> None:
        if self._worker:
            self._worker.kill()
            self._worker = None

    def _discard(self) -> None:
        self._discard_worker()
        shutil.rmtree(self._tmp, ignore_errors=True)


class Worker:
    """One process of a function, with its Runtime API and its output."""

    def __init__(self, settings: FunctionSettings, tmp: Path, reaper: ProcessReaper) -> None:
        self._reaper = reaper
        self._api = RuntimeApi(settings.max_response_bytes)
        self._started_at = time.monotonic()
        self.ready_event: Event | None = None
        self.init_seconds = 0.0
        self._memory_limit_bytes = settings.memory_size_mb * MIB if settings.limits_memory else None
        self._shared_bytes = 0
        environment = self._environment(settings, tmp)
        self._process = start_process(settings.python, settings.program, environment, settings.task_root)
        self.pid = self._process.pid
        reaper.watch(self.pid)
        assert self._process.stdout is not None
        self.log = LogPipe(self._process.stdout)
        threading.Thread(target=self._watch_exit, name=f"function-process-{self.pid}", daemon=True).start()

    @property
    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def wait_until_ready(self, timeout_seconds: float) -> Event | None:
        """Wait for the end of initialisation; None when it takes longer than AWS's ten seconds and the function's own
        timeout.
        """
        self.ready_event = self._next_event(clock.now_seconds() + INIT_LIMIT_SECONDS + timeout_seconds)
        self.init_seconds = time.monotonic() - self._started_at
        self._shared_bytes = memory_limit.shared_bytes(self.pid)
        return self.ready_event

    def invoke(self, invocation: Invocation, timeout_seconds: float) -> Event | None:
        """Give the runtime an invocation and wait for its end; None when the deadline passed first."""
        deadline = clock.now_seconds() + timeout_seconds
        with activity.under_way("an invocation") as current, activity.at_function(current, deadline):
            self._api.offer(invocation, int(deadline * 1000), current)
            while True:
                event = self._next_event(deadline)
                if not isinstance(event, Ready):  # a Ready is the runtime's request for the invocation after this one
                    return self._peaked_over_limit() or event

    def peak_memory_bytes(self) -> int:
        """The peak of the memory that belongs to the process alone; 0 where the system does not report it."""
        return max(0, memory_limit.peak_resident_bytes(self.pid) - self._shared_bytes)

    def kill(self) -> None:
        """SIGKILL the process and everything that it started, and close its port."""
        kill_group(self.pid)
        self._api.close()

    def _next_event(self, deadline: float) -> Event | None:
        """The next event; None at the deadline, which may come by a jump of virtual time."""
        while (left := deadline - clock.now_seconds()) > 0:
            with contextlib.suppress(queue.Empty):
                return self._api.mailbox.get(timeout=min(left, MAX_REAL_WAIT_SECONDS))
            if over := self._is_over_limit():
                return over
        return None

    def _is_over_limit(self) -> OutOfMemory | None:
        """Whether it uses too much memory now; called twenty times a second."""
        limit = self._memory_limit_bytes
        if limit is None or memory_limit.resident_bytes(self.pid) <= limit:
            return None
        taken = memory_limit.own_bytes(self.pid)
        return OutOfMemory(taken) if taken > limit else None

    def _peaked_over_limit(self) -> OutOfMemory | None:
        """Whether it exceeded its memory limit between two checks: on AWS it would not have answered."""
        peak, limit = self.peak_memory_bytes(), self._memory_limit_bytes
        return OutOfMemory(peak) if limit is not None and peak > limit else None

    def _watch_exit(self) -> None:
        exit_code = self._process.wait()
        kill_group(self.pid)  # processes that it started must not outlive it
        self._reaper.unwatch(self.pid)
        self.log.wait_for_end(limit_seconds=1.0)
        self._api.mailbox.put(Exited(exit_code))

    def _environment(self, settings: FunctionSettings, tmp: Path) -> dict[str, str]:
        """The variables that AWS sets and that the interpreter needs, and none of the emulator's own."""
        machine = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
        own_path = settings.environment.get("PYTHONPATH", "")
        python_path = [str(settings.task_root), *settings.python_path, *([own_path] if own_path else [])]
        return {
            **machine,
            "HOME": str(tmp),
            "LANG": "C.UTF-8",
            **settings.environment,
            "AWS_LAMBDA_RUNTIME_API": self._api.address,
            "LAMBDA_TASK_ROOT": str(settings.task_root),
            "PYTHONPATH": os.pathsep.join(python_path),
            "TMPDIR": str(tmp),
            "_HANDLER": settings.handler,
        }


class _Report:
    """Turns the end of an invocation into AWS's payload and AWS's log lines."""

    def __init__(self, settings: FunctionSettings, invocation: Invocation) -> None:
        self._settings = settings
        self._invocation = invocation
        self.init_seconds: float | None = None
        self.started_at = time.monotonic()

    def close(self, event: Event | None, worker: Worker) -> Outcome:
        """The outcome of the invocation that ended with `event` (None: by its deadline)."""
        duration_seconds = time.monotonic() - self.started_at
        peak_memory_mb = worker.peak_memory_bytes() // MIB
        if isinstance(event, OutOfMemory):
            peak_memory_mb = self._settings.memory_size_mb
            worker.kill()
        if event is None:
            duration_seconds = self._settings.timeout_seconds
            worker.kill()
        match event:
            case Answered(body=body):
                payload, is_error, remark = body, False, ""
            case HandlerFailed(body=body) | InitFailed(body=body):
                payload, is_error, remark = self._as_on_aws(body), True, ""
            case _:
                payload, is_error, remark = *self._describe_end(event), ""
                remark = self._remark(event)
        text = worker.log.take()
        if is_error:
            text = self._as_on_aws(text.encode()).decode()
        return Outcome(payload, is_error, self._log(text, remark, duration_seconds, peak_memory_mb, event))

    def _as_on_aws(self, payload: bytes) -> bytes:
        """Replace the folder of the code by AWS's in tracebacks."""
        return payload.replace(f'"{self._settings.task_root}/'.encode(), AWS_TASK_ROOT)

    def _describe_end(self, event: Event | None) -> tuple[bytes, bool]:
        if isinstance(event, Exited | OutOfMemory):
            kind = "Runtime.ExitError" if isinstance(event, Exited) else "Runtime.OutOfMemory"
            message = f"RequestId: {self._invocation.request_id} Error: {_exit_text(event)}"
        else:
            kind, message = "ExecutionEnvironment.Timedout", self._remark(event)
        return json.dumps({"errorType": kind, "errorMessage": message}).encode(), True

    def _remark(self, event: Event | None) -> str:
        if isinstance(event, Exited | OutOfMemory):
            return f"RequestId: {self._invocation.request_id} Error: {_exit_text(event)}\nRuntime.ExitError"
        at = datetime.fromtimestamp(clock.now_seconds(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        limit = self._settings.timeout_seconds
        return f"{at} {self._invocation.request_id} Task timed out after {limit:.2f} seconds"

    def _log(self, text: str, remark: str, seconds: float, memory_mb: int, event: Event | None) -> str:
        request_id = self._invocation.request_id
        if self._settings.log_format == "JSON":
            return self._json_log(text, remark, seconds, memory_mb, event)
        lines = [f"START RequestId: {request_id} Version: {self._settings.version}"]
        lines += [line for line in (text.rstrip("\n"), remark) if line]
        lines += [f"END RequestId: {request_id}", self._report_line(seconds, memory_mb, event)]
        return "\n".join(lines) + "\n"

    def _report_line(self, seconds: float, memory_mb: int, event: Event | None) -> str:
        parts = [
            f"REPORT RequestId: {self._invocation.request_id}",
            f"Duration: {seconds * 1000:.2f} ms",
            f"Billed Duration: {_billed_ms(seconds)} ms",
            f"Memory Size: {self._settings.memory_size_mb} MB",
            f"Max Memory Used: {memory_mb} MB",
        ]
        if self.init_seconds is not None:
            parts.append(f"Init Duration: {self.init_seconds * 1000:.2f} ms")
        if event is None:
            parts.append("Status: timeout")
        elif isinstance(event, Exited | InitFailed | OutOfMemory):
            parts.append("Status: error")
        if isinstance(event, OutOfMemory):
            parts.append("Error Type: Runtime.OutOfMemory")
        return "\t".join(parts)

    def _json_log(self, text: str, remark: str, seconds: float, memory_mb: int, event: Event | None) -> str:
        """The same three lines in the format of a function with `LogFormat: JSON`."""
        status = "success" if isinstance(event, Answered) else "timeout" if event is None else "error"
        metrics: dict[str, float] = {
            "durationMs": round(seconds * 1000, 3),
            "billedDurationMs": _billed_ms(seconds),
            "memorySizeMB": self._settings.memory_size_mb,
            "maxMemoryUsedMB": memory_mb,
        }
        if self.init_seconds is not None:
            metrics["initDurationMs"] = round(self.init_seconds * 1000, 3)
        request_id = self._invocation.request_id
        start = _platform("platform.start", {"requestId": request_id, "version": self._settings.version})
        report = _platform("platform.report", {"requestId": request_id, "metrics": metrics, "status": status})
        return "\n".join([start, *(line for line in (text.rstrip("\n"), remark) if line), report]) + "\n"


def _platform(kind: str, record: dict[str, object]) -> str:
    at = datetime.fromtimestamp(clock.now_seconds(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return json.dumps({"time": at, "type": kind, "record": record})


def _billed_ms(seconds: float) -> int:
    return max(1, -int(-seconds * 1000 // 1))


def _exit_text(event: Exited | OutOfMemory) -> str:
    """AWS's text for the way in which a process ended."""
    if isinstance(event, OutOfMemory):
        return "Runtime exited with error: signal: killed"
    if event.exit_code == 0:
        return "Runtime exited without providing a reason"
    if event.exit_code < 0:
        names = {-9: "killed", -11: "segmentation fault", -6: "aborted", -15: "terminated"}
        return f"Runtime exited with error: signal: {names.get(event.exit_code, -event.exit_code)}"
    return f"Runtime exited with error: exit status {event.exit_code}"
