"""Records what a Python process, and all that it forks, spends processor time on. Its folder comes first on PYTHONPATH.

A timer of processor time interrupts the process. Each thread's time since the last sample goes to the stack that the
thread has now: the clocks are the kernel's, and only the place is a sample. An idle process costs nothing, and virtual
time is not touched. A sample is one line of JSON, appended by one write:
[process, program, seconds of the process, [[seconds of a thread, "outermost;…;innermost"], …]]
A fork's first line has no threads. The next `sitecustomize` on the path is run as well.
"""

import atexit
import importlib.util
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from importlib.machinery import PathFinder
from pathlib import Path
from types import CodeType, FrameType

LOG_VARIABLE = "SIM_PROFILE_LOG"
BY_VARIABLE, BY_SIGNAL = "SIM_PROFILE_BY", "signal"
"""Set for a program that must stay single-threaded: its main thread takes the samples."""

SAMPLER = "rawk.sampler"
INTERVAL_SECONDS = 0.004
MOST_FRAMES = 200
LOWEST_DESCRIPTOR = 300
"""The fork server's children close those below 256."""


class Sampler:
    def __init__(self, log: str) -> None:
        opened = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._log = _high_descriptor(opened)
        # What follows may be replaced in the process: functions sleep in virtual time, and may not open files.
        self._process_seconds: Callable[[], float] = time.process_time
        self._thread_seconds: dict[int, float] = {}
        self._seconds = 0.0
        self._is_sampling = False
        self._names: dict[CodeType, str] = {}
        self._ended: list[tuple[float, str]] = []

    def begin(self) -> None:
        if os.environ.get(BY_VARIABLE) == BY_SIGNAL:
            self._sample_in_main_thread()
        else:
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPROF})
            threading.Thread(target=self._sample_on_signals, name="sampler", daemon=True).start()
        signal.setitimer(signal.ITIMER_PROF, INTERVAL_SECONDS, INTERVAL_SECONDS)
        # At its end Python gives the signal its default back, which ends the process.
        atexit.register(signal.setitimer, signal.ITIMER_PROF, 0)
        os.register_at_fork(after_in_child=self._begin_in_child)
        self._count_threads_to_their_ends()

    def _sample_in_main_thread(self) -> None:
        signal.signal(signal.SIGPROF, lambda _, frame: self._sample_once(frame))
        signal.siginterrupt(signal.SIGPROF, False)  # positional only
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGPROF})

    def _sample_once(self, interrupted: FrameType | None) -> None:
        """A handler may be interrupted by the next signal."""
        if not self._is_sampling:
            self._is_sampling = True
            self._sample(interrupted)
            self._is_sampling = False

    def _sample_on_signals(self) -> None:
        """In a thread of its own: a main thread that waits would not run a handler while the others work."""
        while True:
            signal.sigwait({signal.SIGPROF})
            self._sample(None)

    def _begin_in_child(self) -> None:
        self._seconds, self._thread_seconds, self._ended = 0.0, {threading.get_ident(): 0.0}, []
        self._is_sampling = False
        self._write(self._process_seconds(), [])
        self._sample_in_main_thread()  # a fork stays single-threaded, as its program expects
        signal.setitimer(signal.ITIMER_PROF, INTERVAL_SECONDS, INTERVAL_SECONDS)

    def _count_threads_to_their_ends(self) -> None:
        """What a thread has spent since the last sample when it ends goes to the function that it ran."""
        run = threading.Thread._bootstrap_inner  # type: ignore[attr-defined]

        def run_and_count(thread: threading.Thread) -> None:
            target = getattr(thread, "_target", None) or type(thread).run
            code = getattr(getattr(target, "__func__", target), "__code__", None)
            try:
                run(thread)
            finally:
                took = self._since_last(threading.get_ident())
                self._thread_seconds.pop(threading.get_ident(), None)
                self._ended.append((round(took, 6), f"a thread that ended;{self._name(code) if code else target!r}"))

        threading.Thread._bootstrap_inner = run_and_count  # type: ignore[attr-defined]

    def _sample(self, interrupted: FrameType | None) -> None:
        """`interrupted` is this thread's frame; None where the thread is the sampler's own."""
        own = threading.get_ident()
        threads, self._ended = self._ended, []
        for thread, top in sys._current_frames().items():
            if (took := self._since_last(thread)) > 0:
                stack = self._stack(top) if thread != own else self._stack(interrupted) if interrupted else SAMPLER
                threads.append((round(took, 6), stack))
        now = self._process_seconds()
        self._write(now - self._seconds, threads)
        self._seconds = now

    def _since_last(self, thread: int) -> float:
        now = time.clock_gettime(time.pthread_getcpuclockid(thread))
        before = self._thread_seconds.get(thread, 0.0)
        self._thread_seconds[thread] = now
        return now - before if now >= before else now  # another thread has its number since

    def _stack(self, frame: FrameType | None) -> str:
        names: list[str] = []
        while frame is not None and len(names) < MOST_FRAMES:
            if operation := _operation_of(frame):
                names.append(operation)
            names.append(self._name(frame.f_code))
            frame = frame.f_back
        return ";".join(reversed(names))

    def _name(self, code: CodeType) -> str:
        if (name := self._names.get(code)) is None:
            parts = code.co_filename.rpartition("site-packages/")[2].split("/")
            name = self._names[code] = f"{'/'.join(parts[-5:])}:{code.co_name}"
        return name

    def _write(self, seconds: float, threads: list[tuple[float, str]]) -> None:
        line = json.dumps([os.getpid(), sys.argv[:4] if hasattr(sys, "argv") else [], round(seconds, 6), threads])
        os.write(self._log, f"{line}\n".encode())


def _operation_of(frame: FrameType) -> str | None:
    """The AWS call that LocalStack answers in this frame: `aws:sqs.SendMessage`."""
    if frame.f_code.co_name != "handle" or not frame.f_code.co_filename.endswith("rolo/gateway/chain.py"):
        return None
    operation = getattr(frame.f_locals.get("context"), "operation", None)
    return f"aws:{operation.service_model.service_name}.{operation.name}" if operation else "aws:not known yet"


def _high_descriptor(opened: int) -> int:
    import fcntl

    high = fcntl.fcntl(opened, fcntl.F_DUPFD_CLOEXEC, LOWEST_DESCRIPTOR)
    os.close(opened)
    return high


def _run_the_next() -> None:
    own = Path(__file__).parent
    others = [entry for entry in sys.path if Path(entry or ".").resolve() != own]
    spec = PathFinder.find_spec("sitecustomize", others)
    if spec and spec.loader:
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)


if __name__ == "sitecustomize":
    if log := os.environ.get(LOG_VARIABLE):
        Sampler(log).begin()
    _run_the_next()
