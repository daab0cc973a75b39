"""Kills the function processes of an emulator that was killed itself.

Every function process leads a process group, so that a timeout can kill it with all its children; a `kill -9` of the
emulator would leave these groups running. This small process outlives the emulator for a moment. It reads the groups
from standard input (`+GROUP` and `-GROUP` lines) and kills the remaining ones when that input ends.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading

CLOSE_LIMIT_SECONDS = 5.0


class ProcessReaper:
    """The emulator's side of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-E", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # it must survive a signal to the emulator's own group
            cwd="/",
        )

    def watch(self, process_group: int) -> None:
        """Kill this group when the emulator dies."""
        self._send(f"+{process_group}\n")

    def unwatch(self, process_group: int) -> None:
        """The group has ended; the system may give its number to another process."""
        self._send(f"-{process_group}\n")

    def close(self) -> None:
        """Kill every group that is still watched, now."""
        with self._lock:
            if self._process.stdin:
                self._process.stdin.close()
        try:
            self._process.wait(CLOSE_LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _send(self, line: str) -> None:
        with self._lock:
            if self._process.stdin and not self._process.stdin.closed:
                self._process.stdin.write(line.encode())
                self._process.stdin.flush()


def kill_group(process_group: int) -> None:
    """SIGKILL a whole process group; it may be gone already."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process_group, signal.SIGKILL)


def main() -> None:
    """The reaper's process: read lines until the emulator is gone, then kill the remaining groups."""
    for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signal_number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        groups.add(group) if line[0] == "+" else groups.discard(group)
    for group in groups:
        kill_group(group)


if __name__ == "__main__":
    main()
