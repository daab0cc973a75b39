"""Runs one command and ends it when the process that started the supervisor ends, in whatever way.

The harness starts this program in a session of its own and holds the write end of a pipe to its standard input. When
that end closes, because the harness closed it or was killed, the supervisor asks the command's process group to stop
and kills it after the grace time. It needs process groups only, and imports nothing but the standard library, because
it starts under `python -S -E`.

    supervisor.py REPORT_FD STOP_SIGNAL GRACE_SECONDS USER:GROUP|- COMMAND...
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys


def main(arguments: list[str]) -> int:
    """Run the command to its end and return its exit code."""
    report_fd, stop_signal, grace_seconds, owner, *command = arguments
    for signal_number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(signal_number, signal.SIG_IGN)
    ended = _pipe_of_ended_children()
    try:
        child = _start(command, owner)
    except OSError as error:
        _report(int(report_fd), {"error": f"{command[0]}: {error.strerror}"})
        return 127
    _report(int(report_fd), {"pid": child.pid})
    signal.signal(signal.SIGTERM, lambda *_: _signal_group(child.pid, int(stop_signal)))
    _wait_for_end(child, ended, int(stop_signal), float(grace_seconds))
    _signal_group(child.pid, signal.SIGKILL)  # processes that the command left in its group
    return _exit_as(child.returncode)


def _start(command: list[str], owner: str) -> subprocess.Popen[bytes]:
    identity = {}
    if owner != "-":
        user, _, group = owner.partition(":")
        identity = {"user": int(user), "group": int(group), "extra_groups": []}
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0, **identity)  # type: ignore[call-overload,no-any-return]


def _pipe_of_ended_children() -> int:
    """A pipe that gets a byte when a child ends, so that one `select` waits for that and for the harness."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    return reading


def _wait_for_end(child: subprocess.Popen[bytes], ended: int, stop_signal: int, grace_seconds: float) -> None:
    while child.poll() is None:
        ready, _, _ = select.select([sys.stdin.fileno(), ended], [], [])
        if ended in ready:
            os.read(ended, 4096)
        if sys.stdin.fileno() in ready:
            grace_seconds = _asked_grace(grace_seconds)
            _stop(child, stop_signal, grace_seconds)


def _asked_grace(default_seconds: float) -> float:
    """The grace time that the harness wrote; the default when it was killed and wrote none."""
    asked = os.read(sys.stdin.fileno(), 64).decode(errors="replace").strip()
    try:
        return float(asked)
    except ValueError:
        return default_seconds


def _stop(child: subprocess.Popen[bytes], stop_signal: int, grace_seconds: float) -> None:
    _signal_group(child.pid, stop_signal)
    try:
        child.wait(grace_seconds)
    except subprocess.TimeoutExpired:
        _signal_group(child.pid, signal.SIGKILL)
        child.wait()


def _signal_group(group: int, signal_number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal_number)


def _report(descriptor: int, message: dict[str, object]) -> None:
    os.write(descriptor, json.dumps(message).encode())
    os.close(descriptor)


def _exit_as(code: int) -> int:
    """End the way the command ended, so that the harness sees the command's own exit code or signal."""
    if code < 0:
        signal.signal(-code, signal.SIG_DFL) if -code not in (signal.SIGKILL, signal.SIGSTOP) else None
        os.kill(os.getpid(), -code)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
